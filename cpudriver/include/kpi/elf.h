// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The one check that stands between an untrusted ELF64 image in memory and its loader, the same
// in the CPU driver (which loads init) and in user space (which loads everything else). It accepts
// static x86-64 executables only: no interpreter, no relocation. After ELF_OK a loader can copy and
// map what struct elf_info says without a further check. The image must not change in between.
// Nothing here loads or maps. Source: System V ABI, chapters 4 and 5; its AMD64 supplement, 4.1.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ELF_PAGE_BYTES 4096ull
#define ELF_PHNUM_MAX 16

enum { ELF_CLASS_64 = 2, ELF_DATA_LSB = 1, ELF_VERSION = 1, ELF_TYPE_EXEC = 2, ELF_X86_64 = 62 };
enum { ELF_PT_LOAD = 1, ELF_PT_DYNAMIC = 2, ELF_PT_INTERP = 3, ELF_PT_TLS = 7 };
enum { ELF_FLAG_EXECUTE = 1, ELF_FLAG_WRITE = 2, ELF_FLAG_READ = 4 };

struct elf_header {
    uint8_t ident[16]; ///< magic, class, data, version, ...
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "ELF64 file header");

struct elf_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_phdr) == 56, "ELF64 program header");

/// Where an image may live: every segment in [user_low, user_high), and all of them together at
/// most max_bytes of whole pages.
struct elf_limits {
    uint64_t user_low, user_high, max_bytes;
};

/// Bytes [offset, offset + filesz) of the image at vaddr, then zeros up to memsz (not 0). flags:
/// ELF_FLAG_*.
struct elf_segment {
    uint64_t vaddr, memsz, offset, filesz;
    uint32_t flags;
};

/// Segments ascend, share no page and are never writable and executable. tls_align is 0 without a
/// PT_TLS.
struct elf_info {
    uint64_t entry;
    uint64_t phdr_vaddr; ///< of the program headers when loaded; 0 if no segment holds them
    uint64_t load_bytes; ///< sum of the segments in whole pages
    uint64_t tls_vaddr, tls_filesz, tls_memsz, tls_align;
    uint32_t phnum, count;
    struct elf_segment segments[ELF_PHNUM_MAX];
};

enum elf_error {
    ELF_OK,
    ELF_TOO_SHORT,
    ELF_BAD_MAGIC,
    ELF_BAD_CLASS,
    ELF_BAD_MACHINE,
    ELF_BAD_TYPE,
    ELF_BAD_PHDRS,
    ELF_DYNAMIC,
    ELF_OUTSIDE_FILE,
    ELF_MEMSZ_BELOW_FILESZ,
    ELF_OUTSIDE_USER,
    ELF_MISALIGNED,
    ELF_OVERLAP,
    ELF_WRITE_EXECUTE,
    ELF_TOO_LARGE,
    ELF_NO_SEGMENT,
    ELF_BAD_ENTRY,
    ELF_BAD_TLS,
    ELF_ERROR_COUNT
};

/// The error in words; never NULL.
static inline const char *elf_error_text(enum elf_error error)
{
    static const char *const texts[ELF_ERROR_COUNT] = {
        [ELF_OK] = "no error",
        [ELF_TOO_SHORT] = "image shorter than a file header",
        [ELF_BAD_MAGIC] = "not an ELF file",
        [ELF_BAD_CLASS] = "not a little-endian 64-bit ELF file of version 1",
        [ELF_BAD_MACHINE] = "not for x86-64",
        [ELF_BAD_TYPE] = "not a static executable (type EXEC)",
        [ELF_BAD_PHDRS] = "program headers missing, too many, of a wrong size or outside the image",
        [ELF_DYNAMIC] = "dynamically linked",
        [ELF_OUTSIDE_FILE] = "segment outside the image",
        [ELF_MEMSZ_BELOW_FILESZ] = "segment smaller in memory than in the image",
        [ELF_OUTSIDE_USER] = "segment outside user addresses",
        [ELF_MISALIGNED] = "segment's offset and address differ within the page",
        [ELF_OVERLAP] = "segments overlap, share a page or do not ascend",
        [ELF_WRITE_EXECUTE] = "segment both writable and executable",
        [ELF_TOO_LARGE] = "needs more memory than allowed",
        [ELF_NO_SEGMENT] = "no segment to load",
        [ELF_BAD_ENTRY] = "entry point outside executable code",
        [ELF_BAD_TLS] = "malformed thread-local storage",
    };
    return (unsigned)error < ELF_ERROR_COUNT ? texts[error] : "unknown error";
}

/// Whether [start, start + bytes) lies in [low, low + room). No sum overflows.
static inline bool elf_range_inside(uint64_t start, uint64_t bytes, uint64_t low, uint64_t room)
{
    return start >= low && start - low <= room && bytes <= room - (start - low);
}

/// Private to elf_check: the file header.
static inline enum elf_error elf_check_header(const void *image, size_t bytes,
                                              struct elf_header *header)
{
    if (bytes < sizeof(*header))
        return ELF_TOO_SHORT;
    memcpy(header, image, sizeof(*header));
    if (memcmp(header->ident, "\177ELF", 4) != 0)
        return ELF_BAD_MAGIC;
    if (header->ident[4] != ELF_CLASS_64 || header->ident[5] != ELF_DATA_LSB ||
        header->ident[6] != ELF_VERSION || header->version != ELF_VERSION)
        return ELF_BAD_CLASS;
    if (header->machine != ELF_X86_64)
        return ELF_BAD_MACHINE;
    if (header->type != ELF_TYPE_EXEC)
        return ELF_BAD_TYPE;
    if (header->phentsize != sizeof(struct elf_phdr) || header->phnum == 0 ||
        header->phnum > ELF_PHNUM_MAX ||
        !elf_range_inside(header->phoff, header->phnum * sizeof(struct elf_phdr), 0, bytes))
        return ELF_BAD_PHDRS;
    return ELF_OK;
}

