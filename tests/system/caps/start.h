// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What an ordinary domain holds when it starts: the child's side of a case of test_caps.
#pragma once

/// Compares each capability that this domain holds with the table of what it may hold, tries what
/// these must not allow, and returns the exit status, 0 if all was as it should be.
int start_check(void);
