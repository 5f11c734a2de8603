// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See use.h. What a message's bytes are is said here a second time, on purpose.
#include "use.h"

const struct use *const uses[] = {&use_numbers, &use_shapes, &use_texts,
                                  &use_blobs,   &use_things, &use_crowd};
const unsigned uses_count = sizeof(uses) / sizeof(uses[0]);

void view_begin(struct view *view, unsigned number)
{
    view->number = number;
    view->count = view->caps_count = 0;
    view->wrong = false;
}

void view_bytes(struct view *view, const void *bytes, size_t count)
{
    CU_ASSERT_FATAL(count <= VIEW_BYTES - view->count);
    if (count > 0)
        memcpy(view->bytes + view->count, bytes, count);
    view->count += count;
}

void view_bools(struct view *view, const bool *values, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        uint8_t byte;
        memcpy(&byte, values + i, sizeof(byte));
        view->wrong = view->wrong || byte > 1;
        view_bytes(view, &byte, sizeof(byte));
    }
}

void view_enum(struct view *view, uint32_t value, uint32_t elements)
{
    view->wrong = view->wrong || value >= elements;
    view_bytes(view, &value, sizeof(value));
}

void view_length(struct view *view, size_t length, size_t most)
{
    uint32_t number = (uint32_t)length;
    view->wrong = view->wrong || length > most;
    CU_ASSERT_FATAL(length <= most);
    view_bytes(view, &number, sizeof(number));
}

void view_text(struct view *view, const char *text, size_t most)
{
    size_t bytes = text == NULL ? 0 : strlen(text) + 1;
    view_length(view, bytes, most);
    view_bytes(view, text, bytes);
}

void view_caps(struct view *view, const struct capref *caps, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(*caps); i++) {
        const uint8_t is_there = !capref_is_null(caps[i]);
        CU_ASSERT_FATAL(view->caps_count < FLOUNDER_CAPS_MAX);
        if (is_there)
            view->caps[view->caps_count++] = caps[i];
        view_bytes(view, &is_there, 1);
    }
}

bool view_same(const struct view *a, const struct view *b)
{
    if (a->number != b->number || a->count != b->count || a->caps_count != b->caps_count ||
        a->wrong || b->wrong || memcmp(a->bytes, b->bytes, a->count) != 0)
        return false;
    for (unsigned i = 0; i < a->caps_count; i++)
        if (!capcmp(a->caps[i], b->caps[i]))
            return false;
    return true;
}

struct test_random view_random(const struct view *view)
{
    struct test_random random = {view->number + view->count};
    for (size_t i = 0; i < view->count; i++)
        random.state = (random.state ^ view->bytes[i]) * 0x100000001b3;
    return random;
}

uint64_t any(struct test_random *random)
{
    static const uint64_t extremes[] = {0,         1,         INT8_MAX,  INT16_MAX,
                                        INT32_MAX, INT64_MAX, UINT64_MAX};
    uint64_t number = test_random_next(random);
    unsigned i = number >> 32 & 15;
    return i < sizeof(extremes) / sizeof(extremes[0]) ? extremes[i] : number;
}

void any_number(struct test_random *random, void *number, size_t bytes)
{
    uint64_t wide = any(random);
    memcpy(number, &wide, bytes);
}

void any_bytes(struct test_random *random, void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)any(random);
}

void any_bools(struct test_random *random, bool *values, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        values[i] = test_random_below(random, 2) != 0;
}

void any_caps(struct test_random *random, struct capref *caps, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(*caps); i++)
        caps[i] = test_random_below(random, 2) == 0
                      ? NULL_CAP
                      : (struct capref){ROOTCN_CNODE(ROOTCN_SLOT_SEGCN),
                                        (cslot_t)test_random_below(random, 200)};
}

size_t any_length(struct test_random *random, size_t most)
{
    switch (test_random_below(random, 16)) {
    case 0:
        return 0;
    case 1:
        return most;
    case 2:
        return test_random_below(random, most + 1);
    default:
        return test_random_below(random, (most < 32 ? most : 32) + 1);
    }
}

const char *any_text(struct test_random *random, char *place, size_t most)
{
    size_t bytes = any_length(random, most);
    if (bytes == 0)
        return NULL;
    for (size_t i = 0; i < bytes - 1; i++)
        place[i] = (char)(1 + test_random_below(random, 255));
    place[bytes - 1] = '\0';
    return place;
}
