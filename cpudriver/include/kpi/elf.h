// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The one check that stands between an untrusted ELF64 image in memory and its loader, the same
// in the CPU driver (which loads init) and in user space (which loads everything else). It accepts
// static x86-64 executables only: no interpreter, no relocation; and only those that carry the note
// which libbarrelfish's start code puts into each domain, for a program of another system would not
// find here what it starts with. After SYS_ERR_OK a loader can copy and map what struct elf_info
// says without a further check. The image must not change in between. Nothing here loads or maps.
// Source: System V ABI, chapters 4 and 5; its AMD64 supplement, 4.1.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kpi/elf_note.h"
#include "kpi/errors.h"

#define ELF_PAGE_BYTES 4096ull
#define ELF_PHNUM_MAX 16

enum { ELF_CLASS_32 = 1, ELF_CLASS_64 = 2, ELF_DATA_LSB = 1, ELF_VERSION = 1, ELF_X86_64 = 62 };
enum { ELF_TYPE_REL = 1, ELF_TYPE_EXEC = 2, ELF_TYPE_DYN = 3 };
enum { ELF_PT_LOAD = 1, ELF_PT_DYNAMIC = 2, ELF_PT_INTERP = 3, ELF_PT_NOTE = 4, ELF_PT_TLS = 7 };
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

/// Then come the name and the description, each filled up to four bytes.
struct elf_note {
    uint32_t name_bytes, desc_bytes, type;
};

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

/// The words of one of ELF_ERRORS; never NULL.
static inline const char *elf_error_text(enum err_code error)
{
    switch (error) {
#define ELF_ERROR_TEXT(code, text)                                                                 \
    case code:                                                                                     \
        return text;
        ELF_ERRORS(ELF_ERROR_TEXT)
#undef ELF_ERROR_TEXT
    default:
        return "unknown error";
    }
}

/// Whether [start, start + bytes) lies in [low, low + room). No sum overflows.
static inline bool elf_range_inside(uint64_t start, uint64_t bytes, uint64_t low, uint64_t room)
{
    return start >= low && start - low <= room && bytes <= room - (start - low);
}

/// Private to elf_check: the file header.
static inline enum err_code elf_check_header(const void *image, size_t bytes,
                                             struct elf_header *header)
{
    if (bytes == 0)
        return ELF_ERR_EMPTY;
    if (bytes < 4 || __builtin_memcmp(image, "\177ELF", 4) != 0)
        return ELF_ERR_MAGIC;
    if (bytes < sizeof(*header))
        return ELF_ERR_TRUNCATED;
    __builtin_memcpy(header, image, sizeof(*header));
    if (header->ident[4] == ELF_CLASS_32)
        return ELF_ERR_32_BIT;
    if (header->ident[4] != ELF_CLASS_64 || header->ident[5] != ELF_DATA_LSB ||
        header->ident[6] != ELF_VERSION || header->version != ELF_VERSION)
        return ELF_ERR_ENCODING;
    if (header->machine != ELF_X86_64)
        return ELF_ERR_MACHINE;
    if (header->type == ELF_TYPE_REL)
        return ELF_ERR_OBJECT;
    if (header->type != ELF_TYPE_EXEC && header->type != ELF_TYPE_DYN)
        return ELF_ERR_TYPE;
    if (header->phentsize != sizeof(struct elf_phdr) || header->phnum == 0 ||
        header->phnum > ELF_PHNUM_MAX)
        return ELF_ERR_PHDRS;
    if (!elf_range_inside(header->phoff, header->phnum * sizeof(struct elf_phdr), 0, bytes))
        return ELF_ERR_TRUNCATED;
    return SYS_ERR_OK;
}

/// Private to elf_check: that nothing has to be linked or moved before it runs.
static inline enum err_code elf_check_static(const struct elf_header *header,
                                             const struct elf_phdr *phdrs)
{
    bool dynamic = false;
    for (uint32_t i = 0; i < header->phnum; i++) {
        if (phdrs[i].type == ELF_PT_INTERP)
            return ELF_ERR_DYNAMIC;
        dynamic = dynamic || phdrs[i].type == ELF_PT_DYNAMIC;
    }
    if (header->type == ELF_TYPE_DYN)
        return ELF_ERR_PIE;
    return dynamic ? ELF_ERR_DYNAMIC : SYS_ERR_OK;
}

