// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Anonymous memory for the C library: each mmap is one region of the address-space manager, backed
// at once. There is no brk, so that malloc uses mmap. Regions are unmapped whole; a request to
// unmap a part or to grow is refused with ENOMEM, which the C library takes as "copy instead".
#include "cspace/mm.h"
#include "linux.h"

#include "barrelfish/linux_threads.h"
#include "barrelfish/vspace_common.h"
#include "dispatch/dispatcher.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/// The CPU driver maps nothing that cannot be read: memory that must not be touched is only safe
/// from writing.
static vregion_flags_t flags_of(long prot)
{
    vregion_flags_t flags = VREGION_FLAGS_READ;
    flags |= (prot & PROT_WRITE) != 0 ? VREGION_FLAGS_WRITE : 0;
    flags |= (prot & PROT_EXEC) != 0 ? VREGION_FLAGS_EXECUTE : 0;
    return flags;
}

/// The next region that overlaps [base, end), or NULL.
static struct vregion *next_region(uintptr_t base, uintptr_t end)
{
    struct vregion *region = vspace_next_region(get_current_vspace(), (const void *)base);
    return region != NULL && vregion_get_base_addr(region) < end ? region : NULL;
}

static uintptr_t region_end(const struct vregion *region)
{
    return vregion_get_base_addr(region) + vregion_get_size(region);
}

/// The lock is held from the first look to the last region: between two of them another thread
/// could map something of its own where one has just gone.
static long unmap_locked(uintptr_t base, uintptr_t end)
{
    struct vregion *region;
    for (uintptr_t at = base; (region = next_region(at, end)) != NULL; at = region_end(region))
        if (vregion_get_base_addr(region) < base || region_end(region) > end)
            return -ENOMEM; // as if there were too many mappings
    while ((region = next_region(base, end)) != NULL)
        if (err_is_fail(vspace_unmap((const void *)vregion_get_base_addr(region))))
            return -ENOMEM;
    return 0;
}

static errval_t map(void **addr, size_t bytes, long prot, bool fixed)
{
    vregion_flags_t flags = flags_of(prot);
    // Memory that is readable and writable from the start is not protected page by page later.
    bool large = prot == (PROT_READ | PROT_WRITE) && bytes >= LARGE_PAGE_SIZE;
    flags |= large ? VREGION_FLAGS_LARGE : 0;
    return fixed ? vspace_map_anon_fixed((lvaddr_t)*addr, NULL, NULL, bytes, NULL, flags)
                 : vspace_map_anon_attr(addr, NULL, NULL, bytes, NULL, flags);
}

/// Where the caller wants it: what is there goes first, unless that was not to be.
static long map_fixed(void *addr, size_t bytes, long prot, bool replace)
{
    uintptr_t base = (uintptr_t)addr, end = base + bytes;
    if (base == 0 || base % BASE_PAGE_SIZE != 0 || end < base)
        return -EINVAL;
    mm_enter();
    long result = !replace && next_region(base, end) != NULL ? -EEXIST : unmap_locked(base, end);
    if (result == 0 && err_is_fail(map(&addr, bytes, prot, true)))
        result = -ENOMEM;
    mm_leave();
    return result == 0 ? (long)addr : result;
}

