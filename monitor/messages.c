// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who handles which message of another monitor, or of this one. What a message has to be intermon.if
// says; what it means here its handler checks.

#include "operations.h"

#include "capops/cap_transfer.h"
#include "cores/cores.h"
#include "exec/exec.h"
#include "local/local.h"

static const struct intermon_handlers handlers = {
    .hello = start_handle_hello,
    .up = cores_handle,
    .report = cores_handle,
    .cores = cores_handle,
    .connect = connect_handle,
    .connected = connect_handle,
    .switched = connect_handle,
    .bind_probe = bind_handle,
    .bind_probed = bind_handle,
    .bind = bind_handle,
    .bind_reply = bind_handle,
    .gone = bind_handle,
    .relay = bind_handle,
    .connection_cap = bind_handle,
    .caps_taken = bind_handle,
    .cap_ack = cap_transfer_handle_ack,
    .cap_released = cap_transfer_handle_released,
    .reply = tokens_handle_reply,
    .name = names_handle,
    .name_forget = names_handle_forget,
    .core_status = cores_handle_status,
    .stat = cores_handle_stat,
};

void messages_handle(const struct intermon_header *header, const struct intermon_message *message)
{
    if (!cap_transfer_pass(header, message) && !intermon_dispatch(&handlers, header, message))
        intermon_complain("nobody's", header, message);
}
