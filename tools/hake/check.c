// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Refuses parts that make no sense: keys that their kind needs or does not know, files that are
// not there, names that clash, and dependencies that are unknown, go in circles or are not built
// for the target that needs them. Resolves the names in `deps` on the way. Includes are checked
// afterwards, in includes.c.
#include <stdlib.h>
#include <string.h>

#include "hake.h"

#define K(kind) (1u << KIND_##kind)
#define COMPILED (K(LIBRARY) | K(CPUDRIVER) | K(DOMAIN) | K(TOOL) | K(PLUGIN) | K(TEST))
#define RUN (K(TEST) | K(BOOT_TEST))

/// Which kinds may, and which must, have a key.
static const struct key_rule {
    const char *key;
    unsigned allowed, required;
} key_rules[] = {
    {"name", ~0u, ~0u},
    {"kind", ~0u, ~0u},
    {"targets", K(LIBRARY), K(LIBRARY)},
    {"deps", COMPILED | K(HEADERS), 0},
    {"include", K(HEADERS) | K(LIBRARY) | K(CPUDRIVER), K(HEADERS)},
    {"sources", COMPILED, COMPILED},
    {"cflags", COMPILED, 0},
    {"linker_script", K(CPUDRIVER) | K(DOMAIN), K(CPUDRIVER)},
    {"libs", K(LIBRARY) | K(TOOL) | K(PLUGIN) | K(TEST), 0},
    {"sanitizers", K(TEST), 0},
    {"suite", RUN, 0},
    {"args", RUN, K(BOOT_TEST)},
    {"status", K(BOOT_TEST), 0},
    {"repeat", K(BOOT_TEST), 0},
    {"platform", K(IMAGE) | K(BOOT_TEST), K(IMAGE)},
    {"data", RUN, 0},
    {"includes_private", K(TEST), 0},
    {"interfaces", K(LIBRARY) | K(DOMAIN) | K(TEST), 0},
};
static const size_t key_rules_count = sizeof key_rules / sizeof *key_rules;

const char *kind_name(enum kind kind)
{
    static const char *const names[] = {"none", "headers", "library", "cpudriver", "domain",
                                        "tool", "plugin",  "test",    "boot_test", "image"};
    return names[kind];
}

struct part *tree_find(const struct tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->parts_count; i++)
        if (strcmp(tree->parts[i]->name, name) == 0)
            return tree->parts[i];
    return NULL;
}

bool part_is_library(const struct part *part)
{
    return part->kind == KIND_HEADERS || part->kind == KIND_LIBRARY;
}

static bool has_key(const struct part *part, const char *key)
{
    const char *name;
    for (unsigned n = 0; (name = part_key(part, n)) != NULL; n++)
        if (strcmp(name, key) == 0)
            return true;
    return false;
}

/// The keys that a part of this kind may have, as one text.
static const char *keys_of(enum kind kind)
{
    char *text = format_string("%s", "");
    for (size_t i = 0; i < key_rules_count; i++)
        if ((key_rules[i].allowed & (1u << kind)) != 0)
            text = format_string("%s%s%s", text, text[0] != '\0' ? ", " : "", key_rules[i].key);
    return text;
}

static void check_keys(const struct part *part)
{
    if (part->kind == KIND_NONE) {
        report(place_of_part(part), "missing key: kind");
        return;
    }
    for (size_t i = 0; i < key_rules_count; i++) {
        const struct key_rule *rule = &key_rules[i];
        bool present = has_key(part, rule->key);
        bool made = strcmp(rule->key, "sources") == 0 && part->interfaces_count != 0;
        if (!present && !made && (rule->required & (1u << part->kind)) != 0) {
            report(place_of_part(part), "missing key: %s", rule->key);
        } else if (present && (rule->allowed & (1u << part->kind)) == 0) {
            report(place_of_key(part, rule->key), "a part of kind %s has no key %s; there are: %s",
                   kind_name(part->kind), rule->key, keys_of(part->kind));
        }
    }
}

static void check_name(const struct tree *tree, const struct part *part)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    if (strspn(part->name, letters) != strlen(part->name)) {
        report(place_of_value(part, "name", -1), "name '%s' has other characters than a-z 0-9 _ -",
               part->name);
    }
    static const char *const folders[] = {"domains", "lib", "obj", "tests"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strcmp(part->name, folders[i]) == 0)
            report(place_of_value(part, "name", -1), "build/%s is a folder", part->name);
    const struct part *first = tree_find(tree, part->name);
    if (first != part) {
        struct place place = place_of_value(first, "name", -1);
        report(place_of_value(part, "name", -1), "duplicate part '%s', first at %s:%zu", part->name,
               place.path, place.line);
    }
}