/// Private to elf_check: whether Stave's note is among those of one PT_NOTE.
static inline bool elf_has_note(const struct elf_phdr *phdr, const void *image, size_t bytes)
{
    if (!elf_range_inside(phdr->offset, phdr->filesz, 0, bytes))
        return false;
    const uint8_t *at = (const uint8_t *)image + phdr->offset;
    uint64_t left = phdr->filesz;
    struct elf_note note;
    while (left >= sizeof(note)) {
        __builtin_memcpy(&note, at, sizeof(note));
        uint64_t name = (note.name_bytes + 3ull) & ~3ull, desc = (note.desc_bytes + 3ull) & ~3ull;
        if (name + desc > left - sizeof(note))
            return false;
        if (note.type == ELF_NOTE_DOMAIN && note.name_bytes == sizeof(ELF_NOTE_NAME) &&
            __builtin_memcmp(at + sizeof(note), ELF_NOTE_NAME, sizeof(ELF_NOTE_NAME)) == 0)
            return true;
        at += sizeof(note) + name + desc;
        left -= sizeof(note) + name + desc;
    }
    return false;
}

/// Private to elf_check: one PT_LOAD. A segment that is empty in memory is legal and left out.
static inline enum err_code elf_check_load(const struct elf_phdr *phdr, size_t bytes,
                                           const struct elf_limits *limits, struct elf_info *info)
{
    if (!elf_range_inside(phdr->offset, phdr->filesz, 0, bytes))
        return ELF_ERR_TRUNCATED;
    if (phdr->memsz < phdr->filesz)
        return ELF_ERR_MEMSZ;
    if (phdr->memsz == 0)
        return SYS_ERR_OK;
    if (limits->user_high < limits->user_low ||
        !elf_range_inside(phdr->vaddr, phdr->memsz, limits->user_low,
                          limits->user_high - limits->user_low))
        return ELF_ERR_OUTSIDE_USER;
    if (phdr->offset % ELF_PAGE_BYTES != phdr->vaddr % ELF_PAGE_BYTES)
        return ELF_ERR_MISALIGNED;
    if ((phdr->flags & ELF_FLAG_WRITE) != 0 && (phdr->flags & ELF_FLAG_EXECUTE) != 0)
        return ELF_ERR_WRITE_EXECUTE;
    uint64_t first_page = phdr->vaddr / ELF_PAGE_BYTES;
    uint64_t last_page = (phdr->vaddr + (phdr->memsz - 1)) / ELF_PAGE_BYTES;
    if (info->count > 0) {
        const struct elf_segment *below = &info->segments[info->count - 1];
        if (first_page <= (below->vaddr + (below->memsz - 1)) / ELF_PAGE_BYTES)
            return ELF_ERR_OVERLAP;
    }
    if (last_page - first_page >= (limits->max_bytes - info->load_bytes) / ELF_PAGE_BYTES)
        return ELF_ERR_TOO_LARGE;
    info->load_bytes += (last_page - first_page + 1) * ELF_PAGE_BYTES;
    info->segments[info->count++] =
        (struct elf_segment){phdr->vaddr, phdr->memsz, phdr->offset, phdr->filesz, phdr->flags & 7};
    return SYS_ERR_OK;
}

/// Private to elf_check: PT_TLS, after the segments. Its image must lie in a segment's bytes from
/// the file, at the same place.
static inline enum err_code elf_check_tls(const struct elf_phdr *phdr,
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
        return ELF_ERR_TLS;
    info->tls_vaddr = phdr->vaddr;
    info->tls_filesz = phdr->filesz;
    info->tls_memsz = phdr->memsz;
    info->tls_align = align;
    return SYS_ERR_OK;
}

/// Check an image of `bytes` bytes against the limits: SYS_ERR_OK or one of ELF_ERRORS. *out is
/// written on SYS_ERR_OK only.
static inline enum err_code elf_check(const void *image, size_t bytes,
                                      const struct elf_limits *limits, struct elf_info *out)
{
    struct elf_header header;
    enum err_code error = elf_check_header(image, bytes, &header);
    if (error != SYS_ERR_OK)
        return error;
    struct elf_info info = {.entry = header.entry, .phnum = header.phnum};
    struct elf_phdr phdrs[ELF_PHNUM_MAX];
    __builtin_memcpy(phdrs, (const uint8_t *)image + header.phoff, header.phnum * sizeof(phdrs[0]));
    error = elf_check_static(&header, phdrs);
    bool noted = false;
    for (uint32_t i = 0; i < info.phnum && error == SYS_ERR_OK; i++)
        if (phdrs[i].type == ELF_PT_LOAD)
            error = elf_check_load(&phdrs[i], bytes, limits, &info);
        else if (phdrs[i].type == ELF_PT_NOTE)
            noted = noted || elf_has_note(&phdrs[i], image, bytes);
    for (uint32_t i = 0; i < info.phnum && error == SYS_ERR_OK; i++)
        if (phdrs[i].type == ELF_PT_TLS)
            error = elf_check_tls(&phdrs[i], limits, &info);
    if (error != SYS_ERR_OK)
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
        return info.count == 0 ? ELF_ERR_NO_SEGMENT : ELF_ERR_ENTRY;
    if (!noted)
        return ELF_ERR_FOREIGN;
    *out = info;
    return SYS_ERR_OK;
}
