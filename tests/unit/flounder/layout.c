// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See layout.h. One walk along the layout either checks a row or makes one.
#include "layout.h"

#include <kpi/capabilities.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    uint8_t *row;
    size_t at, size;
    bool right;
    struct test_random *random; ///< NULL: the row is checked
};

/// Takes a number of the row, or puts one less than `bound` there.
static uint64_t number(struct walk *walk, size_t bytes, uint64_t bound)
{
    uint64_t value = 0;
    if (bytes > walk->size - walk->at) {
        walk->right = false;
        return 0;
    }
    if (walk->random != NULL) {
        value =
            bound == 0 ? test_random_next(walk->random) : test_random_below(walk->random, bound);
        memcpy(walk->row + walk->at, &value, bytes);
    } else {
        memcpy(&value, walk->row + walk->at, bytes);
        walk->right = walk->right && (bound == 0 || value < bound);
    }
    walk->at += bytes;
    return value;
}

static void numbers(struct walk *walk, size_t bytes)
{
    while (bytes-- > 0)
        (void)number(walk, 1, 0);
}

static void text(struct walk *walk, size_t most)
{
    uint64_t length = number(walk, 4, most + 1);
    if (walk->random != NULL && length == 0) { // an empty one has an end
        length = 1;
        memcpy(walk->row + walk->at - 4, &(uint32_t){1}, 4);
    }
    walk->right = walk->right && length > 0;
    for (uint64_t i = 0; i < length && walk->right; i++) {
        bool last = i + 1 == length;
        uint64_t letter = number(walk, 1, last ? 1 : 0);
        if (walk->random != NULL && !last && letter % 256 == 0)
            walk->row[walk->at - 1] = 'x';
        else if (!last && letter == 0)
            walk->right = false;
    }
}

static void values(struct walk *walk, const char *layout, const char *end);

/// What stands in brackets, `times` times; returns what follows.
static const char *again(struct walk *walk, const char *layout, uint64_t times)
{
    const char *end = layout + 1;
    for (unsigned depth = 1; depth > 0; end++)
        depth += (*end == '(') - (*end == ')');
    for (uint64_t i = 0; i < times && walk->right; i++)
        values(walk, layout + 1, end - 1);
    return end;
}

static void values(struct walk *walk, const char *layout, const char *end)
{
    while (layout < end && walk->right) {
        char kind = *layout++;
        unsigned long most = strtoul(layout, (char **)&layout, 10);
        if (kind == 'n')
            numbers(walk, most);
        else if (kind == 'b')
            (void)number(walk, 1, 2);
        else if (kind == 'e')
            (void)number(walk, 4, most);
        else if (kind == 't')
            text(walk, most);
        else if (kind == 'a')
            layout = again(walk, layout, number(walk, 4, most + 1));
        else if (kind == 'r')
            layout = again(walk, layout, most);
        else if (kind == 'c') {
            numbers(walk, offsetof(struct capability, type));
            (void)number(walk, 1, ObjType_Num);
            numbers(walk, sizeof(struct capability) - offsetof(struct capability, type) - 1);
        }
    }
}

static void fill_up(struct walk *walk)
{
    while (walk->right && walk->at % 8 != 0)
        (void)number(walk, 1, 1);
}

bool layout_allows(const char *layout, const uint64_t *words, unsigned count)
{
    struct walk walk = {.row = (uint8_t *)words, .size = 8 * count, .right = true};
    values(&walk, layout, layout + strlen(layout));
    fill_up(&walk);
    return walk.right && walk.at == walk.size;
}

unsigned layout_make(const char *layout, struct test_random *random, uint64_t *words, unsigned most)
{
    struct walk walk = {.row = (uint8_t *)words, .size = 8 * most, .right = true, .random = random};
    values(&walk, layout, layout + strlen(layout));
    fill_up(&walk);
    CU_ASSERT_TRUE_FATAL(walk.right);
    return (unsigned)(walk.at / 8);
}