/// A path that a Hakefile names: it must exist in the tree; `inside` keeps it in the file's folder.
static void check_path_at(struct place place, const char *folder, const char *relative, bool dir,
                          bool inside)
{
    char *path = path_join(folder, relative);
    if (strpbrk(relative, " $:|\\'\"\n") != NULL)
        report(place, "'%s' has a character that ninja or the shell reads", relative);
    else if (path == NULL || (inside && !path_within(path, folder)))
        report(place, "'%s' is outside the part's folder", relative);
    else if (!(dir ? path_is_dir(path) : path_is_file(path)))
        report(place, "no such %s: %s", dir ? "folder" : "file", path);
}

static void check_path(const struct part *part, const char *key, int item, const char *relative,
                       bool dir, bool inside)
{
    check_path_at(place_of_value(part, key, item), part->file->dir, relative, dir, inside);
}

/// Options that change how the part's own sources are compiled, and nothing else: what it includes
/// and links is said by `deps`, or the checks of this file would not see it.
static void check_cflags(const struct part *part)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_-+=.,/";
    static const char *const starts[] = {"-D", "-O", "-U", "-W", "-f", "-g", "-m", "-std=", "-w"};
    static const char *const refused[] = {"-Wl,", "-Wa,", "-Wp,"};
    for (unsigned i = 0; i < part->cflags_count; i++) {
        const char *flag = part->cflags[i];
        bool good = strspn(flag, letters) == strlen(flag), known = false;
        for (size_t j = 0; j < sizeof starts / sizeof *starts; j++)
            known |= strncmp(flag, starts[j], strlen(starts[j])) == 0;
        for (size_t j = 0; j < sizeof refused / sizeof *refused; j++)
            known &= strncmp(flag, refused[j], strlen(refused[j])) != 0;
        if (!good || !known) {
            report(place_of_value(part, "cflags", (int)i),
                   "'%s' is not one option like -Wno-unused, -DX=1, -O0, -fno-inline, -msse4 or "
                   "-std=c99",
                   flag);
        }
    }
}

static void check_files(const struct part *part)
{
    for (unsigned i = 0; i < part->sources_count; i++) {
        const char *source = part->sources[i];
        size_t length = strlen(source);
        if (length < 3 ||
            (strcmp(source + length - 2, ".c") != 0 && strcmp(source + length - 2, ".S") != 0))
            report(place_of_value(part, "sources", (int)i), "'%s' is neither .c nor .S", source);
        else
            check_path(part, "sources", (int)i, source, false, part->kind != KIND_TEST);
        for (unsigned j = 0; j < i; j++)
            if (strcmp(part->sources[j], source) == 0)
                report(place_of_value(part, "sources", (int)i), "'%s' stands here twice", source);
    }
    if (part->include != NULL)
        check_path(part, "include", -1, part->include, true, true);
    for (unsigned i = 0; i < part->args_count; i++)
        if (strchr(part->args[i], '\n') != NULL)
            report(place_of_value(part, "args", (int)i), "an argument is one line");
    if (part->linker_script != NULL)
        check_path(part, "linker_script", -1, part->linker_script, false, true);
    if (part->platform != NULL && part->platform != part->file->platform)
        check_path(part, "platform", -1, part->platform, false, part->kind == KIND_IMAGE);
    for (unsigned i = 0; i < part->data_count; i++)
        check_path(part, "data", (int)i, part->data[i], false, false);
    for (unsigned i = 0; i < part->includes_private_count; i++)
        check_path(part, "includes_private", (int)i, part->includes_private[i], true, false);
    for (unsigned i = 0; i < part->interfaces_count; i++)
        check_path(part, "interfaces", (int)i, part->interfaces[i], false, part->kind != KIND_TEST);
}

static uint32_t needed_targets(const struct part *part)
{
    switch (part->kind) {
    case KIND_LIBRARY:
        return part->targets;
    case KIND_CPUDRIVER:
        return TARGET_CPUDRIVER;
    case KIND_DOMAIN:
        return TARGET_DOMAIN;
    case KIND_TOOL:
    case KIND_PLUGIN:
    case KIND_TEST:
        return TARGET_HOST;
    default:
        return 0;
    }
}

