// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the stubs' library share (flounder/flounder.h).
#pragma once

#include "flounder/flounder.h"

/// Numbers of the stubs' own messages; all but the last are whole.
enum {
    FLOUNDER_HELLO = 251,     ///< messages, digest of all of them, digest of the name
    FLOUNDER_WELCOME = 252,   ///< the server's messages
    FLOUNDER_REFUSE = 253,    ///< an error; ends the binding
    FLOUNDER_ERROR = 254,     ///< an error in place of the answer to a call
    FLOUNDER_SIGNATURE = 255, ///< a text: the server's next signature, before it refuses
};

#define FLOUNDER_SIGNATURE_BYTES 4096u
#define FLOUNDER_TEXT_MOST (FLOUNDER_SIGNATURE_BYTES - 5) ///< letters; more are left out

/// flounder_assemble.c: pure. Takes a line; *number is 0 while a message is under way. Errors:
/// FLOUNDER_ERR_RX_*, LIB_ERR_MALLOC_FAIL.
errval_t flounder_assemble(struct flounder_assembly *assembly,
                           const struct flounder_interface *interface, unsigned ctrl,
                           const uint64_t words[FLOUNDER_LINE_WORDS], unsigned *number,
                           struct flounder_in *row);

/// flounder_send.c: sends what waits as far as there is room, and has the rest sent from an event.
void flounder_pump(struct flounder_stub *stub);
errval_t flounder_send_own(struct flounder_stub *stub, unsigned number, unsigned call,
                           const struct flounder_line *line);

/// A long text is cut.
errval_t flounder_send_text(struct flounder_stub *stub, unsigned number, const char *text);

/// flounder_receive.c: F6. Whoever receives has no event registered; flounder_release() registers it,
/// or lets a thread receive that waits for an answer.
bool flounder_acquire(struct flounder_stub *stub, bool *nested);
void flounder_release(struct flounder_stub *stub, bool nested);
void flounder_receive(struct flounder_stub *stub);
/// Registers the event, unless somebody receives, or a server waits for room.
void flounder_listen(struct flounder_stub *stub);
/// Waits for a line, or for room if something waits to be sent. LIB_ERR_TIMEOUT.
errval_t flounder_wait(struct flounder_stub *stub, systime_t deadline);
/// Ends a binding: all calls with `err`, then its user is told.
void flounder_end(struct flounder_stub *stub, errval_t err);

/// flounder_call.c
void flounder_calls_end(struct flounder_stub *stub, errval_t err);
errval_t flounder_call_failed(struct flounder_stub *stub, unsigned call, errval_t err);

/// What a binding needs until it is open: who connects says so, a server whom to ask, and who binds
/// what to tell.
struct flounder_bind {
    bool connects;
    flounder_connect_fn *connect_cb;     ///< of a service; may be NULL
    flounder_bind_continuation_fn *cont; ///< may be NULL
    void *st;                            ///< of either
    errval_t *result;                    ///< of flounder_bind_blocking(); may be NULL
    bool refuses, refused, differs;
    unsigned next; ///< signature to be told, or heard
};

static inline void *flounder_binding_of(struct flounder_stub *stub)
{
    return (char *)stub - stub->interface->stub_offset;
}

/// flounder_bind.c: a binding without a channel; NULL: no memory. flounder_unmake() frees it so,
/// flounder_destroy() with its channel. flounder_greet(): there is a channel now.
struct flounder_stub *flounder_make(const struct flounder_interface *interface, struct waitset *ws,
                                    struct flounder_bind made);
void flounder_unmake(struct flounder_stub *stub);
void flounder_destroy(struct flounder_stub *stub);
LIB_MUST_CHECK errval_t flounder_greet(struct flounder_stub *stub);

/// flounder_hello.c: the client's greeting, lines of the stubs' own, a signature; the end of binding,
/// well or not.
LIB_MUST_CHECK errval_t flounder_say_hello(struct flounder_stub *stub);
errval_t flounder_control_line(struct flounder_stub *stub, unsigned ctrl,
                               const uint64_t words[FLOUNDER_LINE_WORDS]);
errval_t flounder_signature(struct flounder_stub *stub, struct flounder_in *row);
void flounder_conclude(struct flounder_stub *stub, errval_t err);
void flounder_bind_ended(struct flounder_stub *stub, errval_t err);
/// Goes on telling a client that is refused what this server speaks.
LIB_MUST_CHECK errval_t flounder_refuse(struct flounder_stub *stub);
