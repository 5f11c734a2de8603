// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Whether a changed interface keeps clients that were compiled with the old one working. A server
// takes a client whose messages are the first of its own, so:
//
// V1 The interface keeps its name.
// V2 A message keeps its place, so its number: none is put before it, none taken away.
// V3 A message keeps its kind, its name and the types and bounds of its arguments, in their order.
// V4 Who may send a message may send it still: it loses none of its rights, but all, and one without
//    gets none. A server knows old clients by the rights that they have had.
//
// New messages stand at the end. Names of arguments, fields and types, aliases, comments and other
// attributes may change, and so may the order of rights.
#include <stdlib.h>
#include <string.h>

#include "flounder.h"

static char *signature_of(const struct interface *interface, const struct operation *operation)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    signature_print(out, interface, operation);
    fclose(out);
    return text;
}

static const struct operation *find(const struct interface *interface, const char *name)
{
    const struct operation *operation = interface->operations;
    while (operation != NULL && strcmp(operation->name, name) != 0)
        operation = operation->next;
    return operation;
}

static void say(FILE *out, struct place place, const char *rule, const char *what)
{
    fprintf(out, "%s:%u:%u: %s: %s\n", place.path, place.line, place.column, rule, what);
}

static const struct right *find_right(const struct interface *interface, const char *name)
{
    const struct right *right = interface->rights;
    while (right != NULL && strcmp(right->name, name) != 0)
        right = right->next;
    return right;
}

/// V4.
static bool still_may(const struct interface *old, const struct operation *was,
                      const struct interface *changed, const struct operation *now, FILE *out)
{
    char text[256];
    if (now->rights == 0)
        return true;
    if (was->rights == 0) {
        snprintf(text, sizeof(text),
                 "everybody could send '%s'; put one that needs a right at the end", was->name);
        say(out, now->place, "V4", text);
        return false;
    }
    bool same = true;
    for (const struct right *right = old->rights; right != NULL; right = right->next) {
        const struct right *kept = find_right(changed, right->name);
        if ((was->rights & right->bit) == 0 || (kept != NULL && (now->rights & kept->bit) != 0))
            continue;
        snprintf(text, sizeof(text), "who has the right '%s' could send '%s'; name it again",
                 right->name, was->name);
        say(out, now->place, "V4", text);
        same = false;
    }
    return same;
}

/// Compares one message with what stands in its place now; NULL: nothing does.
static bool keeps(const struct interface *old, const struct operation *was,
                  const struct interface *changed, const struct operation *now, FILE *out)
{
    const struct operation *moved = find(changed, was->name);
    char text[256];
    if (moved == NULL) {
        snprintf(text, sizeof(text), "'%s' is gone; put it back where it was", was->name);
        say(out, now != NULL ? now->place : changed->place, "V2", text);
        return false;
    }
    if (moved->number != was->number) {
        snprintf(text, sizeof(text), "'%s' was message %u and is %u; put new ones at the end",
                 was->name, was->number, moved->number);
        say(out, moved->place, "V2", text);
        return false;
    }
    char *before = signature_of(old, was), *after = signature_of(old, moved); // V1 is told of
    bool same = strcmp(before, after) == 0;
    if (!same) {
        say(out, moved->place, "V3", "give what has changed another name and put it at the end");
        fprintf(out, "    was: %s\n    is:  %s\n", before, after);
    }
    free(before);
    free(after);
    return still_may(old, was, changed, moved, out) && same;
}

size_t interface_diff(const struct interface *old, const struct interface *changed, FILE *out)
{
    size_t broken = 0;
    if (strcmp(old->name, changed->name) != 0) {
        say(out, changed->place, "V1", "the interface has another name; give it back its old one");
        broken++;
    }
    const struct operation *now = changed->operations;
    for (const struct operation *was = old->operations; was != NULL; was = was->next) {
        broken += !keeps(old, was, changed, now, out);
        now = now != NULL ? now->next : NULL;
    }
    return broken;
}
