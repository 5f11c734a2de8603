// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lays out the file that QEMU loads at SHIM_LOAD_ADDRESS: the shim, the CPU driver's ELF file, the
// beginning of a Multiboot2 information structure, and the modules, each on a page of its own. An
// offset in the file is an offset from SHIM_LOAD_ADDRESS in memory. The ELF file is our own
// linker's, but may be broken: each offset in it is checked. Sources: shim.h; ELF-64 Object File
// Format 1.5.
#include "direct.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "shim.h"

#define PAGE_BYTES 4096u
#define SIZE_MAX_BYTES (1u << 30)
#define INFO_BYTES_MAX 32768u // modules' tags, and 4 KiB and more for what the shim appends
#define SHIM_TAGS_BYTES 4096u
#define TAG_LOADER_NAME 2u
#define TAG_MODULE 3u

/// The file as it grows.
struct layout {
    char *bytes;
    size_t count;
    struct shim_parameters parameters;
    size_t info; // offset of the information structure
    size_t info_bytes;
};

/// Make room for `count` bytes on a new page, zeroed; their offset.
static size_t reserve(struct layout *layout, size_t count)
{
    size_t offset = (layout->count + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
    layout->bytes = realloc(layout->bytes, offset + count);
    if (layout->bytes == NULL)
        abort();
    memset(layout->bytes + layout->count, 0, offset + count - layout->count);
    layout->count = offset + count;
    return offset;
}

/// Append a whole file on a new page.
static bool append_file(struct layout *layout, const char *path, const char *what, size_t *offset,
                        size_t *count, struct report *report)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return report_set(report, "%s: cannot read %s: %m", what, path);
    bool read = fseek(file, 0, SEEK_END) == 0;
    long size = ftell(file);
    rewind(file);
    read = read && size >= 0 && size < SIZE_MAX_BYTES && layout->count < SIZE_MAX_BYTES;
    if (read) {
        *count = (size_t)size;
        *offset = reserve(layout, *count);
        read = fread(layout->bytes + *offset, 1, *count, file) == *count;
    }
    fclose(file);
    return read || report_set(report, "%s: cannot read %s", what, path);
}

static void put32(struct layout *layout, size_t offset, uint32_t value)
{
    memcpy(layout->bytes + offset, &value, sizeof(value));
}

/// Append a tag to the information structure: up to two words, and a string.
static bool add_tag(struct layout *layout, uint32_t type, const uint32_t *words, unsigned count,
                    const char *text)
{
    size_t bytes = 8 + 4 * count + strlen(text) + 1;
    size_t tag = layout->info + layout->info_bytes;
    if (layout->info_bytes + bytes + SHIM_TAGS_BYTES > INFO_BYTES_MAX)
        return false;
    put32(layout, tag, type);
    put32(layout, tag + 4, (uint32_t)bytes);
    for (unsigned i = 0; i < count; i++)
        put32(layout, tag + 8 + 4 * i, words[i]);
    strcpy(layout->bytes + tag + 8 + 4 * count, text);
    layout->info_bytes += (bytes + 7) & ~(size_t)7;
    return true;
}

static bool add_segment(struct layout *layout, size_t elf, size_t elf_bytes,
                        const Elf64_Phdr *header)
{
    struct shim_parameters *parameters = &layout->parameters;
    if (parameters->segments_count == SHIM_SEGMENTS_MAX || header->p_offset > elf_bytes ||
        header->p_filesz > elf_bytes - header->p_offset || header->p_memsz < header->p_filesz ||
        header->p_paddr >= SHIM_LOAD_ADDRESS ||
        header->p_memsz > SHIM_LOAD_ADDRESS - header->p_paddr)
        return false;
    parameters->segments[parameters->segments_count++] = (struct shim_segment){
        .from = (uint32_t)(SHIM_LOAD_ADDRESS + elf + header->p_offset),
        .to = (uint32_t)header->p_paddr,
        .file_bytes = (uint32_t)header->p_filesz,
        .zero_bytes = (uint32_t)(header->p_memsz - header->p_filesz),
    };
    return true;
}

