// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Builds and reads one core's page tables (rule 1 of the design). Every core runs this for itself,
// on the boot page tables, which map everything and are left for good at its end. The private
// memory is laid out as
//   tables | private pages of the image | ... | boot stack (only until `main`)
// The window maps no byte of the pool, not even this core's own: its private pages are reached by
// their image addresses only. Source: Intel SDM vol. 3, 4.5.

#include "machine/space.h"

#include "arch/cpu.h"
#include "arch/pte.h"
#include "kcb/kcb.h"
#include "kpi/capabilities.h"
#include "kpi/syscalls.h"
#include "machine/panic.h"

#include "lib/string.h"

#define PTE_UNCACHED (PTE_WRITE_THROUGH | PTE_CACHE_DISABLE)

#define GIB (1ul << 30)
#define ENTRIES 512u

__attribute__((section(".boot.bss"))) struct boot_space boot_space;
__attribute__((section(".boot.bss"))) lpaddr_t boot_handover[256];

/// Hands out pages of the private memory, cleared.
struct page_source {
    lpaddr_t next, end;
};

static lpaddr_t page_take(struct page_source *source)
{
    lpaddr_t page = source->next;
    if (page == source->end)
        panic("a core's private memory is too small for its page tables");
    source->next += BASE_PAGE_SIZE;
    memset(window_ptr(page), 0, BASE_PAGE_SIZE);
    return page;
}

static bool in_pool(lpaddr_t base, gensize_t bytes)
{
    for (uint32_t i = 0; i < boot_space.pool_count; i++) {
        const struct space_region *region = &boot_space.pool[i];
        if (base < region->base + region->bytes && region->base < base + bytes)
            return true;
    }
    return false;
}

/// Whether [base, base + bytes) touches the image, which the window maps read-only.
static bool in_image(lpaddr_t base, gensize_t bytes)
{
    return base < image_paddr(private_end) && image_paddr(image_start) < base + bytes;
}

static void build_window(uint64_t *pdpt, struct page_source *source)
{
    for (lpaddr_t gib = 0; gib < boot_space.window_bytes; gib += GIB) {
        uint64_t *entry = &pdpt[gib / GIB];
        if (!in_pool(gib, GIB) && !in_image(gib, GIB)) {
            *entry = gib | PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_NO_EXECUTE;
            continue;
        }
        lpaddr_t directory = page_take(source);
        *entry = directory | PTE_PRESENT | PTE_WRITE;
        uint64_t *entries = window_ptr(directory);
        for (lpaddr_t page = gib; page < gib + GIB; page += LARGE_PAGE_SIZE) {
            if (in_pool(page, LARGE_PAGE_SIZE))
                continue;
            uint64_t write = in_image(page, LARGE_PAGE_SIZE) ? 0 : PTE_WRITE;
            entries[(page - gib) / LARGE_PAGE_SIZE] =
                page | PTE_PRESENT | write | PTE_LARGE | PTE_NO_EXECUTE;
        }
    }
}

/// Maps the image: text, read-only data, and this core's copy of the private pages; the first page
/// of the kcb is left out as the guard below its stack.
static void build_image(uint64_t *table, lpaddr_t private_pages)
{
    for (lvaddr_t page = (lvaddr_t)image_start; page < (lvaddr_t)private_end;
         page += BASE_PAGE_SIZE) {
        uint64_t *entry = &table[(page / BASE_PAGE_SIZE) % ENTRIES];
        if (page < (lvaddr_t)etext)
            *entry = (page - IMAGE_BASE) | PTE_PRESENT;
        else if (page < (lvaddr_t)private_start)
            *entry = (page - IMAGE_BASE) | PTE_PRESENT | PTE_NO_EXECUTE;
        else if (page != (lvaddr_t)&kcb)
            *entry = (private_pages + (page - (lvaddr_t)private_start)) | PTE_PRESENT | PTE_WRITE |
                     PTE_NO_EXECUTE;
    }
}

static lpaddr_t build_tables(struct page_source *source, lpaddr_t private_pages)
{
    lpaddr_t root = page_take(source);
    lpaddr_t window = page_take(source);
    lpaddr_t top = page_take(source);
    lpaddr_t image_directory = page_take(source);
    lpaddr_t image_table = page_take(source);
    lpaddr_t device_directory = page_take(source);
    lpaddr_t device_table = page_take(source);

    uint64_t *pml4 = window_ptr(root);
    pml4[(WINDOW_BASE >> 39) % ENTRIES] = window | PTE_PRESENT | PTE_WRITE;
    pml4[(IMAGE_BASE >> 39) % ENTRIES] = top | PTE_PRESENT | PTE_WRITE;
    uint64_t *pdpt = window_ptr(top);
    pdpt[(IMAGE_BASE >> 30) % ENTRIES] = image_directory | PTE_PRESENT | PTE_WRITE;
    pdpt[(DEVICE_BASE >> 30) % ENTRIES] = device_directory | PTE_PRESENT | PTE_WRITE;
    uint64_t *directory = window_ptr(image_directory);
    directory[((lvaddr_t)image_start >> 21) % ENTRIES] = image_table | PTE_PRESENT | PTE_WRITE;
    directory = window_ptr(device_directory);
    directory[0] = device_table | PTE_PRESENT | PTE_WRITE;
    uint64_t *devices = window_ptr(device_table);
    devices[0] = boot_space.local_apic | PTE_PRESENT | PTE_WRITE | PTE_UNCACHED | PTE_NO_EXECUTE;
    if (boot_space.io_apic != 0)
        devices[1] = boot_space.io_apic | PTE_PRESENT | PTE_WRITE | PTE_UNCACHED | PTE_NO_EXECUTE;
    for (lpaddr_t offset = 0; offset < TABLES_BYTES; offset += BASE_PAGE_SIZE)
        devices[(DEVICE_TABLES - DEVICE_BASE + offset) / BASE_PAGE_SIZE] =
            (root + offset) | PTE_PRESENT | PTE_NO_EXECUTE;

    build_window(window_ptr(window), source);
    build_image(window_ptr(image_table), private_pages);
    return root;
}

