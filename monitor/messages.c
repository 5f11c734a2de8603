// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What to do with a message from another monitor: one table of operations with the number of words
// that each must have. The words are checked by the handlers.

#include "operations.h"

#include "barrelfish/barrelfish.h"
#include "capops/cap_transfer.h"
#include "cores/cores.h"
#include "exec/exec.h"
#include "local/local.h"

struct operation {
    void (*handle)(const struct intermon_msg *msg);
    void (*handle_from)(const struct intermon_msg *msg, coreid_t from); ///< of a neighbour
    uint8_t count;
};

static const struct operation operations[IM_OPS_COUNT] = {
    [IM_HELLO] = {NULL, start_handle_hello, 4},
    [IM_UP] = {NULL, cores_handle_up, 5},
    [IM_REPORT] = {cores_handle_report, NULL, 3},
    [IM_CORES] = {NULL, cores_handle_map, 5},
    [IM_CONNECT] = {connect_handle, NULL, 9},
    [IM_CONNECTED] = {connect_handle, NULL, 8},
    [IM_SWITCH] = {connect_handle, NULL, 0},
    [IM_BIND_PROBE] = {bind_handle, NULL, 3},
    [IM_BIND_PROBED] = {bind_handle, NULL, 3},
    [IM_BIND] = {bind_handle, NULL, 13},
    [IM_BIND_REPLY] = {bind_handle, NULL, 10},
    [IM_GONE] = {bind_handle, NULL, 2},
    [IM_RELAY] = {bind_handle, NULL, 2},
    [IM_CAP_ACK] = {cap_transfer_handle_ack, NULL, 5},
    [IM_CAP_RELEASED] = {cap_transfer_handle_released, NULL, 5},
    [IM_REPLY] = {tokens_handle_reply, NULL, 5},
    [IM_NAME_REGISTER] = {names_handle, NULL, 9},
    [IM_NAME_UNREGISTER] = {names_handle, NULL, 9},
    [IM_NAME_LOOKUP] = {names_handle, NULL, 9},
    [IM_NAME_FORGET] = {names_handle_forget, NULL, 2},
    [IM_CORE_STATUS] = {cores_handle_status, NULL, 2},
    [IM_STAT] = {cores_handle_stat, NULL, 2},
};

void messages_handle(const struct intermon_msg *msg, coreid_t from)
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
