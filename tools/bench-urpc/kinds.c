// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// All kinds of channels, in the order in which they are measured.
#include "channel.h"

const struct channel_kind *const channel_kinds[] = {
    &line_kind,
    &two_lines_kind,
    &two_rows_kind,
    &urpc_copy_kind,
    &urpc_place_kind,
    &minimal_kind,
    &ck64_kind,
    &ck56_kind,
    &lines_kind,
    &urpc_batch_kind,
    &urpc_flushed_kind,
    &line_pause_kind,
    &two_lines_pause_kind,
    &two_rows_pause_kind,
    &lines_pause_kind,
    &urpc_copy_pause_kind,
    &urpc_place_pause_kind,
    &minimal_pause_kind,
    &ck64_pause_kind,
    &line_relaxed_kind,
    &two_lines_relaxed_kind,
    &two_rows_relaxed_kind,
    &urpc_relaxed_kind,
    &pipe_kind,
    &cycle_kind,
    &instruction_kind,
    &read_kind,
    &take_kind,
    &read_take_kind,
    &row_kind,
    &fenced_row_kind,
    NULL,
};
