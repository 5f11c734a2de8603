// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shared vocabulary of rooms, which finds out what files need of one another, and where that
// goes round in a circle or against the declared order.
//
// A *room* is a folder of sources. Its `arch/` belongs to it, unless that has a Hakefile of its
// own, and so do the headers that it shows to others; headers that no source stands behind (kpi)
// are a room by themselves. Of parts for the host nothing is looked at.
//
// An *arrow* leads from a file to one that it needs:
// - by a call, that is a branch to a function of the other file, or any use of a variable there;
// - by an #include, which leads to the header, and from the header to what that includes.
// A function whose address is taken is not needed in this sense: the file that takes it hands it to
// somebody who calls it without knowing it. Such addresses are counted beside the arrows and make
// none. So a table of functions leads nowhere, but whoever reads the table needs it: a variable.
// An assertion makes no arrow either: every target has C's assert(), so that pure parts may assert,
// and who ends a program whose assertion fails is no matter of the part.
//
// What is wrong:
// - R1: rooms in a circle, by arrows of any kind;
// - R2: files of several rooms in a circle;
// - R3: more than CIRCLE_FILES_MAX files of one room in a circle, or fewer without a line
//   `// Circle: why` in the opening comment of one of them;
// - R4: a call into a part that is not among the deps of the caller's part, direct or not. (The same
//   by #include is refused by hake.) Only C's own upward call, of main(), has no one part to lead to.
#pragma once

#include "hake.h"

#define CIRCLE_FILES_MAX 5

struct file {
    char *path;
    size_t room; // in graph.rooms
};

/// A source as one of its parts compiles it; the libraries for several targets are looked at once.
struct unit {
    const struct part *part;
    size_t file;
};

struct arrow {
    size_t from, to; // in graph.files
    unsigned includes;
    struct paths calls, addresses; // names, each once
};

/// A call against the order (R4).
struct breach {
    size_t from, to; // in graph.units
    const char *name;
};

struct graph {
    const struct tree *tree;
    struct paths folders, rooms;
    struct file *files;
    struct unit *units;
    struct arrow *arrows;
    struct breach *breaches;
    size_t files_count, units_count, arrows_count, breaches_count;
};

/// A global name of an object file, or a use of one that is elsewhere.
struct symbol {
    char *name;
    bool is_function; // of a definition
    bool is_branch;   // of a use
};

struct object {
    struct symbol *defined, *used;
    size_t defined_count, used_count;
};

/// Nodes are numbers.
struct edge {
    size_t from, to;
};

/// The strongly connected components with more than one node: `circle[node]` is the node's, counted
/// from 1, or 0 outside of all.
struct circles {
    size_t *circle;
    size_t count;
};

/// object.c: reads a relocatable ELF file. Ends the program if it is none.
struct object object_read(const char *path);

/// place.c: rooms of files.
bool graph_wants(const struct graph *graph, const char *path);
char *room_of(const struct tree *tree, const char *path);

/// graph.c: fills all but tree and folders, out of these and the objects in build/obj/.
void graph_build(struct graph *graph);

/// circles.c
struct circles circles_find(size_t nodes, const struct edge *edges, size_t edges_count);

/// judge.c: prints what is wrong, and returns how many times.
size_t judge(const struct graph *graph);
struct circles graph_circles_of_files(const struct graph *graph);
struct circles graph_circles_of_rooms(const struct graph *graph);

/// print.c
void print_total(const struct graph *graph);
void print_arrows(const struct graph *graph, bool names);
