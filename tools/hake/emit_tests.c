// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The edges that run tests. A test that has passed leaves a stamp and is not run again until its
// program or what it reads changes; one that fails leaves none, and does not stop the others. The
// summary of a suite counts stamps and fails if one is missing; no file has its name, so it always
// runs. Two boot tests run at a time: a deterministic machine is one thread, and waits for nothing.
#include <string.h>

#include "emit.h"

// What makes the page of all measurements, once the suite of benchmarks has passed.
#define CHECK_DOCS "tests/lib/check-docs"
#define REPORT "tools/report/report"

#define BOOT_INPUTS "boot-inputs" // stands for all that any boot test boots
#define FORMAT_LIST "build/format.list"

// Where dependencies have a direction.
#define ROOMS "cpudriver monitor libbarrelfish urpc usr"
// `ninja mutate` draws mutants of these.
#define MUTATED                                                                                    \
    "cpudriver/caps cpudriver/sched monitor/protocol urpc libbarrelfish usr/mem_serv usr/spawnd"

/// Arguments go through the shell and through ninja: quoted for both.
static void emit_args(FILE *out, const struct part *part)
{
    fputs("  args =", out);
    for (unsigned i = 0; i < part->args_count; i++) {
        fputs(" '", out);
        for (const char *c = part->args[i]; *c != '\0'; c++)
            fputs(*c == '$' ? "$$" : *c == '\'' ? "'\\''" : (char[]){*c, '\0'}, out);
        fputc('\'', out);
    }
    fputc('\n', out);
}

static void emit_data(FILE *out, const struct part *part)
{
    for (unsigned i = 0; i < part->data_count; i++)
        fprintf(out, " $\n    %s", path_join(part->file->dir, part->data[i]));
}

/// `ninja check-<name>` runs one test and fails with it.
static void emit_check(struct emitter *emitter, enum suite suite, const char *name, char *stamp)
{
    fprintf(emitter->out, "build check-%s: summary %s | tests/lib/summary\n", name, stamp);
    paths_add(&emitter->stamps[suite], stamp);
}

static void emit_test_run(struct emitter *emitter, const struct part *part, const char *executable)
{
    const char *name = strrchr(executable, '/') + 1;
    char *stamp = format_string("build/tests/%s.pass", name);
    fprintf(emitter->out, "build %s: test %s | tests/lib/run-test", stamp, executable);
    for (unsigned i = 0; i < part->deps_count; i++)
        if (!part_is_library(part->dep[i]))
            fprintf(emitter->out, " $\n    %s", output_path(part->dep[i]));
    emit_data(emitter->out, part);
    fputc('\n', emitter->out);
    emit_args(emitter->out, part);
    emit_check(emitter, part->suite, name, stamp);
}

void emit_test(struct emitter *emitter, const struct part *part)
{
    uint32_t sanitizers = part->sanitizers != 0 ? part->sanitizers : SANITIZER_ADDRESS;
    static const struct {
        enum sanitizer sanitizer;
        const char *variant, *suffix;
    } builds[] = {
        {SANITIZER_NONE, "host", "-plain"},
        {SANITIZER_ADDRESS, "host-asan", ""},
        {SANITIZER_THREAD, "host-tsan", "-tsan"},
    };
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        if (sanitizers & builds[i].sanitizer) {
            bool alone = sanitizers == (uint32_t)builds[i].sanitizer;
            char *output = format_string("build/%s%s", part->name, alone ? "" : builds[i].suffix);
            emit_executable(emitter, part, builds[i].variant, output);
            emit_test_run(emitter, part, output);
        }
    }
}

void emit_boot_inputs(struct emitter *emitter)
{
    fprintf(emitter->out, "build " BOOT_INPUTS ": phony build/stave-boot tests/lib/run-test");
    for (size_t i = 0; i < emitter->tree->parts_count; i++) {
        const struct part *part = emitter->tree->parts[i];
        if (part->kind == KIND_IMAGE || part->kind == KIND_PLUGIN || part->kind == KIND_CPUDRIVER)
            fprintf(emitter->out, " $\n    %s", output_path(part));
    }
    fputs("\n\n", emitter->out);
}

