// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The parts of test_libc that are files of their own.
#pragma once

/// Threads that only compute take turns, and one that sleeps wakes among them.
void test_turns(void);
