// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The edges of build.ninja: for each part its objects and its archive, executable or image, and the
// targets that people name; what runs tests is in emit_tests.c. An object's path is that of its
// target, its part and its source, so that a source may be compiled by several parts. Libraries for
// the host exist four times, plain, under either sanitizer, and position-independent for plug-ins;
// ninja builds what is asked for.
#include <stdlib.h>
#include <string.h>

#include "emit.h"

#define RUN_IMAGE "pc" // the platform that stave-boot boots if it is not told another

void emit_list(FILE *out, const char *lead, const struct paths *paths)
{
    fputs(paths->count != 0 ? lead : "", out);
    for (size_t i = 0; i < paths->count; i++) {
        fprintf(out, " $\n    %s", paths->items[i]);
    }
}

// Archives exist as build/lib/<target>/lib<name>.a; `variant` is the target or host-asan and so on.
static char *archive_path(const struct part *part, const char *variant)
{
    return format_string("build/lib/%s/lib%s.a", variant, part->name);
}

char *output_path(const struct part *part)
{
    switch (part->kind) {
    case KIND_CPUDRIVER:
        return format_string("build/cpudriver.elf");
    case KIND_DOMAIN:
        return format_string("build/domains/%s", part->name);
    case KIND_IMAGE:
        return format_string("build/%s.iso", part->name);
    case KIND_PLUGIN:
        return format_string("build/%s.so", part->name);
    default:
        return format_string("build/%s", part->name);
    }
}

// What is the part's own among the options: where it looks for headers, and its `cflags`. Its folder
// serves "..." alone, so that its private headers shadow no system header.
static char *own_flags(const struct tree *tree, const struct part *part)
{
    char *text = NULL;
    size_t size;
    FILE *out = checked(open_memstream(&text, &size));
    struct part_list closure = part_closure(tree, part);
    fprintf(out, "-iquote %s", part->file->dir);
    if (part->include != NULL) {
        fprintf(out, " -I%s", path_join(part->file->dir, part->include));
    }
    for (size_t i = 0; i < closure.count; i++) {
        const struct part *dep = closure.items[i];
        if (dep->include != NULL) {
            fprintf(out, " -I%s", path_join(dep->file->dir, dep->include));
        }
    }
    for (unsigned i = 0; i < part->includes_private_count; i++) {
        fprintf(out, " -I%s", path_join(part->file->dir, part->includes_private[i]));
    }
    for (unsigned i = 0; i < part->cflags_count; i++) {
        fprintf(out, " %s", part->cflags[i]);
    }
    fclose(out);
    free(closure.items);
    return text;
}

static struct paths emit_objects(struct emitter *emitter, const struct part *part,
                                 const char *variant)
{
    struct paths objects = {0};
    char *flags = own_flags(emitter->tree, part);
    for (unsigned i = 0; i < part->sources_count; i++) {
        char *source = path_join(part->file->dir, part->sources[i]);
        char *object = format_string("build/obj/%s/%s/%s.o", variant, part->name, source);
        fprintf(emitter->out, "build %s: cc-%s %s\n  own = %s\n", object, variant, source, flags);
        paths_add(&objects, object);
    }
    return objects;
}

static void emit_archive(struct emitter *emitter, const struct part *part, const char *variant,
                         bool by_default)
{
    struct paths objects = emit_objects(emitter, part, variant);
    char *archive = archive_path(part, variant);
    fprintf(emitter->out, "build %s: archive", archive);
    emit_list(emitter->out, "", &objects);
    fputc('\n', emitter->out);
    if (by_default) {
        paths_add(&emitter->all, archive);
    }
}

static void emit_library(struct emitter *emitter, const struct part *part)
{
    if (part->targets & TARGET_CPUDRIVER) {
        emit_archive(emitter, part, "cpudriver", true);
    }
    if (part->targets & TARGET_DOMAIN) {
        emit_archive(emitter, part, "domain", true);
    }
    if (part->targets & TARGET_HOST) {
        emit_archive(emitter, part, "host", true);
        emit_archive(emitter, part, "host-asan", false);
        emit_archive(emitter, part, "host-tsan", false);
        emit_archive(emitter, part, "host-pic", false);
    }
}

static void add_libs(struct paths *libs, const struct part *part)
{
    for (unsigned i = 0; i < part->libs_count; i++) {
        char *lib = format_string("-l%s", part->libs[i]);
        if (!paths_has(libs, lib)) {
            paths_add(libs, lib);
        }
    }
}

