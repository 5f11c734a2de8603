// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What to do with a message from another monitor: one table of operations with the number of words
// that each must have. The words are checked by the handlers.

#include "monitor.h"

#include <string.h>

static void handle_stat(const struct intermon_msg *msg)
{
    uint64_t value = 0;
    errval_t err = msg->words[1] < KERNEL_STAT_COUNT
                       ? invoke_kernel_stat(cap_kernel, (enum kernel_stat)msg->words[1], &value)
                       : SYS_ERR_ARGS;
    request_answer(msg, err, value, 0, 0);
}

/// The starter's first message: answered with "up" now that this core serves.
static void handle_hello(const struct intermon_msg *msg, coreid_t from)
{
    struct capability notify;
    uint64_t start_tsc = 0;
    if (monitor.core == 0 || from != monitor.tree.parent[monitor.core] || msg->source != from)
        return;
    cap_transfer_get(msg->words, &notify);
    errval_t err = intermon_set_notify(from, &notify);
    if (err_is_ok(err))
        err = invoke_kernel_stat(cap_kernel, KERNEL_STAT_START_TSC, &start_tsc);
    struct intermon_msg up = intermon_msg_make(IM_UP, from, INTERMON_CAP_WORDS + 1);
    intermon_own_notify(&notify);
    cap_transfer_put(up.words, &notify);
    up.words[INTERMON_CAP_WORDS] = start_tsc;
    if (err_is_ok(err))
        err = intermon_send_direct(from, &up);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "core %u cannot report", monitor.core);
}

struct operation {
    void (*handle)(const struct intermon_msg *msg);
    void (*handle_from)(const struct intermon_msg *msg, coreid_t from); ///< of a neighbour
    uint8_t count;
};

static const struct operation operations[IM_OPS_COUNT] = {
    [IM_HELLO] = {NULL, handle_hello, 4},
    [IM_UP] = {NULL, start_handle_up, 5},
    [IM_REPORT] = {cores_handle_report, NULL, 3},
    [IM_CORES] = {NULL, cores_handle_map, 5},
    [IM_CONNECT] = {intermon_handle_connect, NULL, 9},
    [IM_CONNECTED] = {intermon_handle_connected, NULL, 8},
    [IM_SWITCH] = {intermon_handle_switch, NULL, 0},
    [IM_BIND_PROBE] = {bind_handle, NULL, 3},
    [IM_BIND_PROBED] = {bind_handle, NULL, 3},
    [IM_BIND] = {bind_handle, NULL, 13},
    [IM_BIND_REPLY] = {bind_handle, NULL, 10},
    [IM_GONE] = {bind_handle, NULL, 2},
    [IM_RELAY] = {bind_handle, NULL, 2},
    [IM_CAP_ACK] = {cap_transfer_handle_ack, NULL, 5},
    [IM_CAP_RELEASED] = {cap_transfer_handle_released, NULL, 5},
    [IM_REPLY] = {request_handle_reply, NULL, 5},
    [IM_NAME_REGISTER] = {names_handle, NULL, 9},
    [IM_NAME_UNREGISTER] = {names_handle, NULL, 9},
    [IM_NAME_LOOKUP] = {names_handle, NULL, 9},
    [IM_NAME_FORGET] = {names_handle_forget, NULL, 2},
    [IM_CORE_STATUS] = {cores_handle_status, NULL, 2},
    [IM_STAT] = {handle_stat, NULL, 2},
};

void intermon_handle(const struct intermon_msg *msg, coreid_t from)
{
    const struct operation *op = msg->op < IM_OPS_COUNT ? &operations[msg->op] : &operations[0];
    if ((op->handle == NULL && op->handle_from == NULL) || msg->count != op->count) {
        debug_printf("malformed message %u from core %u\n", msg->op, msg->source);
        return;
    }
    if (cap_transfer_pass(msg))
        return;
    if (op->handle != NULL)
        op->handle(msg);
    else
        op->handle_from(msg, from);
}
