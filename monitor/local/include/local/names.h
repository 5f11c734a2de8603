// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The name service, on core 0.

#pragma once

#include "intermon/intermon.h"

void names_init(void);
void names_handle(const struct intermon_msg *msg);
void names_handle_forget(const struct intermon_msg *msg);
void names_forget(domainid_t domain);
