// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How two sides come to know that they speak the same interface. The client says first which messages
// it knows: how many, and a digest of their signatures. A server whose first messages are these
// welcomes it; any other one tells its own signatures, so that the client can say where the two
// differ, and refuses.
// Circle: what is said here is sent and received like other messages, and may end the binding.
#include "stub.h"

#include "barrelfish/debug.h"
#include "barrelfish/err.h"

#include <stdlib.h>

static uint64_t digest_step(uint64_t digest, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++)
        digest = (digest ^ (word >> 8 * i & 0xff)) * 0x100000001b3;
    return digest;
}

/// Of the first `count` signatures.
static uint64_t digest_of(const struct flounder_interface *interface, unsigned count)
{
    uint64_t digest = 0xcbf29ce484222325;
    for (unsigned i = 0; i < count; i++)
        digest = digest_step(digest, interface->messages[i].digest);
    return digest;
}

static uint64_t digest_of_name(const char *name)
{
    uint64_t digest = 0xcbf29ce484222325;
    for (; *name != '\0'; name++)
        digest = digest_step(digest, (unsigned char)*name);
    return digest;
}

/// The binding is open, or has failed to become so.
void flounder_conclude(struct flounder_stub *stub, errval_t err)
{
    struct flounder_bind bind = *stub->bind;
    flounder_bind_free(stub);
    if (bind.result != NULL)
        *bind.result = err;
    if (bind.cont != NULL)
        bind.cont(bind.st, err, err_is_ok(err) ? flounder_binding_of(stub) : NULL);
}

static void open(struct flounder_stub *stub)
{
    stub->state = FLOUNDER_OPEN;
    stub->ready = stub->pending_count == 0; // F8
    flounder_conclude(stub, SYS_ERR_OK);
}

void flounder_bind_ended(struct flounder_stub *stub, errval_t err)
{
    bool blocking = stub->bind->result != NULL;
    flounder_conclude(stub, err);
    if (!stub->server && !blocking)
        flounder_close(stub);
}

errval_t flounder_say_hello(struct flounder_stub *stub)
{
    const struct flounder_interface *interface = stub->interface;
    struct flounder_line line = {.words = {interface->count, digest_of(interface, interface->count),
                                           digest_of_name(interface->name)}};
    return stub->over_lmp ? stub->over_lmp->hello(stub, &line)
                          : flounder_send_own(stub, FLOUNDER_HELLO, 0, &line);
}

static errval_t refuse(struct flounder_stub *stub, errval_t err)
{
    struct flounder_line line = {.words = {err}};
    stub->bind->refuses = false;
    stub->bind->refused = true;
    return flounder_send_own(stub, FLOUNDER_REFUSE, 0, &line);
}

errval_t flounder_refuse(struct flounder_stub *stub)
{
    struct flounder_bind *bind = stub->bind;
    if (bind == NULL || !bind->refuses)
        return SYS_ERR_OK;
    const struct flounder_interface *interface = stub->interface;
    errval_t err = SYS_ERR_OK;
    while (err_is_ok(err) && bind->next < interface->count && stub->pending_count == 0)
        err = flounder_send_text(stub, FLOUNDER_SIGNATURE,
                                 interface->messages[bind->next++].signature);
    if (err_is_fail(err))
        bind->next = interface->count; // there is no memory: that it is refused has to be enough
    if (bind->refuses && bind->next == interface->count && stub->pending_count == 0)
        return refuse(stub, FLOUNDER_ERR_VERSION);
    return SYS_ERR_OK;
}

/// A client that speaks what the server does is welcome, unless the server's program refuses it.
static errval_t hear_hello(struct flounder_stub *stub, const uint64_t words[FLOUNDER_LINE_WORDS])
{
    const struct flounder_interface *interface = stub->interface;
    struct flounder_bind *bind = stub->bind;
    if (bind == NULL || !stub->server || bind->refuses || bind->refused)
        return FLOUNDER_ERR_INVALID_STATE;
    if (words[2] != digest_of_name(interface->name))
        return refuse(stub, FLOUNDER_ERR_INTERFACE);
    if (words[0] > interface->count || words[1] != digest_of(interface, (unsigned)words[0])) {
        bind->refuses = true;
        return flounder_refuse(stub);
    }
    errval_t err = bind->connect_cb != NULL ? bind->connect_cb(bind->st, flounder_binding_of(stub))
                                            : SYS_ERR_OK;
    if (err_is_fail(err))
        return refuse(stub, err);
    struct flounder_line welcome = {.words = {interface->count}};
    err = flounder_send_own(stub, FLOUNDER_WELCOME, 0, &welcome);
    open(stub);
    return err;
}

/// Tells once where the server's messages differ from this program's.
static void tell_difference(struct flounder_stub *stub, const char *theirs)
{
    const struct flounder_interface *interface = stub->interface;
    struct flounder_bind *bind = stub->bind;
    const char *own =
        bind->next < interface->count ? interface->messages[bind->next].signature : NULL;
    if (!bind->differs && own != NULL &&
        (theirs == NULL || strncmp(own, theirs, FLOUNDER_TEXT_MOST) != 0)) {
        bind->differs = true;
        debug_printf("interface %s, message %u: this program has '%s', the server %s%s%s\n",
                     interface->name, bind->next + 1, own, theirs != NULL ? "'" : "",
                     theirs != NULL ? theirs : "has no such message", theirs != NULL ? "'" : "");
    }
    bind->next++;
}

errval_t flounder_signature(struct flounder_stub *stub, struct flounder_in *row)
{
    char text[FLOUNDER_SIGNATURE_BYTES];
    const char *theirs = flounder_get_text(row, text, sizeof(text));
    if (theirs == NULL || !flounder_complete(row))
        return FLOUNDER_ERR_RX_INVALID;
    if (stub->server || stub->bind == NULL)
        return FLOUNDER_ERR_INVALID_STATE;
    tell_difference(stub, theirs);
    return SYS_ERR_OK;
}

static errval_t hear_refusal(struct flounder_stub *stub, errval_t err)
{
    if (stub->server || stub->bind == NULL)
        return FLOUNDER_ERR_INVALID_STATE;
    if (err_no(err) == FLOUNDER_ERR_VERSION)
        tell_difference(stub, NULL);
    return err_push(err, LIB_ERR_BIND_REFUSED);
}

errval_t flounder_control_line(struct flounder_stub *stub, unsigned ctrl,
                               const uint64_t words[FLOUNDER_LINE_WORDS])
{
    switch (ctrl & 0xff) {
    case FLOUNDER_HELLO:
        return hear_hello(stub, words);
    case FLOUNDER_WELCOME:
        if (stub->server || stub->bind == NULL)
            return FLOUNDER_ERR_INVALID_STATE;
        open(stub);
        return SYS_ERR_OK;
    case FLOUNDER_REFUSE:
        return hear_refusal(stub, words[0]);
    case FLOUNDER_ERROR:
        return flounder_call_failed(stub, ctrl >> 8 & 0x7f, words[0]);
    default:
        return FLOUNDER_ERR_RX_INVALID_MSGNUM;
    }
}
