// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Files and arrows out of hake's tree and the objects of its parts. A name may be defined many
// times (each program has its main()), so it is looked for as the linker would: in the part itself,
// in what the part declares, then, for that would be the fault to be found, in every other library,
// and in the program that the library is made for, if there is one only.
#include <stdlib.h>
#include <string.h>

#include "rooms.h"

struct definition {
    const char *name;
    bool is_function;
    size_t unit;
};

struct definitions {
    struct definition *items;
    size_t count;
};

static size_t add_room(struct graph *graph, char *room)
{
    for (size_t i = 0; i < graph->rooms.count; i++)
        if (strcmp(graph->rooms.items[i], room) == 0)
            return i;
    paths_add(&graph->rooms, room);
    return graph->rooms.count - 1;
}

static bool find_file(const struct graph *graph, const char *path, size_t *number)
{
    for (size_t i = 0; i < graph->files_count; i++) {
        if (strcmp(graph->files[i].path, path) == 0) {
            *number = i;
            return true;
        }
    }
    return false;
}

static size_t add_file(struct graph *graph, char *path)
{
    size_t number = graph->files_count;
    if (!find_file(graph, path, &number)) {
        graph->files = checked(realloc(graph->files, (number + 1) * sizeof *graph->files));
        size_t room = add_room(graph, room_of(graph->tree, path));
        graph->files[graph->files_count++] = (struct file){path, room};
    }
    return number;
}

/// The target whose objects are read; 0 for what runs on the host, and for what is not compiled.
static uint32_t target_of(const struct part *part)
{
    uint32_t targets = part->kind == KIND_CPUDRIVER ? TARGET_CPUDRIVER
                       : part->kind == KIND_DOMAIN  ? TARGET_DOMAIN
                       : part->kind == KIND_LIBRARY ? part->targets
                                                    : 0;
    return targets & TARGET_DOMAIN ? TARGET_DOMAIN : targets & TARGET_CPUDRIVER;
}

static void add_files(struct graph *graph)
{
    const struct tree *tree = graph->tree;
    for (size_t i = 0; i < tree->parts_count; i++) {
        const struct part *part = tree->parts[i];
        if (!graph_wants(graph, part->file->dir) || target_of(part) == 0)
            continue;
        for (unsigned j = 0; j < part->sources_count; j++) {
            size_t file = add_file(graph, path_join(part->file->dir, part->sources[j]));
            size_t count = graph->units_count;
            graph->units = checked(realloc(graph->units, (count + 1) * sizeof *graph->units));
            graph->units[graph->units_count++] = (struct unit){part, file};
        }
    }
    for (size_t i = 0; i < tree->headers.count; i++)
        if (graph_wants(graph, tree->headers.items[i]))
            add_file(graph, tree->headers.items[i]);
}

static struct arrow *arrow_between(struct graph *graph, size_t from, size_t to)
{
    for (size_t i = graph->arrows_count; i-- > 0;) // the newest is asked for most
        if (graph->arrows[i].from == from && graph->arrows[i].to == to)
            return &graph->arrows[i];
    size_t count = graph->arrows_count++;
    graph->arrows = checked(realloc(graph->arrows, (count + 1) * sizeof *graph->arrows));
    graph->arrows[count] = (struct arrow){.from = from, .to = to};
    return &graph->arrows[count];
}

struct includer {
    struct graph *graph;
    size_t from;
};

static void add_include(void *context, const char *included)
{
    const struct includer *includer = context;
    size_t to;
    if (find_file(includer->graph, included, &to) && to != includer->from)
        arrow_between(includer->graph, includer->from, to)->includes++;
}

static void add_includes(struct graph *graph)
{
    for (size_t i = 0; i < graph->files_count; i++) {
        const struct part *part = NULL; // of a header
        for (size_t j = 0; j < graph->units_count; j++)
            part = graph->units[j].file == i ? graph->units[j].part : part;
        struct includer includer = {graph, i};
        tree_each_include(graph->tree, part, graph->files[i].path, add_include, &includer);
    }
}

static bool is_among(const struct part_list *list, const struct part *part)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == part)
            return true;
    return false;
}

/// The program that alone uses a library; NULL if there is none, or several.
static const struct part *program_of(const struct graph *graph, const struct part *library)
{
    const struct part *program = NULL;
    for (size_t i = 0; i < graph->tree->parts_count; i++) {
        const struct part *part = graph->tree->parts[i];
        if ((part->kind != KIND_DOMAIN && part->kind != KIND_CPUDRIVER) ||
            !graph_wants(graph, part->file->dir))
            continue;
        struct part_list closure = part_closure(graph->tree, part);
        bool uses = is_among(&closure, library);
        free(closure.items);
        if (uses && program != NULL)
            return NULL;
        program = uses ? part : program;
    }
    return program;
}

/// Who may define what a part uses.
struct scope {
    const struct part *part, *program;
    struct part_list declared;
};

