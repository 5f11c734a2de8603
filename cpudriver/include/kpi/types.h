// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Scalar types that the CPU driver and user space agree on. Names are Barrelfish's.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t errval_t;   ///< 0 is success; see kpi/errors.h
typedef uint16_t coreid_t;   ///< dense core number, 0 is the boot core
typedef uint32_t domainid_t; ///< (core << 16) | number on that core
typedef uint64_t lpaddr_t;   ///< physical address as this core sees it
typedef uint64_t genpaddr_t; ///< physical address
typedef uint64_t gensize_t;  ///< size in bytes of physical memory
typedef uint64_t lvaddr_t;   ///< virtual address on this core
typedef uint64_t genvaddr_t; ///< virtual address of any domain
typedef uint32_t capaddr_t;  ///< capability address: L1 index * 256 + L2 index
typedef uint32_t cslot_t;    ///< slot number within a CNode
typedef uint64_t cycles_t;   ///< ticks of the time-stamp counter
typedef uint64_t systime_t;  ///< ticks of the time-stamp counter since the machine was reset
typedef uint64_t delayus_t;  ///< a delay in microseconds
typedef uint64_t iref_t;     ///< reference of an exported interface; 0 is none

#define BASE_PAGE_BITS 12
#define BASE_PAGE_SIZE (1UL << BASE_PAGE_BITS)
#define LARGE_PAGE_BITS 21
#define LARGE_PAGE_SIZE (1UL << LARGE_PAGE_BITS)
#define HUGE_PAGE_BITS 30
#define HUGE_PAGE_SIZE (1UL << HUGE_PAGE_BITS)

/// Bytes of the whole pages that hold so many bytes; 0 if that needs more than 64 bits.
static inline uint64_t page_round_up(uint64_t bytes)
{
    return (bytes + BASE_PAGE_SIZE - 1) & ~(BASE_PAGE_SIZE - 1);
}

/// First virtual address that a domain cannot map: the lower half less its last page, so that no
/// return address of a SYSCALL can ever be non-canonical (Intel SDM vol. 2, SYSRET).
#define USER_VADDR_TOP 0x00007ffffffff000UL
