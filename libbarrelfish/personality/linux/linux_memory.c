// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Anonymous memory for the C library: each mmap is one region of the address-space manager, backed
// at once. There is no brk, so that malloc uses mmap. Regions are unmapped whole; a request to
// unmap or move a part is refused, which the C library takes as "copy instead".
#include "linux.h"
#include "mm.h"

#include "barrelfish/linux_threads.h"
#include "barrelfish/vspace_common.h"

#include <errno.h>
#include <sys/mman.h>

// The CPU driver maps nothing that cannot be read: memory that must not be touched is only safe
// from writing.
static vregion_flags_t flags_of(long prot)
{
    vregion_flags_t flags = VREGION_FLAGS_READ;
    flags |= (prot & PROT_WRITE) != 0 ? VREGION_FLAGS_WRITE : 0;
    flags |= (prot & PROT_EXEC) != 0 ? VREGION_FLAGS_EXECUTE : 0;
    return flags;
}

long linux_mmap(const long args[6])
{
    void *addr = (void *)args[0];
    size_t bytes = page_round_up((size_t)args[1]);
    if ((args[3] & MAP_ANONYMOUS) == 0) {
        return -EBADF;
    }
    if (bytes == 0 || bytes < (size_t)args[1]) {
        return -EINVAL;
    }
    vregion_flags_t flags = flags_of(args[2]);
    // Memory that is readable and writable from the start is not protected page by page later.
    bool large = args[2] == (PROT_READ | PROT_WRITE) && bytes >= LARGE_PAGE_SIZE;
    flags |= large ? VREGION_FLAGS_LARGE : 0;
    errval_t err = (args[3] & MAP_FIXED) != 0
                       ? vspace_map_anon_fixed((lvaddr_t)addr, NULL, NULL, bytes, NULL, flags)
                       : vspace_map_anon_attr(&addr, NULL, NULL, bytes, NULL, flags);
    return err_is_ok(err) ? (long)addr : -ENOMEM;
}

// The next region that overlaps [base, end), or NULL.
static struct vregion *next_region(uintptr_t base, uintptr_t end)
{
    struct vregion *region = vspace_next_region(get_current_vspace(), (const void *)base);
    return region != NULL && vregion_get_base_addr(region) < end ? region : NULL;
}

static uintptr_t region_end(const struct vregion *region)
{
    return vregion_get_base_addr(region) + vregion_get_size(region);
}

// The lock is held from the first look to the last region: between two of them another thread could
// map something of its own where one has just gone.
static long unmap_locked(uintptr_t base, uintptr_t end)
{
    struct vregion *region;
    for (uintptr_t at = base; (region = next_region(at, end)) != NULL; at = region_end(region)) {
        if (vregion_get_base_addr(region) < base || region_end(region) > end) {
            return -EINVAL;
        }
    }
    while ((region = next_region(base, end)) != NULL) {
        if (err_is_fail(vspace_unmap((const void *)vregion_get_base_addr(region)))) {
            return -ENOMEM;
        }
    }
    return 0;
}

long linux_munmap(const long args[6])
{
    uintptr_t base = (uintptr_t)args[0];
    size_t bytes = page_round_up((size_t)args[1]);
    uintptr_t end = base + bytes;
    if (base % BASE_PAGE_SIZE != 0 || bytes == 0 || end < base) {
        return -EINVAL;
    }
    if (linux_unmap_own_stack(base, bytes)) {
        return 0;
    }
    mm_enter();
    long result = unmap_locked(base, end);
    mm_leave();
    return result;
}

static long protect_locked(uintptr_t base, uintptr_t end, vregion_flags_t flags)
{
    while (base < end) {
        struct vregion *region = next_region(base, end);
        if (region == NULL || vregion_get_base_addr(region) > base) {
            return -ENOMEM;
        }
        uintptr_t part_end = region_end(region) < end ? region_end(region) : end;
        errval_t err =
            vregion_protect(region, base - vregion_get_base_addr(region), part_end - base, flags);
        if (err_is_fail(err)) {
            return -EACCES;
        }
        base = part_end;
    }
    return 0;
}

long linux_mprotect(const long args[6])
{
    uintptr_t base = (uintptr_t)args[0];
    size_t bytes = page_round_up((size_t)args[1]);
    uintptr_t end = base + bytes;
    if (base % BASE_PAGE_SIZE != 0) {
        return -EINVAL;
    }
    if (bytes < (size_t)args[1] || end < base) {
        return -ENOMEM;
    }
    mm_enter();
    long result = protect_locked(base, end, flags_of(args[2]));
    mm_leave();
    return result;
}

long linux_mremap(const long args[6])
{
    size_t old_bytes = page_round_up((size_t)args[1]);
    size_t new_bytes = page_round_up((size_t)args[2]);
    if (new_bytes == 0 || (args[3] & MREMAP_FIXED) != 0) {
        return -EINVAL;
    }
    return new_bytes <= old_bytes ? args[0] : -ENOMEM;
}

long linux_madvise(const long args[6])
{
    // All advice may be ignored but this one, whose effect programs rely on.
    return args[2] == MADV_DONTNEED ? -EINVAL : 0;
}

long linux_brk(const long args[6])
{
    (void)args;
    return 0; // no break: it is not where the caller wants it
}
