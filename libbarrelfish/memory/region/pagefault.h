// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What fault.c asks the address-space manager. Private to the library.
#pragma once

#include "barrelfish/except.h"

/// Let the memory object at an address answer a page fault of the calling thread, which is not in
/// an operation of memory management (mm.h). Enabled; may block. SYS_ERR_OK: try the access again.
/// LIB_ERR_VREGION_NOT_FOUND: no region there; LIB_ERR_PAGEFAULT: its flags or its object do not
/// allow the access; else what the object ran into.
errval_t vspace_pagefault(genvaddr_t address, enum pagefault_exception_type type);
