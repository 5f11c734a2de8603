// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The parts of test_libc that are files of their own.
#pragma once

/// Threads that only compute take turns, and one that sleeps wakes among them.
void test_turns(void);

/// What Linux's system calls answer.
void test_calls(void);

/// Signals, and the ends that they and the last thread bring.
void test_signals(void);

/// In a child: comes to its end in one of the ways that test_signals() has tried.
int test_end(const char *how);