/// Read the CPU driver's program headers, as GRUB would: segments go to their physical addresses,
/// the entry point is a virtual one in one of them.
static bool add_cpudriver(struct layout *layout, size_t elf, size_t elf_bytes)
{
    Elf64_Ehdr header;
    if (elf_bytes < sizeof(header))
        return false;
    memcpy(&header, layout->bytes + elf, sizeof(header));
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phoff > elf_bytes ||
        header.e_phnum > (elf_bytes - header.e_phoff) / sizeof(Elf64_Phdr))
        return false;
    bool entered = false;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, layout->bytes + elf + header.e_phoff + i * sizeof(segment),
               sizeof(segment));
        if (segment.p_type != PT_LOAD)
            continue;
        if (!add_segment(layout, elf, elf_bytes, &segment))
            return false;
        if (header.e_entry - segment.p_vaddr < segment.p_memsz) {
            layout->parameters.entry =
                (uint32_t)(header.e_entry - segment.p_vaddr + segment.p_paddr);
            entered = true;
        }
    }
    return entered;
}

static bool add_module(struct layout *layout, const struct module *module, struct report *report)
{
    size_t offset;
    size_t count;
    char what[64];
    snprintf(what, sizeof(what), "module %s", module->name);
    if (!append_file(layout, module->path, what, &offset, &count, report))
        return false;
    const uint32_t range[] = {
        (uint32_t)(SHIM_LOAD_ADDRESS + offset),
        (uint32_t)(SHIM_LOAD_ADDRESS + offset + count),
    };
    return add_tag(layout, TAG_MODULE, range, 2, module->command_line) ||
           report_set(report, "%s: too many modules or arguments", what);
}

static bool fill(struct layout *layout, const struct modules *modules, struct report *report)
{
    size_t elf;
    size_t elf_bytes;
    size_t shim_bytes = (size_t)(shim_end - shim_start);
    size_t shim = reserve(layout, shim_bytes);
    memcpy(layout->bytes + shim, shim_start, shim_bytes);
    if (!append_file(layout, modules->cpudriver, "CPU driver", &elf, &elf_bytes, report))
        return false;
    if (!add_cpudriver(layout, elf, elf_bytes)) {
        return report_set(report, "%s: not a 64-bit ELF file for addresses below 32 MiB",
                          modules->cpudriver);
    }
    layout->info = reserve(layout, INFO_BYTES_MAX);
    layout->info_bytes = 8;
    add_tag(layout, TAG_LOADER_NAME, NULL, 0, "stave-boot");
    for (unsigned i = 0; i < modules->count; i++)
        if (!add_module(layout, &modules->items[i], report))
            return false;
    layout->parameters.info = (uint32_t)(SHIM_LOAD_ADDRESS + layout->info);
    layout->parameters.info_bytes = (uint32_t)layout->info_bytes;
    memcpy(layout->bytes + (shim_parameters - shim_start), &layout->parameters,
           sizeof(layout->parameters));
    return true;
}

bool direct_build(const struct modules *modules, uint64_t memory_mib, const char *output,
                  struct report *report)
{
    struct layout layout = {0};
    bool built = fill(&layout, modules, report);
    uint64_t end_mib = (SHIM_LOAD_ADDRESS + layout.count) / 1048576 + 1;
    if (built && end_mib > memory_mib) {
        built = report_set(report, "the boot modules need %u MiB of memory, the machine has %u",
                           (unsigned)end_mib, (unsigned)memory_mib);
    }
    FILE *file = built ? fopen(output, "wb") : NULL;
    built = file != NULL && fwrite(layout.bytes, 1, layout.count, file) == layout.count;
    if (file != NULL)
        built = fclose(file) == 0 && built;
    free(layout.bytes);
    return built || report_set(report, "%s: cannot write: %m", output);
}