long linux_mmap(const long args[6])
{
    void *addr = (void *)args[0];
    size_t bytes = page_round_up((size_t)args[1]);
    long type = args[3] & MAP_TYPE;
    if (bytes == 0 || (type != MAP_PRIVATE && type != MAP_SHARED) ||
        (args[2] & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0)
        return -EINVAL;
    if ((args[3] & MAP_ANONYMOUS) == 0)
        return linux_stream_of((int)args[4]) != LINUX_CLOSED ? -ENODEV : -EBADF;
    if ((args[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0)
        return map_fixed(addr, bytes, args[2], (args[3] & MAP_FIXED_NOREPLACE) == 0);
    return err_is_ok(map(&addr, bytes, args[2], false)) ? (long)addr : -ENOMEM;
}

long linux_munmap(const long args[6])
{
    uintptr_t base = (uintptr_t)args[0];
    size_t bytes = page_round_up((size_t)args[1]);
    uintptr_t end = base + bytes;
    if (base % BASE_PAGE_SIZE != 0 || bytes == 0 || end < base)
        return -EINVAL;
    long own = linux_unmap_own_stack(base, bytes);
    if (own != 0)
        return own;
    mm_enter();
    long result = unmap_locked(base, end);
    mm_leave();
    return result;
}

static long protect_locked(uintptr_t base, uintptr_t end, vregion_flags_t flags)
{
    while (base < end) {
        struct vregion *region = next_region(base, end);
        if (region == NULL || vregion_get_base_addr(region) > base)
            return -ENOMEM;
        uintptr_t part_end = region_end(region) < end ? region_end(region) : end;
        errval_t err =
            vregion_protect(region, base - vregion_get_base_addr(region), part_end - base, flags);
        if (err_is_fail(err))
            return -EACCES;
        base = part_end;
    }
    return 0;
}

long linux_mprotect(const long args[6])
{
    uintptr_t base = (uintptr_t)args[0];
    size_t bytes = page_round_up((size_t)args[1]);
    uintptr_t end = base + bytes;
    if (base % BASE_PAGE_SIZE != 0 || (args[2] & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0)
        return -EINVAL;
    if (bytes < (size_t)args[1] || end < base)
        return -ENOMEM;
    mm_enter();
    long result = protect_locked(base, end, flags_of(args[2]));
    mm_leave();
    return result;
}

/// Whether all of it is there: in regions, or by the spawner's doing.
static bool mapped(uintptr_t base, uintptr_t end)
{
    bool all = base <= end;
    mm_enter();
    while (all && base < end) {
        const struct vregion *region = next_region(base, end);
        if (region != NULL && vregion_get_base_addr(region) <= base) {
            base = region_end(region);
        } else {
            all = context_can_read((const void *)base);
            base += BASE_PAGE_SIZE;
        }
    }
    mm_leave();
    return all;
}

/// Checks a range that begins with a page: -EINVAL, -ENOMEM: not all of it is there.
static long check_range(long addr, long length)
{
    uintptr_t base = (uintptr_t)addr;
    size_t bytes = page_round_up((size_t)length);
    if (base % BASE_PAGE_SIZE != 0)
        return -EINVAL;
    return bytes >= (size_t)length && mapped(base, base + bytes) ? 0 : -ENOMEM;
}

/// Nothing is moved and nothing grows in its place. The C library looks for the end of the main
/// thread's stack with this: where nothing is mapped the answer is another.
long linux_mremap(const long args[6])
{
    size_t old_bytes = page_round_up((size_t)args[1]);
    size_t new_bytes = page_round_up((size_t)args[2]);
    if (old_bytes == 0 || new_bytes == 0 || (args[3] & ~(long)MREMAP_MAYMOVE) != 0)
        return -EINVAL;
    long result = check_range(args[0], args[1]);
    if (result != 0)
        return result == -ENOMEM ? -EFAULT : result;
    return new_bytes <= old_bytes ? args[0] : -ENOMEM;
}

/// Memory whose content is not needed any more is zero afterwards; it is not given back.
static long forget_content(uintptr_t base, size_t bytes)
{
    if (!linux_can_write((void *)base, bytes))
        return -EINVAL;
    memset((void *)base, 0, bytes);
    return 0;
}

long linux_madvise(const long args[6])
{
    long result = check_range(args[0], args[1]);
    if (result != 0)
        return result;
    switch (args[2]) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_FREE:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
        return 0; // only advice
    case MADV_DONTNEED:
        return forget_content((uintptr_t)args[0], page_round_up((size_t)args[1]));
    default:
        return -EINVAL;
    }
}

long linux_mincore(const long args[6])
{
    unsigned char *pages = (unsigned char *)args[2];
    size_t count = page_round_up((size_t)args[1]) / BASE_PAGE_SIZE;
    long result = check_range(args[0], args[1]);
    if (result == 0 && !linux_can_write(pages, count))
        result = -EFAULT;
    if (result == 0)
        memset(pages, 1, count); // nothing is ever paged out
    return result;
}

/// For calls that have nothing to do if the memory is there: mlock() and the like, msync().
long linux_mapped(const long args[6])
{
    uintptr_t base = (uintptr_t)args[0], in_page = base % BASE_PAGE_SIZE;
    return check_range((long)(base - in_page), args[1] + (long)in_page);
}

long linux_brk(const long args[6])
{
    (void)args;
    return 0; // no break: it is not where the caller wants it
}
