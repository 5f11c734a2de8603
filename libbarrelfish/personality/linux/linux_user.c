// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Arguments that point into the program's memory: asked for before they are used, so that a wrong
// one is EFAULT and not a fault of the library's. What another thread unmaps meanwhile is its own
// doing.
#include "linux.h"

#include "dispatch/dispatcher.h"

#include <errno.h>

static uintptr_t page_of(uintptr_t address)
{
    return address / BASE_PAGE_SIZE * BASE_PAGE_SIZE;
}

size_t linux_readable(const void *from, size_t bytes)
{
    uintptr_t at = (uintptr_t)from;
    size_t known = 0;
    while (known < bytes && at + known >= at && context_can_read((const void *)(at + known)))
        known = page_of(at + known) + BASE_PAGE_SIZE - at;
    return known < bytes ? known : bytes;
}

bool linux_can_read(const void *from, size_t bytes)
{
    return linux_readable(from, bytes) == bytes;
}

bool linux_can_write(void *to, size_t bytes)
{
    uintptr_t at = (uintptr_t)to;
    size_t known = 0;
    while (known < bytes && at + known >= at && context_can_write((void *)(at + known)))
        known = page_of(at + known) + BASE_PAGE_SIZE - at;
    return known >= bytes;
}

long linux_path(const void *path)
{
    return linux_can_read(path, 1) ? -ENOENT : -EFAULT;
}
