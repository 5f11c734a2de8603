// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The machine's memory: a file, mapped as a whole for the CPU driver and page by page for the
// domain. A page of the domain's is looked for in the page tables when it is first touched, and
// marked there, as a processor does; what was found stays until the next flush. A page fault goes to
// the library, as from fault.c.
#include "fakes/caps_hooks.h"
#include "machine_state.h"

#include "kpi/spawn.h"
#include "lib/kassert.h"
#include "memory/region/pagefault.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGES (MACHINE_BYTES / BASE_PAGE_SIZE)
#define ENTRY_PRESENT 0x1ul
#define ENTRY_ACCESSED 0x20ul
#define ENTRY_DIRTY 0x40ul
#define ENTRY_LARGE 0x80ul
#define FAULT_WRITE 0x2u ///< of the error code
#define SHADOW_OFFSET 0x7fff8000ul
#define DOMAIN_BYTES (4ul << 30) ///< of its addresses, the part that a test touches

/// The domain's addresses lie where the address sanitizer expects none: it must not look at what
/// memset() and the like are given.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "replace_intrin=0";
}

static int file;
static char *memory;
static bool used[PAGES];
static size_t used_pages;
static uintptr_t seen[PAGES]; ///< pages of the domain that the processor has looked up
static size_t seen_count;
static struct sigaction before;
static sigjmp_buf touching;
static volatile bool is_touching;

size_t machine_ram_used(void)
{
    return used_pages * BASE_PAGE_SIZE;
}

static bool is_free(size_t first, size_t pages)
{
    for (size_t i = first; i < first + pages; i++)
        if (used[i])
            return false;
    return true;
}

static genpaddr_t take_between(size_t bytes, size_t alignment, genpaddr_t from, genpaddr_t to)
{
    size_t pages = bytes / BASE_PAGE_SIZE;
    for (genpaddr_t base = (from + alignment - 1) / alignment * alignment;
         base + bytes <= to && base + bytes > base; base += alignment) {
        size_t first = (base - MACHINE_BASE) / BASE_PAGE_SIZE;
        if (is_free(first, pages)) {
            memset(&used[first], true, pages);
            used_pages += pages;
            return base;
        }
    }
    return 0;
}

genpaddr_t machine_take_ram(size_t bytes, size_t alignment)
{
    genpaddr_t end = MACHINE_BASE + MACHINE_BYTES;
    genpaddr_t from = MACHINE_BASE > machine.minbase ? MACHINE_BASE : machine.minbase;
    genpaddr_t to = machine.maxlimit != 0 && machine.maxlimit < end ? machine.maxlimit : end;
    return bytes > MACHINE_BYTES ? 0 : take_between(bytes, alignment, from, to);
}

void machine_leave_ram(size_t bytes)
{
    size_t free_pages = PAGES - used_pages;
    for (size_t i = PAGES; i > 0 && free_pages > bytes / BASE_PAGE_SIZE; i--) {
        if (!used[i - 1]) {
            used[i - 1] = true;
            used_pages++;
            free_pages--;
        }
    }
}

static bool return_ram(struct caps *caps, genpaddr_t base, gensize_t bytes)
{
    (void)caps;
    for (size_t i = 0; i < bytes / BASE_PAGE_SIZE; i++) {
        size_t page = (base - MACHINE_BASE) / BASE_PAGE_SIZE + i;
        kassert(page < PAGES && used[page]);
        used[page] = false;
        used_pages--;
    }
    // Whoever has it next finds what was there.
    memset(caps_ptr(&machine_caps, base), 0xa5, bytes);
    return true;
}

