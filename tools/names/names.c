// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table goes to the end of the file, which is filled up to whole pages: so a loader can map it
// from the file and shows nothing else of the memory that the file is in. Its segment takes the place of the program header that says
// whether the stack is executable, which nobody reads in Stave, and lies behind all others. What
// comes in is what the linker has made a moment ago; still nothing outside the file is touched.
#include "names.h"

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kpi/elf_names.h"
#include "kpi/elf_note.h"

#define PAGE_BYTES 4096u

struct function {
    uint64_t address, bytes;
    const char *name;
    unsigned char bind;
};

struct functions {
    struct function *items;
    size_t count;
};

static bool inside(const struct names_file *file, uint64_t offset, uint64_t bytes)
{
    return offset <= file->count && bytes <= file->count - offset;
}

/// The program headers, or NULL.
static Elf64_Phdr *headers_of(const struct names_file *file, unsigned *count)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)file->bytes;
    if (file->count < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_phentsize != sizeof(Elf64_Phdr) ||
        !inside(file, header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr)))
        return NULL;
    *count = header->e_phnum;
    return (Elf64_Phdr *)(file->bytes + header->e_phoff);
}

static const Elf64_Shdr *section_of(const struct names_file *file, unsigned number)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)file->bytes;
    if (number >= header->e_shnum || header->e_shentsize != sizeof(Elf64_Shdr) ||
        !inside(file, header->e_shoff, header->e_shnum * sizeof(Elf64_Shdr)))
        return NULL;
    return (const Elf64_Shdr *)(file->bytes + header->e_shoff) + number;
}

/// Functions of one address are aliases: the global one is known best, then the shortest.
static int by_address(const void *a, const void *b)
{
    const struct function *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if ((x->bind == STB_GLOBAL) != (y->bind == STB_GLOBAL))
        return x->bind == STB_GLOBAL ? -1 : 1;
    return strlen(x->name) != strlen(y->name) ? (strlen(x->name) < strlen(y->name) ? -1 : 1)
                                              : strcmp(x->name, y->name);
}

static void collect_from(const struct names_file *file, const Elf64_Shdr *symtab,
                         const Elf64_Shdr *strtab, struct functions *functions)
{
    const Elf64_Sym *symbols = (const Elf64_Sym *)(file->bytes + symtab->sh_offset);
    size_t count = symtab->sh_size / sizeof(*symbols);
    const char *strings = (const char *)file->bytes + strtab->sh_offset;
    functions->items = calloc(count + 1, sizeof(*functions->items));
    for (size_t i = 0; functions->items != NULL && i < count; i++) {
        const Elf64_Sym *symbol = &symbols[i];
        if (ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF &&
            symbol->st_value <= UINT32_MAX && symbol->st_size <= UINT32_MAX &&
            symbol->st_name < strtab->sh_size && strings[symbol->st_name] != '\0' &&
            memchr(strings + symbol->st_name, '\0', strtab->sh_size - symbol->st_name) != NULL) {
            functions->items[functions->count++] =
                (struct function){symbol->st_value, symbol->st_size, strings + symbol->st_name,
                                  ELF64_ST_BIND(symbol->st_info)};
        }
    }
}

/// The named functions by rising address, each address once.
static struct functions collect(const struct names_file *file)
{
    struct functions functions = {NULL, 0};
    const Elf64_Shdr *symtab, *strtab;
    for (unsigned i = 0; (symtab = section_of(file, i)) != NULL; i++) {
        strtab = symtab->sh_type == SHT_SYMTAB ? section_of(file, symtab->sh_link) : NULL;
        if (strtab != NULL && inside(file, symtab->sh_offset, symtab->sh_size) &&
            inside(file, strtab->sh_offset, strtab->sh_size)) {
            collect_from(file, symtab, strtab, &functions);
            break;
        }
    }
    if (functions.count == 0)
        return functions;
    qsort(functions.items, functions.count, sizeof(*functions.items), by_address);
    size_t kept = 1;
    for (size_t i = 1; i < functions.count; i++)
        if (functions.items[i].address != functions.items[kept - 1].address)
            functions.items[kept++] = functions.items[i];
    functions.count = kept;
    return functions;
}

