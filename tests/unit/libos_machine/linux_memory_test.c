// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The Linux personality's memory calls, on walked page tables: what is mapped where, what goes, what
// may be done there, and each error.
#include "machine.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/linux_threads.h"
#include "barrelfish/vspace_common.h"
#include "cspace/mm.h"
#include "kpi/spawn.h"
#include "personality/linux/linux.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE ((long)BASE_PAGE_SIZE)
#define LARGE ((long)LARGE_PAGE_SIZE)
#define CALL(function, ...) function((const long[6]){__VA_ARGS__})
#define RW (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define MAP(addr, bytes, prot, flags) CALL(linux_mmap, (long)(addr), bytes, prot, flags, -1, 0)

static long stack_result;
static uintptr_t stack_base;

long linux_unmap_own_stack(uintptr_t base, size_t bytes)
{
    (void)bytes;
    stack_base = base;
    return stack_result;
}

enum linux_stream linux_stream_of(long fd)
{
    return fd == 1 ? LINUX_OUTPUT : LINUX_CLOSED;
}

/// The domain's regions, and a page that the spawner mapped, SPAWN_ARGS_VADDR.
bool context_can_read(const void *address)
{
    return (uintptr_t)address / BASE_PAGE_SIZE == SPAWN_ARGS_VADDR / BASE_PAGE_SIZE ||
           ((uintptr_t)address >= SPAWN_VADDR_END && machine_touch(address, false));
}

bool context_can_write(void *address)
{
    return (uintptr_t)address >= SPAWN_VADDR_END && machine_touch(address, true);
}

static char *at(long address)
{
    return (char *)address;
}

static bool is_writable(long address)
{
    return (machine_entry(at(address), NULL) & MACHINE_ENTRY_WRITE) != 0;
}

static bool is_executable(long address)
{
    return machine_entry(at(address), NULL) != 0 &&
           (machine_entry(at(address), NULL) & MACHINE_ENTRY_NX) == 0;
}

static void maps(void)
{
    unsigned level = 9;
    long a = MAP(0, 2 * PAGE + 1, RW, ANON),
         b = MAP(0, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
    CU_ASSERT_TRUE(a > 0 && b > 0 && a % PAGE == 0);
    CU_ASSERT_TRUE(machine_touch(at(a), true) && machine_touch(at(a + 2 * PAGE), true) &&
                   !machine_touch(at(a + 3 * PAGE), false));
    CU_ASSERT_TRUE(machine_touch(at(b), false) && !machine_touch(at(b), true));
    long c = MAP(0, PAGE, PROT_NONE, ANON), d = MAP(0, PAGE, PROT_READ | PROT_EXEC, ANON);
    CU_ASSERT_TRUE(!is_writable(c) && !is_executable(c) && machine_entry(at(c), NULL) != 0);
    CU_ASSERT_TRUE(!is_writable(d) && is_executable(d));
    long e = MAP(0, LARGE, RW, ANON);
    CU_ASSERT_TRUE(machine_entry(at(e), &level) != 0 && level == 1);
    e = MAP(0, LARGE, PROT_READ, ANON); // it may be protected page by page later
    CU_ASSERT_TRUE(machine_entry(at(e), &level) != 0 && level == 0);
    e = MAP(0, LARGE - PAGE, RW, ANON);
    CU_ASSERT_TRUE(machine_entry(at(e), &level) != 0 && level == 0);
    CU_ASSERT_FALSE(mm_is_inside());
}

static void maps_wrongly(void)
{
    CU_ASSERT_EQUAL(MAP(0, 0, RW, ANON), -EINVAL);
    CU_ASSERT_EQUAL(MAP(0, -1, RW, ANON), -EINVAL); // rounded up it is nothing
    CU_ASSERT_EQUAL(MAP(0, -PAGE, RW, ANON), -ENOMEM);
    CU_ASSERT_EQUAL(MAP(0, PAGE, RW, MAP_ANONYMOUS), -EINVAL);
    CU_ASSERT_EQUAL(MAP(0, PAGE, RW, MAP_ANONYMOUS | MAP_TYPE), -EINVAL);
    CU_ASSERT_EQUAL(MAP(0, PAGE, 8, ANON), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_mmap, 0, PAGE, RW, MAP_PRIVATE, 1, 0), -ENODEV);
    CU_ASSERT_EQUAL(CALL(linux_mmap, 0, PAGE, RW, MAP_PRIVATE, 5, 0), -EBADF);
    CU_ASSERT_EQUAL(MAP(0, 1ul << 45, RW, ANON), -ENOMEM);
    CU_ASSERT_EQUAL(machine_count(ObjType_Mapping), 0);
}

