// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events of binding.c made of requests.

#pragma once

#include "barrelfish/caddr.h"
#include "protocol/binding.h"

struct binding_event binding_event_of_request(domainid_t domain, const uint64_t *words,
                                              struct capref cap);
