// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests to the memory server that bring no capability back. Private to the library.
#pragma once

#include "barrelfish/lmp_rpc.h"

/// One request (if/mem_serv.h), with a copy of `send` if it is not NULL_CAP; words are replaced by
/// those of the reply. LIB_ERR_NOT_IMPLEMENTED: this domain uses no memory server.
LIB_MUST_CHECK errval_t ram_server_call(uint64_t words[LMP_MSG_LENGTH], struct capref send);
