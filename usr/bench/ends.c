// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of both kinds as all measurements use them: a receiver polls briefly and then blocks, as any
// program's would.
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check(errval_t err, const char *what)
{
    if (err_is_fail(err)) {
        printf("bench: %s: %s\n", what, err_getstring(err));
        exit(EXIT_FAILURE);
    }
}

void message_send(struct ump_chan *chan, uint64_t number, uint64_t second, uint64_t third)
{
    const uint64_t payload[UMP_PAYLOAD_WORDS] = {number, second, third};
    check(ump_chan_send_blocking(chan, payload, 0), "sending a message");
}

void message_receive(struct ump_chan *chan, struct note *note)
{
    volatile struct ump_message *message;
    check(ump_chan_recv_blocking(chan, &message), "receiving a message");
    *note = (struct note){message->data[0], message->data[1], message->data[2]};
}

void lmp_end_send(const struct lmp_end *end, const uint64_t payload[LMP_MSG_LENGTH])
{
    errval_t err;
    do {
        err = sys_lmp_send(get_cap_caddr(end->remote), LMP_FLAG_YIELD, 0, LMP_MSG_LENGTH, payload);
    } while (lmp_err_is_transient(err) && err_is_ok(sys_yield(get_cap_caddr(end->remote))));
    check(err, "sending over LMP");
}

void lmp_end_receive(const struct lmp_end *end, uint64_t payload[LMP_MSG_LENGTH])
{
    static struct waitset waitset = WAITSET_INITIALIZER;
    struct lmp_recv_msg message = LMP_RECV_MSG_INIT;
    while (!lmp_endpoint_can_recv(end->ep)) {
        check(lmp_endpoint_register(end->ep, &waitset, NOP_CLOSURE), "waiting for a message");
        check(event_dispatch(&waitset), "waiting for a message");
    }
    check(lmp_endpoint_recv(end->ep, &message.buf, NULL), "receiving over LMP");
    memcpy(payload, message.words, sizeof(message.words));
}