enum rank { RANK_NOBODY, RANK_UNDECLARED, RANK_DECLARED, RANK_OWN };

static enum rank rank_of(const struct scope *scope, const struct part *definer)
{
    if (definer == scope->part)
        return RANK_OWN;
    if (is_among(&scope->declared, definer))
        return RANK_DECLARED;
    bool fits = definer->kind == KIND_LIBRARY && (definer->targets & target_of(scope->part)) != 0;
    return definer == scope->program || fits ? RANK_UNDECLARED : RANK_NOBODY;
}

static int by_name(const void *a, const void *b)
{
    const struct definition *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/// The definition that the linker takes; *rank says how near it is.
static const struct definition *look_up(const struct graph *graph,
                                        const struct definitions *definitions,
                                        const struct scope *scope, const char *name,
                                        enum rank *rank)
{
    const struct definition key = {.name = name}, *best = NULL;
    const struct definition *end = definitions->items + definitions->count;
    const struct definition *at =
        bsearch(&key, definitions->items, definitions->count, sizeof key, by_name);
    *rank = RANK_NOBODY;
    while (at != NULL && at > definitions->items && strcmp(at[-1].name, name) == 0)
        at--;
    for (; at != NULL && at < end && strcmp(at->name, name) == 0; at++) {
        enum rank found = rank_of(scope, graph->units[at->unit].part);
        if (found > *rank) {
            *rank = found;
            best = at;
        }
    }
    return best;
}

static void add_name(struct paths *names, char *name)
{
    if (!paths_has(names, name))
        paths_add(names, name);
}

static void add_breach(struct graph *graph, size_t from, size_t to, const char *name)
{
    for (size_t i = 0; i < graph->breaches_count; i++) {
        const struct breach *other = &graph->breaches[i];
        if (other->from == from && other->to == to && strcmp(other->name, name) == 0)
            return;
    }
    size_t count = graph->breaches_count++;
    graph->breaches = checked(realloc(graph->breaches, (count + 1) * sizeof *graph->breaches));
    graph->breaches[count] = (struct breach){from, to, name};
}

static void add_use(struct graph *graph, const struct definitions *definitions,
                    const struct scope *scope, size_t unit, const struct symbol *use)
{
    enum rank rank;
    if (strcmp(use->name, "__assert_fail") == 0)
        return; // what assert() calls
    const struct definition *definition = look_up(graph, definitions, scope, use->name, &rank);
    if (definition == NULL || graph->units[definition->unit].file == graph->units[unit].file)
        return; // the C library's, or C's main()
    struct arrow *arrow =
        arrow_between(graph, graph->units[unit].file, graph->units[definition->unit].file);
    if (definition->is_function && !use->is_branch) {
        add_name(&arrow->addresses, use->name);
        return;
    }
    add_name(&arrow->calls, use->name);
    if (rank == RANK_UNDECLARED)
        add_breach(graph, unit, definition->unit, use->name);
}

static char *object_path(const struct graph *graph, const struct unit *unit)
{
    const char *target = target_of(unit->part) == TARGET_DOMAIN ? "domain" : "cpudriver";
    return format_string("build/obj/%s/%s/%s.o", target, unit->part->name,
                         graph->files[unit->file].path);
}

static void add_calls(struct graph *graph, const struct object *objects,
                      const struct definitions *definitions)
{
    struct scope scope = {0};
    for (size_t i = 0; i < graph->units_count; i++) {
        const struct part *part = graph->units[i].part;
        if (part != scope.part) {
            free(scope.declared.items);
            scope = (struct scope){.part = part,
                                   .program =
                                       part->kind == KIND_LIBRARY ? program_of(graph, part) : NULL,
                                   .declared = part_closure(graph->tree, part)};
        }
        for (size_t j = 0; j < objects[i].used_count; j++)
            add_use(graph, definitions, &scope, i, &objects[i].used[j]);
    }
    free(scope.declared.items);
}

void graph_build(struct graph *graph)
{
    add_files(graph);
    add_includes(graph);
    struct object *objects = checked(calloc(graph->units_count + 1, sizeof *objects));
    struct definitions definitions = {0};
    for (size_t i = 0; i < graph->units_count; i++) {
        objects[i] = object_read(object_path(graph, &graph->units[i]));
        size_t total = definitions.count + objects[i].defined_count;
        definitions.items =
            checked(realloc(definitions.items, (total + 1) * sizeof *definitions.items));
        for (size_t j = 0; j < objects[i].defined_count; j++) {
            const struct symbol *symbol = &objects[i].defined[j];
            definitions.items[definitions.count++] =
                (struct definition){symbol->name, symbol->is_function, i};
        }
    }
    if (definitions.count > 0) {
        qsort(definitions.items, definitions.count, sizeof *definitions.items, by_name);
        add_calls(graph, objects, &definitions);
    }
    free(definitions.items);
    free(objects); // their names live on in the arrows
}
