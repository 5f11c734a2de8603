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
#define NAMES "names"  // the tool that puts the names of functions into a domain

void emit_list(FILE *out, const char *lead, const struct paths *paths)
{
    fputs(paths->count != 0 ? lead : "", out);
    for (size_t i = 0; i < paths->count; i++)
        fprintf(out, " $\n    %s", paths->items[i]);
}

/// Archives exist as build/lib/<target>/lib<name>.a; `variant` is the target or host-asan and so
/// on.
static char *archive_path(const struct part *part, const char *variant)
{
    return format_string("build/lib/%s/lib%s.a", variant, part->name);
}

char *output_path(const struct part *part)
{
    switch (part->kind) {
    case KIND_CPUDRIVER:
        return format_string("build/%s.elf", part->name);
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

/// What is the part's own among the options: where it looks for headers, and its `cflags`. A test's
/// own folders come first: a header there may stand in the place of a library's. The part's folder
/// serves "..." alone, so that its private headers shadow no system header.
static char *own_flags(const struct tree *tree, const struct part *part)
{
    char *text = NULL;
    size_t size;
    FILE *out = checked(open_memstream(&text, &size));
    struct part_list closure = part_closure(tree, part);
    fprintf(out, "-iquote %s", part->file->dir);
    for (unsigned i = 0; i < part->includes_private_count; i++)
        fprintf(out, " -I%s", path_join(part->file->dir, part->includes_private[i]));
    if (part->include != NULL)
        fprintf(out, " -I%s", path_join(part->file->dir, part->include));
    if (part->interfaces_count != 0)
        fprintf(out, " -I%s", interface_headers(part));
    for (size_t i = 0; i < closure.count; i++) {
        const struct part *dep = closure.items[i];
        if (dep->interfaces_count != 0)
            fprintf(out, " -I%s", interface_headers(dep));
        if (dep->include != NULL)
            fprintf(out, " -I%s", path_join(dep->file->dir, dep->include));
    }
    for (unsigned i = 0; i < part->cflags_count; i++)
        fprintf(out, " %s", part->cflags[i]);
    fclose(out);
    free(closure.items);
    return text;
}

/// The headers of interfaces that a part's objects may include: they must be there first.
static char *made_headers(const struct tree *tree, const struct part *part)
{
    char *text = format_string("%s", "");
    struct part_list closure = part_closure(tree, part);
    closure.items[closure.count++] = (struct part *)part; // it has room for all parts
    for (size_t i = 0; i < closure.count; i++)
        if (closure.items[i]->interfaces_count != 0)
            text = format_string("%s%s if/%s", text, text[0] == '\0' ? " ||" : "",
                                 closure.items[i]->name);
    free(closure.items);
    return text;
}

/// Objects are named below $o, the folder of the part's objects for this variant.
static struct paths emit_objects(struct emitter *emitter, const struct part *part,
                                 const char *variant)
{
    struct paths objects = {0};
    const char *headers = made_headers(emitter->tree, part);
    fprintf(emitter->out, "o = build/obj/%s/%s\n", variant, part->name);
    for (unsigned i = 0; i < part->sources_count + part->interfaces_count; i++) {
        char *source = i < part->sources_count ? path_join(part->file->dir, part->sources[i])
                                               : interface_source(part, i - part->sources_count);
        char *object = format_string("$o/%s.o", source);
        fprintf(emitter->out, "build %s: cc-%s %s%s\n  own = $flags\n", object, variant, source,
                headers);
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
    if (by_default)
        paths_add(&emitter->all, archive);
    if (strcmp(variant, "host") != 0 && by_default)
        paths_add(&emitter->compiled, archive);
}

static void emit_library(struct emitter *emitter, const struct part *part)
{
    if (part->targets & TARGET_CPUDRIVER)
        emit_archive(emitter, part, "cpudriver", true);
    if (part->targets & TARGET_DOMAIN)
        emit_archive(emitter, part, "domain", true);
    if (part->targets & TARGET_HOST) {
        emit_archive(emitter, part, "host", true);
        emit_archive(emitter, part, "host-asan", false);
        emit_archive(emitter, part, "host-tsan", false);
        emit_archive(emitter, part, "host-pic", false);
    }
}

static enum target target_of(const char *variant)
{
    return variant[0] == 'c' ? TARGET_CPUDRIVER : variant[0] == 'd' ? TARGET_DOMAIN : TARGET_HOST;
}

/// The libraries that a part names, itself or by way of headers that need them: these may need one
/// that some targets lack, because what it has is in the C library there.
static void add_libraries(struct part_list *list, const struct part *part, const char *variant)
{
    for (unsigned i = 0; i < part->deps_count; i++)
        if (part->dep[i]->kind == KIND_HEADERS)
            add_libraries(list, part->dep[i], variant);
        else if (part->dep[i]->kind == KIND_LIBRARY &&
                 (part->dep[i]->targets & target_of(variant)) != 0)
            list->items[list->count++] = part->dep[i];
}

static struct part_list libraries_of(const struct tree *tree, const struct part *part,
                                     const char *variant)
{
    struct part_list list = {checked(calloc(tree->parts_count + 1, sizeof *list.items)), 0};
    add_libraries(&list, part, variant);
    return list;
}

static void emit_linked(FILE *out, const struct part *part, const struct part_list *libraries,
                        const char *variant)
{
    for (size_t i = 0; i < libraries->count; i++)
        fprintf(out, " ${with.%s.%s}", variant, libraries->items[i]->name);
    for (unsigned i = 0; i < part->libs_count; i++)
        fprintf(out, " -l%s", part->libs[i]);
}

/// A library with all that it needs has a name to depend on, with/<variant>/<name>, and one for the
/// linker, ${with.<variant>.<name>}. Ninja expands a variable where it stands: what a library needs
/// comes before it.
static void emit_with(struct emitter *emitter, const struct part *part, const char *variant)
{
    char *name = format_string("%s.%s", variant, part->name),
         *archive = archive_path(part, variant);
    if (paths_has(&emitter->named, name))
        return;
    paths_add(&emitter->named, name);
    struct part_list needs = libraries_of(emitter->tree, part, variant);
    for (size_t i = 0; i < needs.count; i++)
        emit_with(emitter, needs.items[i], variant);
    FILE *out = emitter->out;
    fprintf(out, "build with/%s/%s: phony %s", variant, part->name, archive);
    for (size_t i = 0; i < needs.count; i++)
        fprintf(out, " with/%s/%s", variant, needs.items[i]->name);
    fprintf(out, "\nwith.%s = %s", name, archive);
    emit_linked(out, part, &needs, variant);
    fputc('\n', out);
    free(needs.items);
}

/// What an executable is made of besides its objects: libraries, and what else must be there.
static void emit_needed(struct emitter *emitter, const struct part *part,
                        const struct part_list *libraries, const char *variant)
{
    FILE *out = emitter->out;
    const char *lead = " |";
    for (size_t i = 0; i < libraries->count; i++, lead = "")
        fprintf(out, "%s with/%s/%s", lead, variant, libraries->items[i]->name);
    if (part->kind == KIND_DOMAIN && tree_find(emitter->tree, NAMES) != NULL) {
        fprintf(out, "%s build/" NAMES, lead);
        lead = "";
    }
    if (part->linker_script != NULL) {
        char *script = path_join(part->file->dir, part->linker_script);
        fprintf(out, "%s %s\n  script = -T %s", lead, script, script);
    }
}

void emit_executable(struct emitter *emitter, const struct part *part, const char *variant,
                     char *output)
{
    FILE *out = emitter->out;
    struct paths objects = emit_objects(emitter, part, variant);
    struct part_list libraries = libraries_of(emitter->tree, part, variant);
    fprintf(out, "build %s: link-%s", output, variant);
    emit_list(out, "", &objects);
    emit_needed(emitter, part, &libraries, variant);
    if (libraries.count != 0 || part->libs_count != 0)
        fputs("\n  archives =", out);
    emit_linked(out, part, &libraries, variant);
    fputc('\n', out);
    free(libraries.items);
    paths_add(&emitter->all, output);
    if (part->kind == KIND_CPUDRIVER || part->kind == KIND_DOMAIN)
        paths_add(&emitter->compiled, output);
}

/// What is in an image: the CPU driver, and the domains that the platform names. stave-boot, which
/// reads the same file, says the same in the dependency file; but before the first time ninja must
/// know what to build.
static void emit_image(struct emitter *emitter, const struct part *part)
{
    char *output = output_path(part);
    fprintf(emitter->out, "build %s: image %s | build/stave-boot", output,
            path_join(part->file->dir, part->platform));
    for (size_t i = 0; i < emitter->tree->parts_count; i++) {
        const struct part *other = emitter->tree->parts[i];
        if (other->kind == KIND_CPUDRIVER ||
            (other->kind == KIND_DOMAIN && paths_has(&part->modules, other->name)))
            fprintf(emitter->out, " $\n    %s", output_path(other));
    }
    fputc('\n', emitter->out);
    paths_add(&emitter->all, output);
}

static void emit_part(struct emitter *emitter, const struct part *part)
{
    static const char *const variants[] = {[KIND_CPUDRIVER] = "cpudriver",
                                           [KIND_DOMAIN] = "domain",
                                           [KIND_TOOL] = "host",
                                           [KIND_PLUGIN] = "host-pic"};
    fprintf(emitter->out, "# %s: %s\n", part->file->path, part->name);
    if (part->sources_count + part->interfaces_count != 0)
        fprintf(emitter->out, "flags = %s\n", own_flags(emitter->tree, part));
    interfaces_emit(emitter->out, part);
    switch (part->kind) {
    case KIND_LIBRARY:
        emit_library(emitter, part);
        break;
    case KIND_CPUDRIVER:
    case KIND_DOMAIN:
    case KIND_TOOL:
    case KIND_PLUGIN:
        emit_executable(emitter, part, variants[part->kind], output_path(part));
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

static void emit_all_with(struct emitter *emitter)
{
    static const struct {
        enum target target;
        const char *variant;
    } variants[] = {
        {TARGET_CPUDRIVER, "cpudriver"}, {TARGET_DOMAIN, "domain"},  {TARGET_HOST, "host"},
        {TARGET_HOST, "host-asan"},      {TARGET_HOST, "host-tsan"}, {TARGET_HOST, "host-pic"},
    };
    fputs("# libraries with what they need\n", emitter->out);
    for (size_t i = 0; i < emitter->tree->parts_count; i++) {
        const struct part *part = emitter->tree->parts[i];
        for (size_t j = 0; j < sizeof variants / sizeof *variants; j++)
            if (part->kind == KIND_LIBRARY && (part->targets & variants[j].target) != 0)
                emit_with(emitter, part, variants[j].variant);
    }
    fputc('\n', emitter->out);
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
    if (tree_find(emitter->tree, "hake") != NULL)
        fprintf(out, "\nbuild build.ninja: hake | build/hake\n");
}

void emit_ninja(FILE *out, const struct tree *tree)
{
    struct emitter emitter = {.out = out, .tree = tree};
    emit_rules(out);
    if (tree_find(tree, NAMES) != NULL)
        fprintf(out, "finish = build/" NAMES "\n\n");
    emit_all_with(&emitter);
    emit_boot_inputs(&emitter);
    for (size_t i = 0; i < tree->parts_count; i++) {
        emit_part(&emitter, tree->parts[i]);
        fputc('\n', out);
    }
    fprintf(out, "# the targets that people name\n");
    emit_suites(&emitter);
    emit_names(&emitter);
}