static void tlb_flush(struct caps *caps)
{
    (void)caps;
    for (; seen_count > 0; seen_count--)
        mmap((void *)seen[seen_count - 1], BASE_PAGE_SIZE, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

static void dispatcher_stop(struct caps *caps, genpaddr_t dcb)
{
    (void)caps;
    kassert(dcb != machine_own_dispatcher());
}

static void vspace_stop(struct caps *caps, genpaddr_t pml4)
{
    (void)caps;
    kassert(pml4 != machine_pml4());
}

/// The entry for an address; NULL: there is none.
static uint64_t *find_entry(genpaddr_t table, uintptr_t address, unsigned *level)
{
    for (*level = 3;; (*level)--) {
        struct vnode *vnode = caps_ptr(&machine_caps, table);
        uint64_t *entry = &vnode->entry[address >> (12 + 9 * *level) & 511];
        if ((*entry & ENTRY_PRESENT) == 0)
            return NULL;
        if (*level == 0 || (*entry & ENTRY_LARGE) != 0)
            return entry;
        table = *entry & MACHINE_ENTRY_ADDRESS;
    }
}

uint64_t machine_entry_of(genpaddr_t pml4, const void *address, unsigned *level)
{
    unsigned unused;
    uint64_t *entry = find_entry(pml4, (uintptr_t)address, level != NULL ? level : &unused);
    return entry != NULL ? *entry : 0;
}

uint64_t machine_entry(const void *address, unsigned *level)
{
    return machine_entry_of(machine_pml4(), address, level);
}

void *machine_memory(genpaddr_t address)
{
    return caps_ptr(&machine_caps, address);
}

/// A page fault, as the processor sees one: true if the page tables allow the access.
static bool walk(uintptr_t address, bool write)
{
    unsigned level;
    uint64_t *entry = find_entry(machine_pml4(), address, &level);
    if (entry == NULL || (write && (*entry & MACHINE_ENTRY_WRITE) == 0) || seen_count == PAGES)
        return false;
    *entry |= ENTRY_ACCESSED | (write ? ENTRY_DIRTY : 0);
    size_t span = BASE_PAGE_SIZE << 9 * level;
    genpaddr_t paddr = (*entry & MACHINE_ENTRY_ADDRESS & ~(span - 1)) + (address & (span - 1));
    uintptr_t page = address & ~(uintptr_t)(BASE_PAGE_SIZE - 1);
    off_t offset = (off_t)(paddr / BASE_PAGE_SIZE * BASE_PAGE_SIZE - MACHINE_BASE);
    mmap((void *)page, BASE_PAGE_SIZE, write ? PROT_READ | PROT_WRITE : PROT_READ,
         MAP_SHARED | MAP_FIXED, file, offset);
    seen[seen_count++] = page;
    return true;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    bool write = (((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & FAULT_WRITE) != 0;
    if (address >= SPAWN_VADDR_END && address < VSPACE_END) {
        if (walk(address, write))
            return;
        if (err_is_ok(vspace_pagefault(address, write ? PAGEFLT_WRITE : PAGEFLT_READ)))
            return;
        if (is_touching)
            siglongjmp(touching, 1);
    }
    before.sa_sigaction(number, info, context);
}

/// Not to be looked at by the sanitizer, which would look for its own notes first.
__attribute__((no_sanitize("address"))) bool machine_touch(const void *address, bool write)
{
    volatile char *byte = (volatile char *)address;
    bool done = false;
    is_touching = true;
    if (sigsetjmp(touching, 1) == 0) {
        if (write)
            *byte = *byte;
        else
            (void)*byte;
        done = true;
    }
    is_touching = false;
    return done;
}

static void reserve(uintptr_t base, size_t bytes, int protection)
{
    void *at = mmap((void *)base, bytes, protection,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    CU_ASSERT_EQUAL_FATAL((uintptr_t)at, base);
}

void machine_memory_start(void)
{
    file = memfd_create("memory", 0);
    CU_ASSERT_FATAL(file >= 0 && ftruncate(file, MACHINE_BYTES) == 0);
    memory = mmap(NULL, MACHINE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CU_ASSERT_FATAL(memory != MAP_FAILED);
    static struct caps_hooks hooks;
    hooks = fake_caps_hooks(return_ram);
    hooks.tlb_flush = tlb_flush;
    hooks.dispatcher_stop = dispatcher_stop;
    hooks.vspace_stop = vspace_stop;
    caps_init(&machine_caps, 0, (uintptr_t)memory - MACHINE_BASE, &hooks);
    reserve(SPAWN_VADDR_END, DOMAIN_BYTES, PROT_NONE);
    // The address sanitizer's notes of these addresses: all may be used.
    reserve((SPAWN_VADDR_END >> 3) + SHADOW_OFFSET, DOMAIN_BYTES >> 3, PROT_READ | PROT_WRITE);
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    CU_ASSERT_EQUAL_FATAL(sigaction(SIGSEGV, &action, &before), 0);
}
