// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Keeps the layers: an #include must lead to the part's own folder, to the include folder of a
// declared (also indirect) dependency, or out of the tree to a system header. Where parts share a
// Hakefile, a folder of it with sources is private to the parts that these belong to, and to those
// that depend on one of them. Every source is checked against its part's dependencies, every header
// against those of all parts that share its Hakefile, a public header only against those of the parts
// whose include folder holds it. The preprocessor is not run: an #include counts whether or not a
// condition hides it.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "hake.h"

/// What one file may include: its own folders, and the include folders of others.
struct reach {
    const struct tree *tree;
    const struct hakefile *owner;
    const struct part *part; // one of those that the file belongs to, for messages
    struct paths dirs;       // searched for "..." and <...>, and allowed as a whole
    struct part_list parts;  // those that the file belongs to, and all that they depend on
};

/// The Hakefile whose folder holds the path most closely; NULL if none.
const struct hakefile *tree_owner(const struct tree *tree, const char *path)
{
    const struct hakefile *owner = NULL;
    for (size_t i = 0; i < tree->hakefiles.count; i++) {
        const struct hakefile *file = &tree->files[i];
        if (path_within(path, file->dir) &&
            (owner == NULL || strcmp(owner->dir, ".") == 0 || path_within(file->dir, owner->dir)))
            owner = file;
    }
    return owner;
}

static char *include_dir(const struct part *part)
{
    return part->include == NULL ? NULL : path_join(part->file->dir, part->include);
}

static void reach_dir(struct reach *reach, char *dir)
{
    if (dir != NULL && !paths_has(&reach->dirs, dir))
        paths_add(&reach->dirs, dir);
}

static void reach_add(struct reach *reach, const struct part *part)
{
    struct part_list *parts = &reach->parts;
    parts->items = checked(realloc(parts->items, (parts->count + 1) * sizeof(*parts->items)));
    parts->items[parts->count++] = (struct part *)part;
    reach_dir(reach, include_dir(part));
}

static void reach_part(struct reach *reach, const struct part *part)
{
    struct part_list closure = part_closure(reach->tree, part);
    for (unsigned i = 0; i < part->includes_private_count; i++)
        reach_dir(reach, path_join(part->file->dir, part->includes_private[i]));
    reach_add(reach, part);
    for (size_t i = 0; i < closure.count; i++)
        reach_add(reach, closure.items[i]);
    free(closure.items);
}

static bool is_allowed(const struct reach *reach, const char *path)
{
    if (tree_owner(reach->tree, path) == reach->owner)
        return true;
    for (size_t i = 0; i < reach->dirs.count; i++)
        if (path_within(path, reach->dirs.items[i]))
            return true;
    return false;
}

static bool has_source_in(const struct part *part, const char *folder)
{
    bool found = false;
    for (unsigned i = 0; i < part->sources_count && !found; i++)
        found = strcmp(path_dir(path_join(part->file->dir, part->sources[i])), folder) == 0;
    return found;
}

static bool reaches(const struct reach *reach, const struct part *part)
{
    for (size_t i = 0; i < reach->parts.count; i++)
        if (reach->parts.items[i] == part)
            return true;
    return false;
}

/// A part of the file's Hakefile to which a folder is private, and not to those that the file belongs
/// to; NULL: it is not.
static const struct part *private_to(const struct reach *reach, const char *folder)
{
    const struct part *other = NULL;
    for (unsigned i = 0; i < reach->owner->parts_count; i++) {
        const struct part *part = &reach->owner->parts[i];
        if (has_source_in(part, folder)) {
            if (reaches(reach, part))
                return NULL;
            other = part;
        }
    }
    return other;
}

/// Where the compiler would find `name`, among the folders that the part sees; NULL if nowhere.
static char *resolve(const struct reach *reach, const char *file, const char *name, bool quoted)
{
    char *from[] = {path_dir(file), reach->owner->dir};
    for (size_t i = 0; quoted && i < sizeof from / sizeof *from; i++) {
        char *path = path_join(from[i], name);
        if (path != NULL && path_is_file(path))
            return path;
    }
    for (size_t i = 0; i < reach->dirs.count; i++) {
        char *path = path_join(reach->dirs.items[i], name);
        if (path != NULL && path_is_file(path))
            return path;
    }
    return NULL;
}

/// The part whose interface has the header `name`: one that may be used, if there is any.
static const struct part *interface_provider_of(const struct reach *reach, const char *name)
{
    const struct part *other = NULL;
    for (size_t i = 0; i < reach->tree->parts_count; i++) {
        const struct part *part = reach->tree->parts[i];
        if (!interface_has_header(part, name))
            continue;
        if (reaches(reach, part))
            return part;
        other = part;
    }
    return other;
}

/// The part, declared or not, whose include folder has `name`.
static const struct part *provider_of(const struct tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->parts_count; i++) {
        if (tree->parts[i]->kind == KIND_CPUDRIVER) // nothing can depend on it, nor use its headers
            continue;
        char *dir = include_dir(tree->parts[i]);
        char *path = dir == NULL ? NULL : path_join(dir, name);
        if (path != NULL && path_is_file(path))
            return tree->parts[i];
    }
    return NULL;
}

