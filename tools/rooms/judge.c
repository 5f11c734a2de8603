// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Says what is wrong, by R1 to R4 of rooms.h: a line for each fault, and what it consists of below.
#include <stdlib.h>
#include <string.h>

#include "rooms.h"

static bool leads_somewhere(const struct arrow *arrow)
{
    return arrow->includes != 0 || arrow->calls.count != 0;
}

struct circles graph_circles_of_files(const struct graph *graph)
{
    struct edge *edges = checked(calloc(graph->arrows_count + 1, sizeof *edges));
    size_t count = 0;
    for (size_t i = 0; i < graph->arrows_count; i++)
        if (leads_somewhere(&graph->arrows[i]))
            edges[count++] = (struct edge){graph->arrows[i].from, graph->arrows[i].to};
    struct circles circles = circles_find(graph->files_count, edges, count);
    free(edges);
    return circles;
}

struct circles graph_circles_of_rooms(const struct graph *graph)
{
    struct edge *edges = checked(calloc(graph->arrows_count + 1, sizeof *edges));
    size_t count = 0;
    for (size_t i = 0; i < graph->arrows_count; i++) {
        size_t from = graph->files[graph->arrows[i].from].room;
        size_t to = graph->files[graph->arrows[i].to].room;
        if (from != to && leads_somewhere(&graph->arrows[i]))
            edges[count++] = (struct edge){from, to};
    }
    struct circles circles = circles_find(graph->rooms.count, edges, count);
    free(edges);
    return circles;
}

/// A line `// Circle: why` before the file's first line that is no comment.
static bool gives_reason(const char *path)
{
    static const char mark[] = "// Circle: ";
    size_t size;
    char *text = read_file(path, &size), *rest = text;
    bool found = false;
    for (char *line; !found && (line = strsep(&rest, "\n")) != NULL && strncmp(line, "//", 2) == 0;)
        found = strncmp(line, mark, strlen(mark)) == 0 && strlen(line) > strlen(mark);
    free(text);
    return found;
}

static size_t judge_rooms(const struct graph *graph)
{
    struct circles circles = graph_circles_of_rooms(graph);
    for (size_t circle = 1; circle <= circles.count; circle++) {
        printf("R1: rooms in a circle:\n");
        for (size_t i = 0; i < graph->rooms.count; i++)
            if (circles.circle[i] == circle)
                printf("    %s\n", graph->rooms.items[i]);
    }
    free(circles.circle);
    return circles.count;
}

struct members {
    size_t files, rooms, first_room;
    bool reason;
};

static struct members members_of(const struct graph *graph, const struct circles *circles,
                                 size_t circle)
{
    struct members members = {0};
    bool *seen = checked(calloc(graph->rooms.count + 1, sizeof *seen));
    for (size_t i = 0; i < graph->files_count; i++) {
        const struct file *file = &graph->files[i];
        if (circles->circle[i] == circle) {
            members.first_room = members.files == 0 ? file->room : members.first_room;
            members.files++;
            members.rooms += seen[file->room] ? 0 : 1;
            members.reason |= gives_reason(file->path);
            seen[file->room] = true;
        }
    }
    free(seen);
    return members;
}

/// Files, as many in a line as a terminal shows.
static void print_members(const struct graph *graph, const struct circles *circles, size_t circle)
{
    int column = 0;
    for (size_t i = 0; i < graph->files_count; i++) {
        if (circles->circle[i] == circle) {
            int width = (int)strlen(graph->files[i].path) + 1;
            if (column == 0 || column + width > 100)
                column = printf("%s   ", column == 0 ? "" : "\n");
            column += printf(" %s", graph->files[i].path);
        }
    }
    printf("\n");
}

static size_t judge_files(const struct graph *graph)
{
    struct circles circles = graph_circles_of_files(graph);
    size_t faults = 0;
    for (size_t circle = 1; circle <= circles.count; circle++) {
        struct members members = members_of(graph, &circles, circle);
        if (members.rooms == 1 && members.files <= CIRCLE_FILES_MAX && members.reason)
            continue;
        if (members.rooms > 1) {
            printf("R2: a circle of %zu files in %zu rooms:\n", members.files, members.rooms);
        } else {
            printf("R3: a circle of %zu files in %s%s:\n", members.files,
                   graph->rooms.items[members.first_room],
                   members.files <= CIRCLE_FILES_MAX ? ", none of which says `// Circle: why`"
                                                     : "");
        }
        print_members(graph, &circles, circle);
        faults++;
    }
    free(circles.circle);
    return faults;
}

static size_t judge_order(const struct graph *graph)
{
    for (size_t i = 0; i < graph->breaches_count; i++) {
        const struct breach *breach = &graph->breaches[i];
        const struct unit *from = &graph->units[breach->from], *to = &graph->units[breach->to];
        printf("R4: against the order: %s uses %s of %s, and '%s' is not among the deps of '%s'\n",
               graph->files[from->file].path, breach->name, graph->files[to->file].path,
               to->part->name, from->part->name);
    }
    return graph->breaches_count;
}

size_t judge(const struct graph *graph)
{
    return judge_rooms(graph) + judge_files(graph) + judge_order(graph);
}
