// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How the tests use interfaces: of each message, what its values are as bytes, told without the
// stubs; a sender of random values; a handler (messages.h makes them). A view is such a message: its
// bytes are those that the declaration wants (flounder/row.h), and it is wrong if a value breaks it.
#pragma once

#include "flounder/flounder.h"

#include <testlib/testlib.h>

#define VIEW_BYTES 9216u

struct view {
    unsigned number; ///< of the message
    size_t count;
    bool wrong;
    struct capref caps[FLOUNDER_CAPS_MAX];
    unsigned caps_count;
    uint8_t bytes[VIEW_BYTES];
};

void view_begin(struct view *view, unsigned number);
void view_bytes(struct view *view, const void *bytes, size_t count);
void view_bools(struct view *view, const bool *values, size_t bytes);
void view_enum(struct view *view, uint32_t value, uint32_t elements);
void view_length(struct view *view, size_t length, size_t most);
void view_text(struct view *view, const char *text, size_t most); ///< its end counts
void view_caps(struct view *view, const struct capref *caps, size_t bytes);
bool view_same(const struct view *a, const struct view *b);

static inline void view_number(struct view *view, const void *number, size_t bytes)
{
    view_bytes(view, number, bytes);
}

/// Numbers that depend on what a call carries: a server's answer is made of them, so that the client
/// knows what is right.
struct test_random view_random(const struct view *view);

/// Random values: often extreme ones.
uint64_t any(struct test_random *random);
void any_number(struct test_random *random, void *number, size_t bytes);
void any_bytes(struct test_random *random, void *bytes, size_t count);
void any_bools(struct test_random *random, bool *values, size_t bytes);
size_t any_length(struct test_random *random, size_t most);

/// Capabilities that are none of the machine's.
void any_caps(struct test_random *random, struct capref *caps, size_t bytes);

/// A text of at most `most` bytes with its end in `place`; sometimes none at all.
const char *any_text(struct test_random *random, char *place, size_t most);

/// Who hears the messages of a binding: its `st`.
struct ear {
    void (*heard)(struct ear *ear, const struct view *view); ///< may be NULL
    errval_t ended;                                          ///< with this error; 0: not yet
};

static inline void hear(void *st, const struct view *view)
{
    struct ear *ear = st;
    if (ear->heard != NULL)
        ear->heard(ear, view);
}

static inline void hear_end(void *st, errval_t err)
{
    struct ear *ear = st;
    CU_ASSERT_TRUE(err_is_fail(err) && err_is_ok(ear->ended));
    ear->ended = err;
}

/// Makes a random message, and sends it, but for a `binding` of NULL.
typedef errval_t send_fn(void *binding, struct test_random *random, struct view *view);

/// Calls; `out` is the answer that came, `wanted` the right one.
typedef errval_t call_fn(void *binding, struct test_random *random, struct view *in,
                         struct view *out, struct view *wanted);

struct use {
    const struct flounder_interface *interface;
    /// Sets all handlers of a binding; of rpcs those that answer when they return, or, with `later`,
    /// those that do not.
    void (*handle)(void *binding, struct ear *ear, bool later);
    send_fn *const *sends; ///< of each message, and of each rpc's call and response, in order
    call_fn *const *calls; ///< of each rpc; ended by NULL
};

extern const struct use use_numbers, use_shapes, use_texts, use_blobs, use_things, use_crowd;
extern const struct use *const uses[];
extern const unsigned uses_count;

/// The stub and the error handler of a binding.
static inline struct flounder_stub *use_stub(const struct use *use, void *binding)
{
    return (struct flounder_stub *)((char *)binding + use->interface->stub_offset);
}
