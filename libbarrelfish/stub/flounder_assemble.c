// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lines into messages. Pure but for malloc(): memory for long messages is kept for the next one.
#include "stub.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_BYTES (FLOUNDER_LINE_BYTES - sizeof(uint32_t)) // beside the length

static const struct flounder_message signature = {.bytes = FLOUNDER_SIGNATURE_BYTES};

static const struct flounder_message *message_of(const struct flounder_interface *interface,
                                                 unsigned number)
{
    if (number == FLOUNDER_SIGNATURE)
        return &signature;
    return number == 0 || number > interface->count ? NULL : &interface->messages[number - 1];
}

static errval_t reserve(struct flounder_assembly *assembly, size_t bytes)
{
    if (bytes <= assembly->room)
        return SYS_ERR_OK;
    uint8_t *memory = realloc(assembly->bytes, bytes);
    if (memory == NULL)
        return LIB_ERR_MALLOC_FAIL;
    assembly->bytes = memory;
    assembly->room = bytes;
    return SYS_ERR_OK;
}

static errval_t begin(struct flounder_assembly *assembly, const struct flounder_message *message,
                      unsigned ctrl, const uint64_t words[FLOUNDER_LINE_WORDS])
{
    uint32_t total;
    memcpy(&total, words, sizeof(total));
    unsigned caps = total >> FLOUNDER_UMP_CAPS_SHIFT;
    total &= (1u << FLOUNDER_UMP_CAPS_SHIFT) - 1;
    bool is_whole = total <= FLOUNDER_LINE_BYTES && caps == 0 && assembly->caps_due <= 1;
    if (is_whole || total > message->bytes || (message->fixed && total != message->bytes) ||
        caps > message->caps)
        return FLOUNDER_ERR_RX_INVALID_LENGTH;
    errval_t err = reserve(assembly, total);
    if (err_is_fail(err))
        return err;
    size_t bytes = total < FIRST_BYTES ? total : FIRST_BYTES;
    memcpy(assembly->bytes, (const uint8_t *)words + sizeof(total), bytes);
    assembly->number = ctrl & 0xff;
    assembly->call = ctrl >> 8;
    assembly->total = total;
    assembly->at = bytes;
    assembly->line = 1;
    assembly->caps_due = caps != 0 ? caps : assembly->caps_due;
    return SYS_ERR_OK;
}

static errval_t go_on(struct flounder_assembly *assembly, unsigned ctrl,
                      const uint64_t words[FLOUNDER_LINE_WORDS])
{
    bool more = assembly->at < assembly->total || assembly->line < assembly->caps_due;
    if (ctrl != FLOUNDER_CTRL(0, assembly->line % 128) || !more)
        return FLOUNDER_ERR_RX_FRAGMENT;
    size_t bytes = assembly->total - assembly->at;
    bytes = bytes < FLOUNDER_LINE_BYTES ? bytes : FLOUNDER_LINE_BYTES;
    memcpy(assembly->bytes + assembly->at, words, bytes);
    assembly->at += bytes;
    assembly->line++;
    return SYS_ERR_OK;
}

/// Whether a message's lines and capabilities have all come.
static bool is_complete(const struct flounder_assembly *assembly)
{
    return assembly->at == assembly->total && assembly->caps_count >= assembly->caps_due;
}

void flounder_assembled(struct flounder_assembly *assembly, unsigned *number,
                        struct flounder_in *row)
{
    assert(is_complete(assembly)); // F10
    *number = assembly->number;
    *row = (struct flounder_in){
        .bytes = assembly->bytes, .end = assembly->total, .call = assembly->call};
    assembly->total = assembly->caps_due = 0;
}

errval_t flounder_assemble(struct flounder_assembly *assembly,
                           const struct flounder_interface *interface, unsigned ctrl,
                           const uint64_t words[FLOUNDER_LINE_WORDS], unsigned *number,
                           struct flounder_in *row)
{
    errval_t err;
    *number = 0;
    if (assembly->total != 0) { // F4
        err = go_on(assembly, ctrl, words);
    } else {
        const struct flounder_message *message = message_of(interface, ctrl & 0xff);
        if (message == NULL)
            return FLOUNDER_ERR_RX_INVALID_MSGNUM;
        if ((ctrl & FLOUNDER_WHOLE) != 0) {
            *number = ctrl & 0xff;
            *row = (struct flounder_in)FLOUNDER_IN_LINE(NULL, ctrl, words);
            return SYS_ERR_OK;
        }
        err = begin(assembly, message, ctrl, words);
    }
    if (err_is_ok(err) && is_complete(assembly))
        flounder_assembled(assembly, number, row);
    return err;
}