/// Private to elf_check: one PT_LOAD. A segment that is empty in memory is legal and left out.
static inline enum elf_error elf_check_load(const struct elf_phdr *phdr, size_t bytes,
                                            const struct elf_limits *limits, struct elf_info *info)
{
    if (!elf_range_inside(phdr->offset, phdr->filesz, 0, bytes))
        return ELF_OUTSIDE_FILE;
    if (phdr->memsz < phdr->filesz)
        return ELF_MEMSZ_BELOW_FILESZ;
    if (phdr->memsz == 0)
        return ELF_OK;
    if (limits->user_high < limits->user_low ||
        !elf_range_inside(phdr->vaddr, phdr->memsz, limits->user_low,
                          limits->user_high - limits->user_low))
        return ELF_OUTSIDE_USER;
    if (phdr->offset % ELF_PAGE_BYTES != phdr->vaddr % ELF_PAGE_BYTES)
        return ELF_MISALIGNED;
    if ((phdr->flags & ELF_FLAG_WRITE) != 0 && (phdr->flags & ELF_FLAG_EXECUTE) != 0)
        return ELF_WRITE_EXECUTE;
    uint64_t first_page = phdr->vaddr / ELF_PAGE_BYTES;
    uint64_t last_page = (phdr->vaddr + (phdr->memsz - 1)) / ELF_PAGE_BYTES;
    if (info->count > 0) {
        const struct elf_segment *below = &info->segments[info->count - 1];
        if (first_page <= (below->vaddr + (below->memsz - 1)) / ELF_PAGE_BYTES)
            return ELF_OVERLAP;
    }
    if (last_page - first_page >= (limits->max_bytes - info->load_bytes) / ELF_PAGE_BYTES)
        return ELF_TOO_LARGE;
    info->load_bytes += (last_page - first_page + 1) * ELF_PAGE_BYTES;
    info->segments[info->count++] =
        (struct elf_segment){phdr->vaddr, phdr->memsz, phdr->offset, phdr->filesz, phdr->flags & 7};
    return ELF_OK;
}

/// Private to elf_check: PT_TLS, after the segments. Its image must lie in a segment's bytes from
/// the file, at the same place.
static inline enum elf_error elf_check_tls(const struct elf_phdr *phdr,
                                           const struct elf_limits *limits, struct elf_info *info)
{
    uint64_t align = phdr->align == 0 ? 1 : phdr->align;
    bool loaded = phdr->filesz == 0;
    for (uint32_t i = 0; i < info->count && !loaded; i++) {
        const struct elf_segment *s = &info->segments[i];
        loaded = elf_range_inside(phdr->vaddr, phdr->filesz, s->vaddr, s->filesz) &&
                 phdr->vaddr - s->vaddr == phdr->offset - s->offset;
    }
    if (info->tls_align != 0 || !loaded || phdr->memsz < phdr->filesz ||
        phdr->memsz > limits->max_bytes || align > ELF_PAGE_BYTES || (align & (align - 1)) != 0)
        return ELF_BAD_TLS;
    info->tls_vaddr = phdr->vaddr;
    info->tls_filesz = phdr->filesz;
    info->tls_memsz = phdr->memsz;
    info->tls_align = align;
    return ELF_OK;
}

/// Check an image of `bytes` bytes against the limits. *out is written on ELF_OK only.
static inline enum elf_error elf_check(const void *image, size_t bytes,
                                       const struct elf_limits *limits, struct elf_info *out)
{
    struct elf_header header;
    enum elf_error error = elf_check_header(image, bytes, &header);
    if (error != ELF_OK)
        return error;
    struct elf_info info = {.entry = header.entry, .phnum = header.phnum};
    struct elf_phdr phdrs[ELF_PHNUM_MAX];
    memcpy(phdrs, (const uint8_t *)image + header.phoff, header.phnum * sizeof(phdrs[0]));
    for (uint32_t i = 0; i < info.phnum && error == ELF_OK; i++) {
        if (phdrs[i].type == ELF_PT_INTERP || phdrs[i].type == ELF_PT_DYNAMIC)
            error = ELF_DYNAMIC;
        else if (phdrs[i].type == ELF_PT_LOAD)
            error = elf_check_load(&phdrs[i], bytes, limits, &info);
    }
    for (uint32_t i = 0; i < info.phnum && error == ELF_OK; i++) {
        if (phdrs[i].type == ELF_PT_TLS)
            error = elf_check_tls(&phdrs[i], limits, &info);
    }
    if (error != ELF_OK)
        return error;
    bool entry_ok = false;
    for (uint32_t i = 0; i < info.count; i++) {
        const struct elf_segment *s = &info.segments[i];
        if ((s->flags & ELF_FLAG_EXECUTE) != 0)
            entry_ok = entry_ok || elf_range_inside(info.entry, 1, s->vaddr, s->filesz);
        if (elf_range_inside(header.phoff, header.phnum * sizeof(phdrs[0]), s->offset, s->filesz))
            info.phdr_vaddr = s->vaddr + (header.phoff - s->offset);
    }
    if (info.count == 0 || !entry_ok)
        return info.count == 0 ? ELF_NO_SEGMENT : ELF_BAD_ENTRY;
    *out = info;
    return ELF_OK;
}
