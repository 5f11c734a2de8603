// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which room a file is in. Paths alone decide, and the `include` of the parts.
#include <string.h>

#include "rooms.h"

bool graph_wants(const struct graph *graph, const char *path)
{
    for (size_t i = 0; i < graph->folders.count; i++)
        if (path_within(path, graph->folders.items[i]))
            return true;
    return false;
}

/// For a header that its Hakefile's parts show to others; NULL for any other file.
static char *room_of_public(const struct hakefile *owner, const char *path)
{
    char *shown = NULL;
    for (unsigned i = 0; i < owner->parts_count; i++) {
        const struct part *part = &owner->parts[i];
        char *dir = part->include == NULL ? NULL : path_join(owner->dir, part->include);
        if (dir != NULL && path_within(path, dir)) {
            if (part->sources_count != 0)
                return format_string("%s", owner->dir);
            shown = dir;
        }
    }
    return shown;
}

char *room_of(const struct tree *tree, const char *path)
{
    const struct hakefile *owner = tree_owner(tree, path);
    char *room = owner != NULL ? room_of_public(owner, path) : NULL;
    if (room != NULL)
        return room;
    room = path_dir(path);
    size_t own = owner != NULL ? strlen(owner->dir) : 0;
    char *arch = strstr(room, "/arch/");
    if (arch != NULL && (size_t)(arch - room) >= own)
        *arch = '\0';
    return room;
}