void emit_executable(struct emitter *emitter, const struct part *part, const char *variant,
                     char *output)
{
    FILE *out = emitter->out;
    struct paths objects = emit_objects(emitter, part, variant), archives = {0}, libs = {0};
    struct part_list closure = part_closure(emitter->tree, part);
    add_libs(&libs, part);
    for (size_t i = 0; i < closure.count; i++) {
        if (closure.items[i]->kind == KIND_LIBRARY) {
            paths_add(&archives, archive_path(closure.items[i], variant));
            add_libs(&libs, closure.items[i]);
        }
    }
    fprintf(out, "build %s: link-%s", output, variant);
    emit_list(out, "", &objects);
    const struct part *names = part->kind == KIND_DOMAIN ? tree_find(emitter->tree, "names") : NULL;
    struct paths needed = {0};
    for (size_t i = 0; i < archives.count; i++) {
        paths_add(&needed, archives.items[i]);
    }
    if (names != NULL) {
        paths_add(&needed, output_path(names));
    }
    emit_list(out, " |", &needed);
    char *script =
        part->linker_script == NULL ? NULL : path_join(part->file->dir, part->linker_script);
    if (script != NULL) {
        fprintf(out, "%s %s\n  script = -T %s", needed.count != 0 ? "" : " |", script, script);
    } else if (part->kind == KIND_DOMAIN) {
        fprintf(out, "\n  script = -Wl,-Ttext-segment=0x400000");
    }
    if (names != NULL) {
        fprintf(out, "\n  finish = && %s %s", output_path(names), output);
    }
    emit_list(out, "\n  archives =", &archives);
    emit_list(out, "\n  libs =", &libs);
    fputc('\n', out);
    free(closure.items);
    paths_add(&emitter->all, output);
}

// What is in an image: the CPU driver, and the domains that the platform names. stave-boot, which
// reads the same file, says the same in the dependency file; but before the first time ninja must
// know what to build.
static void emit_image(struct emitter *emitter, const struct part *part)
{
    char *output = output_path(part);
    fprintf(emitter->out, "build %s: image %s | build/stave-boot", output,
            path_join(part->file->dir, part->platform));
    for (size_t i = 0; i < emitter->tree->parts_count; i++) {
        const struct part *other = emitter->tree->parts[i];
        if (other->kind == KIND_CPUDRIVER ||
            (other->kind == KIND_DOMAIN && paths_has(&part->modules, other->name))) {
            fprintf(emitter->out, " $\n    %s", output_path(other));
        }
    }
    fputc('\n', emitter->out);
    paths_add(&emitter->all, output);
}

static void emit_part(struct emitter *emitter, const struct part *part)
{
    fprintf(emitter->out, "# %s: %s\n", part->file->path, part->name);
    switch (part->kind) {
    case KIND_LIBRARY:
        emit_library(emitter, part);
        break;
    case KIND_CPUDRIVER:
        emit_executable(emitter, part, "cpudriver", output_path(part));
        break;
    case KIND_DOMAIN:
        emit_executable(emitter, part, "domain", output_path(part));
        break;
    case KIND_TOOL:
        emit_executable(emitter, part, "host", output_path(part));
        break;
    case KIND_PLUGIN:
        emit_executable(emitter, part, "host-pic", output_path(part));
        break;
    case KIND_TEST:
        emit_test(emitter, part);
        break;
    case KIND_BOOT_TEST:
        emit_boot_test(emitter, part);
        break;
    case KIND_IMAGE:
        emit_image(emitter, part);
        break;
    default:
        break;
    }
}

static void emit_names(struct emitter *emitter)
{
    FILE *out = emitter->out;
    if (tree_find(emitter->tree, "stave-boot") != NULL) {
        const struct part *image = tree_find(emitter->tree, RUN_IMAGE);
        bool there = image != NULL && image->kind == KIND_IMAGE;
        fprintf(out, "build run: run | build/stave-boot %s\n", there ? output_path(image) : "");
    }
    fprintf(out, "build all: phony");
    emit_list(out, "", &emitter->all);
    fprintf(out, "\ndefault all\n");
    if (tree_find(emitter->tree, "hake") != NULL) {
        fprintf(out, "\nbuild build.ninja: hake | build/hake\n");
    }
}

void emit_ninja(FILE *out, const struct tree *tree)
{
    struct emitter emitter = {.out = out, .tree = tree};
    emit_rules(out);
    for (size_t i = 0; i < tree->parts_count; i++) {
        if (tree->parts[i]->kind == KIND_IMAGE) {
            paths_add(&emitter.images, output_path(tree->parts[i]));
        } else if (tree->parts[i]->kind == KIND_PLUGIN) {
            paths_add(&emitter.plugins, output_path(tree->parts[i]));
        }
    }
    for (size_t i = 0; i < tree->parts_count; i++) {
        emit_part(&emitter, tree->parts[i]);
        fputc('\n', out);
    }
    fprintf(out, "# the targets that people name\n");
    emit_suites(&emitter);
    emit_names(&emitter);
}