static void maps_fixed(void)
{
    long base = (long)SPAWN_VADDR_END + (1 << 30);
    CU_ASSERT_EQUAL(MAP(base, 2 * PAGE, RW, ANON | MAP_FIXED), base);
    *at(base) = 7;
    CU_ASSERT_EQUAL(MAP(base, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE), -EEXIST);
    CU_ASSERT_EQUAL(*at(base), 7);
    CU_ASSERT_EQUAL(MAP(base, 3 * PAGE, RW, ANON | MAP_FIXED), base);
    CU_ASSERT_EQUAL(*at(base), 0);                                          // replaced
    CU_ASSERT_EQUAL(MAP(base + PAGE, PAGE, RW, ANON | MAP_FIXED), -ENOMEM); // a part of a region
    CU_ASSERT_EQUAL(MAP(base - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED), -ENOMEM);
    CU_ASSERT_TRUE(machine_touch(at(base), true));
    CU_ASSERT_EQUAL(MAP(base + 3 * PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE), base + 3 * PAGE);
    CU_ASSERT_EQUAL(MAP(base, 4 * PAGE, PROT_READ, ANON | MAP_FIXED), base); // both go
    CU_ASSERT_FALSE(is_writable(base + 3 * PAGE));
    CU_ASSERT_EQUAL(MAP(0, PAGE, RW, ANON | MAP_FIXED), -EINVAL);
    CU_ASSERT_EQUAL(MAP(base + 1, PAGE, RW, ANON | MAP_FIXED), -EINVAL);
    CU_ASSERT_EQUAL(MAP(-PAGE, 2 * PAGE, RW, ANON | MAP_FIXED), -EINVAL);
    CU_ASSERT_EQUAL(MAP(PAGE, PAGE, RW, ANON | MAP_FIXED), -ENOMEM); // the spawner's
    machine_fail(VNODE_CMD_UNMAP, 1, SYS_ERR_CAP_BUSY);
    CU_ASSERT_EQUAL(MAP(base, 4 * PAGE, RW, ANON | MAP_FIXED), -ENOMEM);
    CU_ASSERT_FALSE(mm_is_inside());
}

static void unmaps(void)
{
    long base = (long)SPAWN_VADDR_END + (1 << 30);
    for (long i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(MAP(base + i * 2 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED),
                        base + i * 2 * PAGE);
    CU_ASSERT_EQUAL(CALL(linux_munmap, base, 3 * PAGE), -ENOMEM); // half a region: nothing goes
    CU_ASSERT_EQUAL(CALL(linux_munmap, base + PAGE, 3 * PAGE), -ENOMEM);
    CU_ASSERT_TRUE(machine_touch(at(base), true) && machine_touch(at(base + 2 * PAGE), true));
    CU_ASSERT_EQUAL(CALL(linux_munmap, base, 4 * PAGE - 1), 0);
    CU_ASSERT_TRUE(!machine_touch(at(base), true) && !machine_touch(at(base + 2 * PAGE), true) &&
                   machine_touch(at(base + 4 * PAGE), true));
    CU_ASSERT_EQUAL(CALL(linux_munmap, base, PAGE), 0); // nothing is there
    CU_ASSERT_EQUAL(CALL(linux_munmap, base + 1, PAGE), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_munmap, base, 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_munmap, -PAGE, 2 * PAGE), -EINVAL);
    machine_fail(VNODE_CMD_UNMAP, 1, SYS_ERR_CAP_BUSY);
    CU_ASSERT_EQUAL(CALL(linux_munmap, base + 4 * PAGE, 2 * PAGE), -ENOMEM);
    stack_result = -EINVAL;
    CU_ASSERT_EQUAL(CALL(linux_munmap, base + 4 * PAGE, 2 * PAGE), -EINVAL);
    CU_ASSERT_EQUAL(stack_base, (uintptr_t)base + 4 * BASE_PAGE_SIZE);
    CU_ASSERT_TRUE(machine_touch(at(base + 4 * PAGE), true) && !mm_is_inside());
}

static void protects(void)
{
    long base = (long)SPAWN_VADDR_END + (1 << 30);
    CU_ASSERT_EQUAL(MAP(base, 2 * PAGE, RW, ANON | MAP_FIXED), base);
    CU_ASSERT_EQUAL(MAP(base + 2 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED), base + 2 * PAGE);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base + PAGE, 2 * PAGE - 5, PROT_READ), 0);
    CU_ASSERT_TRUE(is_writable(base) && !is_writable(base + PAGE) &&
                   !is_writable(base + 2 * PAGE) && is_writable(base + 3 * PAGE));
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base, 4 * PAGE, RW), 0);
    CU_ASSERT_TRUE(is_writable(base + PAGE) && is_writable(base + 2 * PAGE));
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base, PAGE, PROT_READ | PROT_EXEC), 0);
    CU_ASSERT_TRUE(is_executable(base) && !is_executable(base + PAGE));
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base, PAGE, PROT_WRITE | PROT_EXEC), -EACCES);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base, 0, RW), 0);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base + 4 * PAGE, PAGE, RW), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base - PAGE, 2 * PAGE, RW), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base, 5 * PAGE, RW), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base + 1, PAGE, RW), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base, PAGE, 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base, -1, RW), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_mprotect, base, -base, RW), -ENOMEM);
    CU_ASSERT_FALSE(mm_is_inside());
}

