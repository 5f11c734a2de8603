// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// DISPATCHER_CMD_INFO with what it must refuse, and frames that vanish while they are written.
#pragma once

void test_refusals(void);
void test_revoked(void);
