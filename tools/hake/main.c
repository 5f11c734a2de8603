// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// hake: reads every Hakefile.yaml of the tree and writes build.ninja out of them. This file has
// the command line; the passes are in the files beside it. The output is written only when its
// content changes, and in place, so that neither ninja nor the folder's time stamp sees a change
// where there is none. The dependency file names whatever hake has
// looked at (folders, Hakefiles, platforms, sources, headers), so that ninja runs hake again when a part or
// an #include comes or goes, and does not fail when one of them has been removed, as it would had
// build.ninja itself named them.
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hake.h"

static void usage(FILE *out)
{
    fputs("usage: build/hake [--root DIR] [--output FILE] [--depfile FILE] [--help]\n"
          "Reads every Hakefile.yaml under DIR (default: the working directory) and writes FILE\n"
          "(default: DIR/build.ninja) if its content changes. Other file names are relative to\n"
          "the working directory. Exit status: 0; 1 if a Hakefile is wrong; 2 for bad arguments.\n",
          out);
}

static char *absolute(const char *path)
{
    if (path[0] == '/')
        return format_string("%s", path);
    char *cwd = checked(getcwd(NULL, 0));
    return format_string("%s/%s", cwd, path);
}

static void write_file(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fwrite(text, 1, size, file) != size || fclose(file) != 0)
        die("cannot write %s: %m", path);
}

static void write_if_changed(const char *path, const char *text, size_t size)
{
    size_t old_size = 0;
    char *old = read_file(path, &old_size);
    if (old == NULL || old_size != size || memcmp(old, text, size) != 0)
        write_file(path, text, size);
    free(old);
}

static void write_depfile(const char *path, const struct tree *tree)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = checked(open_memstream(&text, &size));
    fprintf(out, "build.ninja:");
    const struct paths *lists[] = {&tree->dirs, &tree->hakefiles, &tree->headers};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (size_t j = 0; j < lists[i]->count; j++)
            fprintf(out, " \\\n  %s", lists[i]->items[j]);
    for (size_t i = 0; i < tree->parts_count; i++) {
        const struct part *part = tree->parts[i];
        for (unsigned j = 0; j < part->sources_count; j++)
            fprintf(out, " \\\n  %s", path_join(part->file->dir, part->sources[j]));
        if (part->platform != NULL)
            fprintf(out, " \\\n  %s", path_join(part->file->dir, part->platform));
    }
    fputc('\n', out);
    fclose(out);
    write_file(path, text, size);
    free(text);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"root", required_argument, NULL, 'r'},
        {"output", required_argument, NULL, 'o'},
        {"depfile", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *root = ".", *output = NULL, *depfile = NULL;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'r':
            root = optarg;
            break;
        case 'o':
            output = absolute(optarg);
            break;
        case 'd':
            depfile = absolute(optarg);
            break;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
    }
    if (optind != argc) {
        usage(stderr);
        return 2;
    }
    if (chdir(root) != 0)
        die("cannot enter %s: %m", root);

    struct tree tree = {0};
    tree_scan(&tree);
    tree_parse(&tree);
    if (report_count() == 0)
        tree_check(&tree);
    if (report_count() == 0)
        tree_check_includes(&tree);
    for (size_t i = 0; report_count() == 0 && i < tree.parts_count; i++)
        if (tree.parts[i]->kind == KIND_IMAGE)
            platform_read_modules(tree.parts[i]);
    if (report_count() != 0)
        return 1;
    char *text = NULL;
    size_t size = 0;
    FILE *out = checked(open_memstream(&text, &size));
    emit_ninja(out, &tree);
    fclose(out);
    write_if_changed(output != NULL ? output : "build.ninja", text, size);
    if (depfile != NULL)
        write_depfile(depfile, &tree);
    return 0;
}