static void check_include(void *context, struct place place, const char *name, bool quoted)
{
    const struct reach *reach = context;
    char *path = resolve(reach, place.path, name, quoted);
    const struct part *other = path != NULL ? private_to(reach, path_dir(path)) : NULL;
    if (other != NULL) {
        report(place, "'%s' belongs to part '%s', which is not among the deps of '%s'", path,
               other->name, reach->part->name);
    } else if (path != NULL && !is_allowed(reach, path)) {
        const struct hakefile *file = tree_owner(reach->tree, path);
        report(place, "'%s' is %s%s", path, file == NULL ? "in no part's folder" : "private to ",
               file == NULL ? "" : file->path);
    } else if (path == NULL) {
        const struct part *provider = interface_provider_of(reach, name);
        if (provider != NULL && reaches(reach, provider))
            return; // not made yet
        if (provider == NULL)
            provider = provider_of(reach->tree, name);
        if (provider != NULL) {
            report(place, "'%s' belongs to part '%s', which is not among the deps of '%s'", name,
                   provider->name, reach->part->name);
        } else if (quoted) {
            report(place, "'%s' not found", name);
        }
    }
}

/// Where the name in an #include line begins (behind its quote), or NULL for any other line.
static char *include_name(char *line)
{
    char *at = line + strspn(line, " \t");
    if (*at++ != '#')
        return NULL;
    at += strspn(at, " \t");
    if (strncmp(at, "include", 7) != 0)
        return NULL;
    at += 7 + strspn(at + 7, " \t");
    return *at == '"' || *at == '<' ? at + 1 : NULL;
}

/// Each #include of a file: its place, the name, and whether that stood in quotes.
static void walk_includes(const char *path,
                          void (*each)(void *context, struct place place, const char *name,
                                       bool quoted),
                          void *context)
{
    size_t size, line_number = 0;
    char *text = read_file(path, &size);
    if (text == NULL)
        die("cannot read %s: %m", path);
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        line_number++;
        char *name = include_name(line);
        if (name != NULL) {
            bool quoted = name[-1] == '"';
            name[strcspn(name, quoted ? "\"" : ">")] = '\0';
            each(context, (struct place){path, line_number, (size_t)(name - line)}, name, quoted);
        }
    }
    free(text);
}

static struct reach reach_of_source(const struct tree *tree, const struct part *part)
{
    struct reach reach = {.tree = tree, .owner = part->file, .part = part};
    reach_part(&reach, part);
    return reach;
}

/// For a header in a folder: as the parts that it is private to, or, if it is to none, as all.
static void reach_as_private(struct reach *reach, const char *folder)
{
    const struct hakefile *owner = reach->owner;
    for (unsigned pass = 0; pass < 2 && reach->parts.count == 0; pass++) {
        for (unsigned i = 0; i < owner->parts_count; i++) {
            if (pass == 1 || has_source_in(&owner->parts[i], folder)) {
                reach->part = reach->parts.count == 0 ? &owner->parts[i] : reach->part;
                reach_part(reach, &owner->parts[i]);
            }
        }
    }
}

static struct reach reach_of_header(const struct tree *tree, const struct hakefile *owner,
                                    const char *path)
{
    struct reach reach = {.tree = tree, .owner = owner, .part = &owner->parts[0]};
    bool public = false;
    for (unsigned i = 0; i < owner->parts_count; i++) {
        char *dir = include_dir(&owner->parts[i]);
        if (dir != NULL && path_within(path, dir)) {
            reach.part = &owner->parts[i];
            reach_part(&reach, reach.part);
            public = true;
        }
    }
    if (!public)
        reach_as_private(&reach, path_dir(path));
    return reach;
}

void tree_check_includes(const struct tree *tree)
{
    for (size_t i = 0; i < tree->parts_count; i++) {
        const struct part *part = tree->parts[i];
        struct reach reach = reach_of_source(tree, part);
        for (unsigned j = 0; j < part->sources_count; j++)
            walk_includes(path_join(part->file->dir, part->sources[j]), check_include, &reach);
    }
    for (size_t i = 0; i < tree->headers.count; i++) {
        const char *path = tree->headers.items[i];
        const struct hakefile *owner = tree_owner(tree, path);
        if (owner != NULL) {
            struct reach reach = reach_of_header(tree, owner, path);
            walk_includes(path, check_include, &reach);
        }
    }
}

struct visit {
    struct reach reach;
    void (*each)(void *context, const char *included);
    void *context;
};

static void visit_include(void *context, struct place place, const char *name, bool quoted)
{
    const struct visit *visit = context;
    char *path = resolve(&visit->reach, place.path, name, quoted);
    if (path != NULL)
        visit->each(visit->context, path);
    free(path);
}

void tree_each_include(const struct tree *tree, const struct part *part, const char *path,
                       void (*each)(void *context, const char *included), void *context)
{
    const struct hakefile *owner = tree_owner(tree, path);
    if (part != NULL || owner != NULL) {
        struct visit visit = {part != NULL ? reach_of_source(tree, part)
                                           : reach_of_header(tree, owner, path),
                              each, context};
        walk_includes(path, visit_include, &visit);
    }
}
