// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory and string functions of the CPU driver, declared in libc/string.h. GCC calls the first
// four by itself even when freestanding, so they must exist under these names. Long runs are copied
// in blocks of 64 bytes by plain moves, and filled by moves of 16 bytes: an emulator pays for each
// iteration of a string instruction, byte by byte, and clearing memory is much of what starting a
// core or a domain costs. The rest is string instructions, which rely on the direction flag being clear, as everything else in
// the kernel does (System V ABI, 3.2.1; the entry stubs clear it). The search for a NUL is one too,
// because GCC may turn a C loop that looks like strlen into a call of strlen.
#include "lib/string.h"
#include <stdint.h>

#define BLOCK_WORDS 8u
#define FILL_BYTES 1024u

/// A word that may lie at any address and alias anything.
typedef uint64_t word __attribute__((may_alias, aligned(1)));

/// Copies upwards. Each block is read before it is written, and neither pointer is `restrict`, so
/// that a source which overlaps dest from above is copied right.
static void copy_upwards(void *dest, const void *src, size_t bytes)
{
    word *to = dest;
    const word *from = src;
    for (; bytes >= BLOCK_WORDS * 8; bytes -= BLOCK_WORDS * 8) {
        word a = from[0], b = from[1], c = from[2], d = from[3];
        word e = from[4], f = from[5], g = from[6], h = from[7];
        to[0] = a, to[1] = b, to[2] = c, to[3] = d;
        to[4] = e, to[5] = f, to[6] = g, to[7] = h;
        from += BLOCK_WORDS;
        to += BLOCK_WORDS;
    }
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

void *memcpy(void *restrict dest, const void *restrict src, size_t bytes)
{
    copy_upwards(dest, src, bytes);
    return dest;
}

void *memmove(void *dest, const void *src, size_t bytes)
{
    // Unsigned distance: below `bytes` only where dest lies inside the source, where a forward
    // copy would overwrite what it has not read yet.
    if ((uintptr_t)dest - (uintptr_t)src >= bytes) {
        copy_upwards(dest, src, bytes);
        return dest;
    }
    if (bytes == 0)
        return dest;
    void *to = (char *)dest + bytes - 1;
    const void *from = (const char *)src + bytes - 1;
    __asm__ volatile("std; rep movsb; cld" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory", "cc");
    return dest;
}

/// Fills blocks of FILL_BYTES with a word; returns what is behind them. What is in a vector register
/// is the running domain's, so the one that this needs gets its content back.
static void *fill_blocks(void *to, uint64_t value, size_t blocks)
{
    uint64_t kept[2];
    __asm__ volatile("movups %%xmm0, %[kept]\n\t"
                     "movq %[value], %%xmm0\n\t"
                     "punpcklqdq %%xmm0, %%xmm0\n"
                     "0:\n\t"
                     ".set fill_offset, 0\n\t"
                     ".rept %c[stores]\n\t"
                     "movups %%xmm0, fill_offset(%[to])\n\t"
                     ".set fill_offset, fill_offset + 16\n\t"
                     ".endr\n\t"
                     "add $%c[bytes], %[to]\n\t"
                     "dec %[blocks]\n\t"
                     "jnz 0b\n\t"
                     "movups %[kept], %%xmm0"
                     : [to] "+&r"(to), [blocks] "+&r"(blocks), [kept] "=m"(kept)
                     : [value] "r"(value), [stores] "i"(FILL_BYTES / 16), [bytes] "i"(FILL_BYTES)
                     : "memory", "cc");
    return to;
}

void *memset(void *dest, int byte, size_t bytes)
{
    void *to = dest;
    uint64_t value = (unsigned char)byte * 0x0101010101010101u;
    if (bytes >= FILL_BYTES)
        to = fill_blocks(to, value, bytes / FILL_BYTES);
    size_t words = bytes % FILL_BYTES / 8;
    bytes %= 8;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(value) : "memory");
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
    return dest;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *x = a;
    const unsigned char *y = b;
    for (size_t i = 0; i < bytes; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t strnlen(const char *text, size_t max_bytes)
{
    size_t bytes = 0;
    while (bytes < max_bytes && text[bytes] != '\0')
        bytes++;
    return bytes;
}

size_t strlen(const char *text)
{
    const char *end = text;
    size_t left = SIZE_MAX;
    __asm__ volatile("repne scasb" : "+D"(end), "+c"(left) : "a"(0) : "memory", "cc");
    return (size_t)(end - text) - 1;
}

int strncmp(const char *a, const char *b, size_t max_bytes)
{
    for (size_t i = 0; i < max_bytes; i++) {
        unsigned char x = (unsigned char)a[i];
        unsigned char y = (unsigned char)b[i];
        if (x != y)
            return x - y;
        if (x == '\0')
            return 0;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}
