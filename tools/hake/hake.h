// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shared vocabulary of hake's files: a tree of Hakefiles, the parts that they declare, and
// the places of every word in them. main.c runs the passes in order: tree.c (find the files),
// parse.c (read them), check.c and includes.c (refuse what is wrong), emit.c (write build.ninja).
// Every path is relative to the root of the tree, which is hake's working directory. Nothing is
// freed but at exit: hake reads a tree, writes a file, and ends.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <yaml.h>

enum kind {
    KIND_NONE,
    KIND_HEADERS,
    KIND_LIBRARY,
    KIND_CPUDRIVER,
    KIND_DOMAIN,
    KIND_TOOL,
    KIND_PLUGIN,
    KIND_TEST,
    KIND_BOOT_TEST,
    KIND_IMAGE,
};

enum target {
    TARGET_CPUDRIVER = 1,
    TARGET_DOMAIN = 2,
    TARGET_HOST = 4,
};

enum sanitizer {
    SANITIZER_NONE = 1,
    SANITIZER_ADDRESS = 2,
    SANITIZER_THREAD = 4,
};

enum suite {
    SUITE_TEST,
    SUITE_TEST_LONG,
    SUITE_BENCH,
    SUITE_COUNT,
};

struct paths {
    char **items;
    size_t count;
};

/// One part. The first group is what its Hakefile says, the second what hake adds.
struct part {
    char *name;
    enum kind kind;
    uint32_t targets;
    char *include;
    char *linker_script;
    char *platform;
    uint32_t sanitizers;
    enum suite suite;
    unsigned status;
    unsigned repeat;
    char **deps, **sources, **cflags, **libs, **args, **data, **includes_private, **interfaces;
    unsigned deps_count, sources_count, cflags_count, libs_count, args_count, data_count;
    unsigned includes_private_count, interfaces_count;
    struct paths modules; // of an image: names of programs in it, or none if they cannot be read

    struct hakefile *file;
    unsigned index;    // in its file
    struct part **dep; // resolved `deps`
    int visit;         // of the search for cycles
};

struct hakefile {
    char *path, *dir;
    char *platform;           // what the boot tests of this file boot, or NULL
    yaml_document_t document; // for the places of words
    struct part *parts;
    unsigned parts_count;
};

struct tree {
    struct paths dirs, hakefiles, headers, texts; // sorted; texts end with .md
    struct hakefile *files;                       // one for each of hakefiles
    struct part **parts;
    size_t parts_count;
};

/// A place in a file; line and column count from 1.
struct place {
    const char *path;
    size_t line, column;
};

/// report.c: print `FILE:LINE:COLUMN: error: ...` and count it; failures that end the program at
/// once.
void report(struct place place, const char *format, ...) __attribute__((format(printf, 2, 3)));
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
size_t report_count(void);

/// tree.c: the folders, and arithmetic on paths and strings. `path_join` gives NULL for a path
/// that leaves the root, `format_string` a fresh string.
void tree_scan(struct tree *tree);
void paths_add(struct paths *paths, char *path);
bool paths_has(const struct paths *paths, const char *path);
char *format_string(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *path_join(const char *dir, const char *relative);
char *path_dir(const char *path);
bool path_within(const char *path, const char *dir);
bool path_is_file(const char *path);
bool path_is_dir(const char *path);
char *read_file(const char *path, size_t *size); // NULL if it cannot be read
void *checked(void *memory);                     // ends the program when out of memory

/// parse.c: fills tree->files and tree->parts. The places of a key's value of the file itself, of a
/// part, of its key, of the value and of the value's item (`item` -1: the value as a whole).
void tree_parse(struct tree *tree);
void platform_read_modules(struct part *image); // fills image->modules out of its platform
struct place place_of_file_value(struct hakefile *file, const char *key);
struct place place_of_part(const struct part *part);
struct place place_of_key(const struct part *part, const char *key);
struct place place_of_value(const struct part *part, const char *key, int item);
const char *part_key(const struct part *part, unsigned n); // n-th key, NULL behind the last

/// check.c: everything but includes; resolves deps.
void tree_check(struct tree *tree);
const char *kind_name(enum kind kind);
struct part *tree_find(const struct tree *tree, const char *name);
bool part_is_library(const struct part *part); // headers or library: gives includes and archives

/// The parts of kind headers and library that `part` uses, directly or not, each once.
struct part_list {
    struct part **items;
    size_t count;
};
struct part_list part_closure(const struct tree *tree, const struct part *part);

/// includes.c: `tree_each_include` gives the file of the tree, as the compiler would find it,
/// behind each #include of a source of `part`, or of a header (`part` NULL: it sees what its
/// folder's parts do).
void tree_check_includes(const struct tree *tree);
void tree_each_include(const struct tree *tree, const struct part *part, const char *path,
                       void (*each)(void *context, const char *included), void *context);
const struct hakefile *tree_owner(const struct tree *tree, const char *path); // NULL: nobody

/// interfaces.c: what the interface compiler makes of a part's .if files. `interface_headers`: the
/// folder that has if/NAME_defs.h; NULL: the part has no interface.
char *interface_headers(const struct part *part);
void interfaces_check(const struct tree *tree, const struct part *part);
/// Whether the part has the interface with the header `name`.
bool interface_has_header(const struct part *part, const char *name);
void interfaces_emit(FILE *out, const struct part *part);
char *interface_source(const struct part *part, unsigned n);

/// emit.c, rules.c: build.ninja as text.
void emit_ninja(FILE *out, const struct tree *tree);
void emit_rules(FILE *out);
