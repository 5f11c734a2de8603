// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// flounder: the interface compiler (flounder.h). It writes nothing while a file has a fault.
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emit.h"

enum { STATUS_FAULT = 1, STATUS_USAGE = 2 };

static void usage(FILE *out)
{
    fputs(
        "usage: build/flounder compile [--folder DIR] FILE.if...\n"
        "       build/flounder check FILE.if...\n"
        "       build/flounder signatures FILE.if...\n"
        "       build/flounder diff OLD.if NEW.if\n"
        "The compiler of interfaces between domains, or between monitors, in Flounder's language.\n"
        "  compile     write DIR/FILE.c, DIR/if/FILE_defs.h and DIR/if/FILE_rpcclient_defs.h\n"
        "              (--folder DIR: where; default: the working directory): a binding, or, of\n"
        "              an interface that is marked @monitors(), structs, with functions that\n"
        "              encode, decode, dispatch and print them\n"
        "  check       say what is wrong in the files, and write nothing\n"
        "  signatures  print each message's number and what both sides must agree on\n"
        "  diff        say what in NEW keeps clients that were compiled with OLD from working\n"
        "Exit status: 0; 1 if a file has a fault, or NEW refuses clients of OLD; 2 for bad\n"
        "arguments or a file that cannot be read or written.\n",
        out);
}

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *in = fopen(path, "r"), *out = open_memstream(&text, &size);
    if (in == NULL || out == NULL)
        err(STATUS_USAGE, "cannot read %s", path);
    unsigned count = 0;
    for (int c; (c = getc(in)) != EOF && count <= FLOUNDER_FILE_BYTES_MAX; count++)
        putc(c, out);
    if (ferror(in))
        err(STATUS_USAGE, "cannot read %s", path);
    fclose(in);
    fclose(out);
    if (count > FLOUNDER_FILE_BYTES_MAX)
        errx(STATUS_USAGE, "cannot read %s: it is longer than %u bytes", path,
             FLOUNDER_FILE_BYTES_MAX);
    if (strlen(text) != size)
        errx(STATUS_USAGE, "%s is no text: it has a zero byte", path);
    return text;
}

static bool load(struct interface *interface, const char *path, struct faults *faults)
{
    char *text = read_text(path);
    bool right = interface_parse(interface, path, text, faults);
    free(text);
    return right;
}

/// FILE of folder/FILE.if.
static char *stem_of(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return arena_text(arena, name, dot != NULL ? (size_t)(dot - name) : strlen(name));
}

static FILE *create(const char *path)
{
    FILE *out = fopen(path, "w");
    if (out == NULL)
        err(STATUS_USAGE, "cannot write %s", path);
    return out;
}

static void finish(FILE *out, const char *path)
{
    if (ferror(out) || fclose(out) != 0)
        err(STATUS_USAGE, "cannot write %s", path);
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        err(STATUS_USAGE, "cannot make the folder %s", path);
}

static void compile(struct interface *interface, const char *folder)
{
    struct arena *arena = &interface->arena;
    const char *stem = stem_of(interface->path, arena);
    char *header = arena_format(arena, "if/%s_defs.h", stem);
    char *path = arena_format(arena, "%s/%s", folder, header);
    make_folder(folder);
    make_folder(arena_format(arena, "%s/if", folder));
    FILE *out = create(path);
    (interface->monitors ? emit_monitors_header : emit_header)(out, interface);
    finish(out, path);
    path = arena_format(arena, "%s/if/%s_rpcclient_defs.h", folder, stem);
    out = create(path);
    fprintf(out, "// Made by flounder from %s; do not edit.\n#pragma once\n\n#include <%s>\n",
            interface->path, header);
    finish(out, path);
    path = arena_format(arena, "%s/%s.c", folder, stem);
    out = create(path);
    (interface->monitors ? emit_monitors_source : emit_source)(out, interface, header);
    finish(out, path);
}

static void print_signatures(const struct interface *interface)
{
    for (const struct operation *operation = interface->operations; operation != NULL;
         operation = operation->next) {
        printf("%3u  ", operation->number);
        signature_print(stdout, interface, operation);
        putchar('\n');
    }
}

static int diff(const char *old_path, const char *new_path)
{
    struct faults faults = {.out = stderr};
    struct interface old, changed;
    bool right = load(&old, old_path, &faults);
    right = load(&changed, new_path, &faults) && right;
    size_t broken = right ? interface_diff(&old, &changed, stdout) : 0;
    if (right && broken == 0)
        printf("clients of %s work with %s\n", old_path, new_path);
    interface_free(&old);
    interface_free(&changed);
    return right && broken == 0 ? 0 : STATUS_FAULT;
}

static int each_file(int count, char **paths, const char *command, const char *folder)
{
    struct faults faults = {.out = stderr};
    for (int i = 0; i < count; i++) {
        struct interface interface;
        bool right = load(&interface, paths[i], &faults);
        if (right && strcmp(command, "compile") == 0)
            compile(&interface, folder);
        else if (right && strcmp(command, "signatures") == 0)
            print_signatures(&interface);
        interface_free(&interface);
    }
    return faults.count == 0 ? 0 : STATUS_FAULT;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"folder", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'}, {0}};
    static const char *const commands[] = {"compile", "check", "signatures", "diff"};
    const char *folder = ".", *command = NULL;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (c == 'h') {
            usage(stdout);
            return 0;
        }
        if (c != 'f') {
            usage(stderr);
            return STATUS_USAGE;
        }
        folder = optarg;
    }
    for (unsigned i = 0; optind < argc && i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(argv[optind], commands[i]) == 0)
            command = commands[i];
    int files = argc - optind - 1;
    bool compares = command != NULL && strcmp(command, "diff") == 0;
    if (command == NULL || files < 1 || (compares && files != 2)) {
        usage(stderr);
        return STATUS_USAGE;
    }
    return compares ? diff(argv[optind + 1], argv[optind + 2])
                    : each_file(files, argv + optind + 1, command, folder);
}
