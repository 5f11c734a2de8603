// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The part of "lib/string.h" that the CPU driver has. Its folder is on the include path of the CPU
// driver alone: the same sources, built for a host test, find the C library's "lib/string.h", so
// they say `#include "lib/string.h"` everywhere. Nothing here copies unbounded strings.
#pragma once

#include <stddef.h>

/// As in ISO C (7.24); none of them touches floating-point or vector registers.
void *memcpy(void *restrict dest, const void *restrict src, size_t bytes);
void *memmove(void *dest, const void *src, size_t bytes);
void *memset(void *dest, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t max_bytes);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max_bytes);