void emit_boot_test(struct emitter *emitter, const struct part *part)
{
    char *stamp = format_string("build/tests/%s.pass", part->name);
    char *platform = part->platform == NULL ? NULL : path_join(part->file->dir, part->platform);
    fprintf(emitter->out, "build %s: boot_test | " BOOT_INPUTS " %s", stamp,
            platform != NULL ? platform : "");
    emit_data(emitter->out, part);
    fputc('\n', emitter->out);
    if (part->status != 0 || part->repeat != 0) {
        fprintf(emitter->out, "  options = --status %u --repeat %u\n", part->status,
                part->repeat != 0 ? part->repeat : 1);
    }
    if (platform != NULL)
        fprintf(emitter->out, "  platform = --platform %s\n", platform);
    emit_args(emitter->out, part);
    emit_check(emitter, part->suite, part->name, stamp);
}

/// Looks at the texts again when one changes, or when files were moved. False without the script.
static bool emit_docs(struct emitter *emitter)
{
    const struct paths *texts = &emitter->tree->texts;
    if (!path_is_file(CHECK_DOCS))
        return false;
    fprintf(emitter->out, "build build/tests/docs.pass: test " CHECK_DOCS " | " FORMAT_LIST
                          " tests/lib/run-test");
    emit_list(emitter->out, "", texts);
    fprintf(emitter->out, "\n  args =");
    emit_list(emitter->out, "", texts);
    fputc('\n', emitter->out);
    return true;
}

/// Formatting is not among the tests: what somebody has just written for himself may look as he
/// likes.
static void emit_format(struct emitter *emitter)
{
    struct paths files = {0};
    for (size_t i = 0; i < emitter->tree->parts_count; i++) {
        const struct part *part = emitter->tree->parts[i];
        for (unsigned j = 0; j < part->sources_count; j++) {
            char *source = path_join(part->file->dir, part->sources[j]);
            if (source[strlen(source) - 1] == 'c' && !paths_has(&files, source))
                paths_add(&files, source);
        }
    }
    for (size_t i = 0; i < emitter->tree->headers.count; i++)
        paths_add(&files, emitter->tree->headers.items[i]);
    fprintf(emitter->out, "# formatting\nbuild " FORMAT_LIST ": list");
    emit_list(emitter->out, "", &files);
    fprintf(emitter->out,
            "\nbuild format: format " FORMAT_LIST "\n"
            "build build/tests/format.pass: format-check " FORMAT_LIST " | .clang-format "
            "tests/lib/run-test tests/lib/check-style\n");
    fprintf(emitter->out, "build format-check: summary build/tests/format.pass%s\n",
            emit_docs(emitter) ? " build/tests/docs.pass" : "");
}

/// `ninja rooms` prints the circles; a test fails while there is one.
static void emit_rooms(struct emitter *emitter)
{
    const struct part *rooms = tree_find(emitter->tree, "rooms");
    if (rooms == NULL)
        return;
    const char *program = output_path(rooms);
    char *stamp = format_string("build/tests/rooms.pass");
    fprintf(emitter->out, "build rooms: rooms %s |", program);
    emit_list(emitter->out, "", &emitter->compiled);
    fprintf(emitter->out, "\n  args = " ROOMS "\nbuild %s: test %s | tests/lib/run-test", stamp,
            program);
    emit_list(emitter->out, "", &emitter->compiled);
    fprintf(emitter->out, "\n  args = " ROOMS "\n");
    emit_check(emitter, SUITE_TEST, "rooms", stamp);
}

/// `ninja mutate` works in a copy of what is built; tests that are not yet are built there.
static void emit_mutate(struct emitter *emitter)
{
    const struct part *mutants = tree_find(emitter->tree, "mutants");
    if (mutants != NULL) {
        fprintf(emitter->out, "build mutate: mutate %s\n  args = " MUTATED "\n",
                output_path(mutants));
    }
}

void emit_suites(struct emitter *emitter)
{
    static const char *const suite_names[SUITE_COUNT] = {"test", "test-long", "bench"};
    emit_format(emitter);
    emit_rooms(emitter);
    emit_mutate(emitter);
    for (size_t i = 0; i < SUITE_COUNT; i++) {
        bool reports = i == SUITE_BENCH && path_is_file(REPORT);
        fprintf(emitter->out, "build %s: %s", suite_names[i], reports ? "bench" : "summary");
        emit_list(emitter->out, "", &emitter->stamps[i]);
        fprintf(emitter->out, " | tests/lib/summary%s\n", reports ? " " REPORT " all" : "");
    }
}
