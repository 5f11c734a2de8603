// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events of the CPU driver in words. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define EVENT_NAME_BYTES 64u

/// Writes what an event was (KERNEL_EVENT_ in kpi/syscalls.h), cut if need be.
void event_name(uint64_t what, char *name, size_t bytes);
