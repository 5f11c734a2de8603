// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A part's interfaces: the compiler makes of an .if file below build/if/<part>/ a source, which is
// one of the part's, and headers, which the part and all that depend on it may include.
#include <stdlib.h>
#include <string.h>

#include "hake.h"

#define COMPILER "flounder"

/// The name in `folder/name.if`.
static char *interface_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = format_string("%s", slash != NULL ? slash + 1 : path);
    name[strlen(name) - strlen(".if")] = '\0';
    return name;
}

static bool has_suffix(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".if") == 0 && path[length - 4] != '/';
}

char *interface_headers(const struct part *part)
{
    return part->interfaces_count == 0 ? NULL : format_string("build/if/%s", part->name);
}

char *interface_source(const struct part *part, unsigned n)
{
    return format_string("build/if/%s/%s.c", part->name, interface_name(part->interfaces[n]));
}

void interfaces_check(const struct tree *tree, const struct part *part)
{
    for (unsigned i = 0; i < part->interfaces_count; i++) {
        struct place place = place_of_value(part, "interfaces", (int)i);
        if (!has_suffix(part->interfaces[i])) {
            report(place, "'%s' is no .if file", part->interfaces[i]);
            continue;
        }
        for (unsigned j = 0; j < i; j++)
            if (has_suffix(part->interfaces[j]) &&
                strcmp(interface_source(part, i), interface_source(part, j)) == 0)
                report(place, "'%s' is the second interface of its name", part->interfaces[i]);
        const struct part *compiler = tree_find(tree, COMPILER);
        if (compiler == NULL || compiler->kind != KIND_TOOL)
            report(place, "an interface needs the tool '" COMPILER "'");
    }
}

bool interface_has_header(const struct part *part, const char *name)
{
    for (unsigned i = 0; i < part->interfaces_count; i++) {
        char *own = interface_name(part->interfaces[i]);
        if (strcmp(name, format_string("if/%s_defs.h", own)) == 0 ||
            strcmp(name, format_string("if/%s_rpcclient_defs.h", own)) == 0)
            return true;
    }
    return false;
}

void interfaces_emit(FILE *out, const struct part *part)
{
    if (part->interfaces_count == 0)
        return;
    char *headers = format_string("%s", ""), *folder = interface_headers(part);
    for (unsigned i = 0; i < part->interfaces_count; i++) {
        char *name = interface_name(part->interfaces[i]);
        fprintf(out,
                "build %1$s/%2$s.c %1$s/if/%2$s_defs.h %1$s/if/%2$s_rpcclient_defs.h: flounder %3$s"
                " | build/" COMPILER "\n  folder = %1$s\n",
                folder, name, path_join(part->file->dir, part->interfaces[i]));
        headers = format_string("%s %s/if/%s_defs.h", headers, folder, name);
    }
    fprintf(out, "build if/%s: phony%s\n", part->name, headers);
}