/// Writes the table; its first string is the empty one, for the end.
static unsigned char *make_table(const struct functions *functions, size_t *bytes)
{
    size_t strings_bytes = 1, entries_bytes = (functions->count + 1) * sizeof(struct elf_name);
    uint64_t end = 0;
    for (size_t i = 0; i < functions->count; i++) {
        strings_bytes += strlen(functions->items[i].name) + 1;
        uint64_t behind = functions->items[i].address + functions->items[i].bytes;
        end = behind > end ? behind : end;
    }
    *bytes = sizeof(struct elf_names_head) + entries_bytes + strings_bytes;
    unsigned char *table = calloc(1, *bytes);
    if (table == NULL)
        return NULL;
    *(struct elf_names_head *)table =
        (struct elf_names_head){(uint32_t)functions->count + 1, (uint32_t)strings_bytes};
    struct elf_name *entry = (struct elf_name *)(table + sizeof(struct elf_names_head));
    char *strings = (char *)entry + entries_bytes;
    uint32_t at = 1;
    for (size_t i = 0; i < functions->count; i++) {
        *entry++ = (struct elf_name){(uint32_t)functions->items[i].address, at};
        strcpy(strings + at, functions->items[i].name);
        at += (uint32_t)strlen(functions->items[i].name) + 1;
    }
    *entry = (struct elf_name){(uint32_t)end, 0};
    return table;
}

/// Where Stave's note has room for an address and a number of bytes; 0: nowhere.
static uint64_t find_note(const struct names_file *file, const Elf64_Phdr *headers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const Elf64_Nhdr *note = (const Elf64_Nhdr *)(file->bytes + headers[i].p_offset);
        size_t head = sizeof(*note) + (sizeof(ELF_NOTE_NAME) + 3) / 4 * 4;
        if (headers[i].p_type == PT_NOTE && inside(file, headers[i].p_offset, head + 16) &&
            note->n_type == ELF_NOTE_DOMAIN && note->n_namesz == sizeof(ELF_NOTE_NAME) &&
            note->n_descsz == 16 && memcmp(note + 1, ELF_NOTE_NAME, sizeof(ELF_NOTE_NAME)) == 0)
            return headers[i].p_offset + head;
    }
    return 0;
}

/// The header to be replaced, which is behind all segments, or a segment that has been emptied; *end:
/// the first address behind those.
static Elf64_Phdr *find_header(Elf64_Phdr *headers, unsigned count, uint64_t *end)
{
    Elf64_Phdr *spare = NULL;
    *end = 0;
    for (unsigned i = 0; i < count; i++) {
        if (headers[i].p_type == PT_GNU_STACK ||
            (headers[i].p_type == PT_LOAD && headers[i].p_memsz == 0)) {
            spare = &headers[i];
        } else if (headers[i].p_type == PT_LOAD) {
            spare = NULL;
            uint64_t behind = headers[i].p_vaddr + headers[i].p_memsz;
            *end = behind > *end ? behind : *end;
        }
    }
    return spare;
}

static const char *append(struct names_file *file, const unsigned char *table, size_t bytes)
{
    uint64_t offset = (file->count + 7) / 8 * 8, end;
    size_t total = (offset + bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    unsigned char *larger = realloc(file->bytes, total);
    if (larger == NULL)
        return "out of memory";
    file->bytes = larger;
    unsigned count;
    Elf64_Phdr *headers = headers_of(file, &count), *header = find_header(headers, count, &end);
    uint64_t note = find_note(file, headers, count);
    if (header == NULL || note == 0)
        return header == NULL ? "no program header to spare" : "no note of Stave's";
    uint64_t address = (end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES + offset % PAGE_BYTES;
    *header = (Elf64_Phdr){.p_type = PT_LOAD,
                           .p_flags = PF_R,
                           .p_offset = offset,
                           .p_vaddr = address,
                           .p_paddr = address,
                           .p_filesz = bytes,
                           .p_memsz = bytes,
                           .p_align = PAGE_BYTES};
    const uint64_t place[2] = {address, bytes};
    memcpy(file->bytes + note, place, sizeof(place));
    memset(file->bytes + file->count, 0, total - file->count);
    memcpy(file->bytes + offset, table, bytes);
    file->count = total;
    return NULL;
}

bool names_has_place(const struct names_file *file)
{
    unsigned count;
    const Elf64_Phdr *headers = headers_of(file, &count);
    return headers == NULL || find_note(file, headers, count) != 0;
}

const char *names_add(struct names_file *file)
{
    unsigned count;
    if (headers_of(file, &count) == NULL)
        return "not an ELF program";
    struct functions functions = collect(file);
    size_t bytes;
    unsigned char *table = functions.count > 0 ? make_table(&functions, &bytes) : NULL;
    const char *error = table != NULL ? append(file, table, bytes) : "no functions with names";
    free(table);
    free(functions.items);
    return error;
}