static void remaps(void)
{
    long a = MAP(0, 2 * PAGE, RW, ANON), args = SPAWN_ARGS_VADDR;
    CU_ASSERT_EQUAL(CALL(linux_mremap, a, 2 * PAGE, PAGE, 0), a);
    CU_ASSERT_EQUAL(CALL(linux_mremap, a, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE), a);
    CU_ASSERT_EQUAL(CALL(linux_mremap, a, 2 * PAGE, 2 * PAGE + 1, MREMAP_MAYMOVE), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_mremap, a, 3 * PAGE, PAGE, 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_mremap, a + 1, PAGE, PAGE, 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_mremap, a, 0, PAGE, 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_mremap, a, PAGE, 0, 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_mremap, a, PAGE, PAGE, MREMAP_FIXED), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_mremap, args, PAGE, 2 * PAGE, 0), -ENOMEM); // the spawner's doing
    CU_ASSERT_EQUAL(CALL(linux_mremap, args - PAGE, PAGE, 2 * PAGE, 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_mremap, args, 2 * PAGE, 2 * PAGE, 0), -EFAULT);
}

static void advises(void)
{
    long a = MAP(0, 3 * PAGE, RW, ANON), b = MAP(0, PAGE, PROT_READ, ANON);
    static const int advice[] = {MADV_NORMAL, MADV_RANDOM,   MADV_SEQUENTIAL, MADV_WILLNEED,
                                 MADV_FREE,   MADV_HUGEPAGE, MADV_NOHUGEPAGE};
    memset(at(a), 7, 3 * BASE_PAGE_SIZE);
    for (unsigned i = 0; i < sizeof(advice) / sizeof(*advice); i++) {
        CU_ASSERT_EQUAL(CALL(linux_madvise, a, 3 * PAGE, advice[i]), 0);
        CU_ASSERT_EQUAL(*at(a), 7);
    }
    CU_ASSERT_EQUAL(CALL(linux_madvise, a + PAGE, PAGE - 1, MADV_DONTNEED), 0);
    CU_ASSERT_TRUE(at(a)[PAGE - 1] == 7 && at(a)[PAGE] == 0 && at(a)[2 * PAGE - 1] == 0 &&
                   at(a)[2 * PAGE] == 7);
    CU_ASSERT_EQUAL(CALL(linux_madvise, b, PAGE, MADV_DONTNEED), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_madvise, a, PAGE, MADV_REMOVE), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_madvise, a, 4 * PAGE, MADV_NORMAL), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_madvise, a + 1, PAGE, MADV_NORMAL), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_madvise, a, -1, MADV_NORMAL), -ENOMEM);
    // Pages of the caller's for what mincore() says.
    long c = MAP(0, PAGE, RW, ANON);
    memset(at(c), 9, PAGE);
    CU_ASSERT_EQUAL(CALL(linux_mincore, a, 2 * PAGE + 1, c), 0);
    CU_ASSERT_TRUE(at(c)[0] == 1 && at(c)[1] == 1 && at(c)[2] == 1 && at(c)[3] == 9);
    CU_ASSERT_EQUAL(CALL(linux_mincore, a, 4 * PAGE, c), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_mincore, a, PAGE, b), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_mincore, a + 1, PAGE, c), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_mapped, a + 5, PAGE), 0);
    CU_ASSERT_EQUAL(CALL(linux_mapped, a + 5, 3 * PAGE - 5), 0);
    CU_ASSERT_EQUAL(CALL(linux_mapped, a + 5, 3 * PAGE - 4), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_mapped, a - 1, PAGE), -ENOMEM);
    CU_ASSERT_EQUAL(CALL(linux_brk, a), 0);
    // A region counts, whatever it shows; nothing is there in any case.
    static struct memobj object;
    CU_ASSERT_EQUAL(memobj_create_fixed(&object, 2 * PAGE, 0, 2, PAGE), SYS_ERR_OK);
    void *shown;
    CU_ASSERT_EQUAL(vspace_map_memobj_attr(&shown, &object, VREGION_FLAGS_READ_WRITE, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(CALL(linux_madvise, (long)shown, 2 * PAGE, MADV_NORMAL), 0);
    CU_ASSERT_EQUAL(CALL(linux_madvise, (long)shown, 2 * PAGE, MADV_DONTNEED), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_madvise, 0, 0, MADV_NORMAL), 0);
    CU_ASSERT_EQUAL(CALL(linux_madvise, -PAGE, 2 * PAGE, MADV_NORMAL), -ENOMEM);
    CU_ASSERT_FALSE(mm_is_inside());
}

MACHINE_TEST(maps)
MACHINE_TEST(maps_wrongly)
MACHINE_TEST(maps_fixed)
MACHINE_TEST(unmaps)
MACHINE_TEST(protects)
MACHINE_TEST(remaps)
MACHINE_TEST(advises)

TEST_SUITE("Linux memory") = {
    {"mmap", test_maps},
    {"mmap, wrong", test_maps_wrongly},
    {"mmap, fixed", test_maps_fixed},
    {"munmap", test_unmaps},
    {"mprotect", test_protects},
    {"mremap", test_remaps},
    {"madvise, mincore", test_advises},
};