void space_enter(const struct core_start *start, void (*main)(const struct core_start *))
{
    size_t data_bytes = (size_t)(private_data_end - private_start);
    size_t image_bytes = (size_t)(private_end - private_start);
    lpaddr_t private_pages = start->private_base + TABLES_BYTES;
    struct page_source source = {start->private_base, private_pages};

    // The template's copy, and zeroes for the rest.
    memcpy(window_ptr(private_pages), (const void *)(IMAGE_BASE + image_paddr(private_start)),
           data_bytes);
    memset(window_ptr(private_pages + data_bytes), 0, image_bytes - data_bytes);
    lpaddr_t root = build_tables(&source, private_pages);

    struct core_start copy = *start;
    asm volatile("mov %0, %%cr3\n\t"
                 "mov %1, %%rsp\n\t"
                 "xor %%ebp, %%ebp\n\t"
                 "push %5\n\t"
                 "push %4\n\t"
                 "push %3\n\t"
                 "push %2\n\t"
                 "mov %%rsp, %%rdi\n\t"
                 "call *%6\n\t"
                 "ud2"
                 :
                 : "r"(root), "r"(kcb.stack + sizeof(kcb.stack)), "r"(copy.stack_top),
                   "r"(copy.private_base), "r"(copy.bootinfo),
                   "r"((uint64_t)copy.apic_id | (uint64_t)copy.core_id << 32), "r"(main)
                 : "memory", "rdi");
    __builtin_unreachable();
}

void space_share_kernel_half(uint64_t *pml4)
{
    pml4[(WINDOW_BASE >> 39) % ENTRIES] = kcb.kernel_pml4_window;
    pml4[(IMAGE_BASE >> 39) % ENTRIES] = kcb.kernel_pml4_image;
}

bool space_window_covers(lpaddr_t base, gensize_t bytes)
{
    const struct boot_space *space = &kcb.space;
    if (bytes == 0 || base + bytes < base || base + bytes > space->window_bytes)
        return false;
    for (uint32_t i = 0; i < space->pool_count; i++) {
        const struct space_region *region = &space->pool[i];
        if (base < region->base + region->bytes && region->base < base + bytes)
            return false;
    }
    return true;
}

/// This core's own tables lie in its private memory, which the window does not map; they can be
/// read at DEVICE_TABLES.
static const uint64_t *table_view(lpaddr_t table)
{
    if (table - kcb.private_base < TABLES_BYTES)
        return (const uint64_t *)(DEVICE_TABLES + (table - kcb.private_base));
    return window_ptr(table);
}

/// One step of a walk: whether the entry ends it. Collects what all levels allow.
struct walk {
    uint64_t pte;
    uint64_t span; // size of what the entry maps
    bool write, user, exec;
};

static bool walk_tables(lpaddr_t root, lvaddr_t vaddr, struct walk *walk)
{
    lpaddr_t table = root;
    *walk = (struct walk){.write = true, .user = true, .exec = true};
    for (unsigned shift = 39;; shift -= 9) {
        walk->span = 1ul << shift;
        walk->pte = table_view(table)[(vaddr >> shift) % ENTRIES];
        if ((walk->pte & PTE_PRESENT) == 0)
            return false;
        walk->write = walk->write && (walk->pte & PTE_WRITE) != 0;
        walk->user = walk->user && (walk->pte & PTE_USER) != 0;
        walk->exec = walk->exec && (walk->pte & PTE_NO_EXECUTE) == 0;
        if (shift == BASE_PAGE_BITS || (shift < 39 && (walk->pte & PTE_LARGE) != 0))
            return true;
        table = walk->pte & PTE_ADDRESS;
    }
}

uint64_t space_translate(lvaddr_t vaddr, uint64_t *span)
{
    struct walk walk;
    bool mapped = walk_tables(cpu_read_cr3() & PTE_ADDRESS, vaddr, &walk);
    uint64_t offset = vaddr & (walk.span - 1);
    *span = walk.span - offset;
    if (!mapped)
        return 0;
    lpaddr_t paddr = (walk.pte & PTE_ADDRESS & ~(walk.span - 1)) + (offset & ~(BASE_PAGE_SIZE - 1));
    return paddr | KERNEL_TRANSLATE_PRESENT | (walk.write ? KERNEL_TRANSLATE_WRITE : 0) |
           (walk.user ? KERNEL_TRANSLATE_USER : 0) | (walk.exec ? KERNEL_TRANSLATE_EXEC : 0);
}

void *space_user_ptr(lpaddr_t pml4, lvaddr_t vaddr, bool write, size_t *left)
{
    struct walk walk;
    if (vaddr >= USER_VADDR_TOP || !walk_tables(pml4, vaddr, &walk))
        return NULL;
    lpaddr_t paddr = (walk.pte & PTE_ADDRESS & ~(walk.span - 1)) + (vaddr & (walk.span - 1));
    if (!walk.user || (write && !walk.write) || !space_window_covers(paddr, 1))
        return NULL;
    *left = BASE_PAGE_SIZE - (vaddr & (BASE_PAGE_SIZE - 1));
    return window_ptr(paddr);
}