static const char *target_name(uint32_t target)
{
    return target & TARGET_CPUDRIVER ? "cpudriver" : target & TARGET_DOMAIN ? "domain" : "host";
}

/// A library must be built for whatever uses it. A test may also name what it runs or reads.
static void check_dep(const struct part *part, const struct part *dep, int item)
{
    struct place place = place_of_value(part, "deps", item);
    uint32_t lacking = needed_targets(part) & ~dep->targets;
    if (!part_is_library(dep)) {
        bool runs = dep->kind != KIND_TEST && dep->kind != KIND_BOOT_TEST;
        if (part->kind != KIND_TEST || !runs) {
            report(place, "'%s' is a %s: a %s cannot depend on it", dep->name, kind_name(dep->kind),
                   kind_name(part->kind));
        }
    } else if (dep->kind == KIND_LIBRARY && lacking != 0) {
        report(place, "library '%s' lacks target %s, which '%s' needs", dep->name,
               target_name(lacking), part->name);
    }
}

static void resolve_deps(const struct tree *tree, struct part *part)
{
    part->dep = checked(calloc(part->deps_count + 1, sizeof *part->dep));
    for (unsigned i = 0; i < part->deps_count; i++) {
        part->dep[i] = tree_find(tree, part->deps[i]);
        if (part->dep[i] == NULL)
            report(place_of_value(part, "deps", (int)i), "unknown part: %s", part->deps[i]);
        else
            check_dep(part, part->dep[i], (int)i);
    }
}

/// Depth first: a part that is met again while its own dependencies are being walked is a circle.
static void check_cycle(struct part *part)
{
    enum { UNSEEN, OPEN, DONE };
    part->visit = OPEN;
    for (unsigned i = 0; i < part->deps_count; i++) {
        struct part *dep = part->dep[i];
        if (dep->visit == OPEN) {
            report(place_of_value(part, "deps", (int)i), "dependency cycle: '%s' needs '%s'%s",
                   part->name, dep->name, part == dep ? "" : ", which needs it in turn");
        } else if (dep->visit == UNSEEN) {
            check_cycle(dep);
        }
    }
    part->visit = DONE;
}

static void check_machine(const struct tree *tree)
{
    const struct part *boot = tree_find(tree, "stave-boot");
    for (size_t i = 0; i < tree->parts_count; i++) {
        const struct part *part = tree->parts[i];
        if ((part->kind == KIND_IMAGE || part->kind == KIND_BOOT_TEST) &&
            (boot == NULL || boot->kind != KIND_TOOL)) {
            report(place_of_part(part), "a part of kind %s needs the tool 'stave-boot'",
                   kind_name(part->kind));
        }
    }
}

void tree_check(struct tree *tree)
{
    for (size_t i = 0; i < tree->parts_count; i++)
        check_keys(tree->parts[i]);
    if (report_count() != 0)
        return; // without names and kinds, all that follows would be guesswork
    for (size_t i = 0; i < tree->hakefiles.count; i++) {
        struct hakefile *file = &tree->files[i];
        if (file->platform != NULL) {
            check_path_at(place_of_file_value(file, "platform"), file->dir, file->platform, false,
                          false);
        }
    }
    for (size_t i = 0; i < tree->parts_count; i++) {
        check_name(tree, tree->parts[i]);
        check_files(tree->parts[i]);
        check_cflags(tree->parts[i]);
        interfaces_check(tree, tree->parts[i]);
        resolve_deps(tree, tree->parts[i]);
    }
    check_machine(tree);
    for (size_t i = 0; report_count() == 0 && i < tree->parts_count; i++)
        if (tree->parts[i]->visit == 0)
            check_cycle(tree->parts[i]);
}

static void closure_add(struct part_list *list, const struct part *part)
{
    for (unsigned i = 0; i < part->deps_count; i++) {
        struct part *dep = part->dep[i];
        bool seen = !part_is_library(dep);
        for (size_t j = 0; j < list->count; j++)
            seen |= list->items[j] == dep;
        if (!seen) {
            list->items[list->count++] = dep;
            closure_add(list, dep);
        }
    }
}

struct part_list part_closure(const struct tree *tree, const struct part *part)
{
    struct part_list list = {checked(calloc(tree->parts_count + 1, sizeof *list.items)), 0};
    closure_add(&list, part);
    return list;
}
