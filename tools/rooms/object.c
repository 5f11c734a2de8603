// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Relocatable files (ELF-64 Object File Format 1.5, and the processor's supplement for the types of
// relocations) as lists of names. For each use the compiler and the assembler say by the type of
// the relocation whether it is a branch: R_X86_64_PLT32 is made for call and jmp alone. Sections
// that are not loaded (debugging) use nothing.
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "rooms.h"

struct image {
    const char *path;
    char *bytes;
    size_t size;
    const Elf64_Ehdr *header;
};

static const void *part_of(const struct image *image, uint64_t offset, uint64_t bytes)
{
    if (offset > image->size || bytes > image->size - offset || offset % 8 != 0)
        die("%s: not a whole object file", image->path);
    return image->bytes + offset;
}

static const Elf64_Shdr *section_at(const struct image *image, size_t number)
{
    const Elf64_Shdr *sections =
        part_of(image, image->header->e_shoff, image->header->e_shnum * sizeof(Elf64_Shdr));
    if (number >= image->header->e_shnum)
        die("%s: no section %zu", image->path, number);
    return &sections[number];
}

static char *name_at(const struct image *image, const Elf64_Shdr *symtab, size_t at)
{
    const Elf64_Shdr *strtab = section_at(image, symtab->sh_link);
    if (strtab->sh_offset > image->size || strtab->sh_size > image->size - strtab->sh_offset ||
        at >= strtab->sh_size)
        die("%s: a name is outside", image->path);
    const char *start = image->bytes + strtab->sh_offset + at;
    return checked(strndup(start, strtab->sh_size - at));
}

static void add(struct symbol **list, size_t *count, struct symbol symbol)
{
    *list = checked(realloc(*list, (*count + 1) * sizeof **list));
    (*list)[(*count)++] = symbol;
}

static bool is_global(const Elf64_Sym *symbol)
{
    return ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL ||
           ELF64_ST_BIND(symbol->st_info) == STB_WEAK;
}

/// What the assembler knows as a label is a function if it lies among instructions.
static bool is_function(const struct image *image, const Elf64_Sym *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return type == STT_FUNC ||
           (type == STT_NOTYPE && symbol->st_shndx < SHN_LORESERVE &&
            (section_at(image, symbol->st_shndx)->sh_flags & SHF_EXECINSTR) != 0);
}

static void read_definitions(const struct image *image, const Elf64_Shdr *symtab,
                             struct object *object)
{
    const Elf64_Sym *symbols = part_of(image, symtab->sh_offset, symtab->sh_size);
    for (size_t i = 0; i < symtab->sh_size / sizeof *symbols; i++) {
        if (is_global(&symbols[i]) && symbols[i].st_shndx != SHN_UNDEF) {
            add(&object->defined, &object->defined_count,
                (struct symbol){.name = name_at(image, symtab, symbols[i].st_name),
                                .is_function = is_function(image, &symbols[i])});
        }
    }
}

static void read_uses(const struct image *image, const Elf64_Shdr *rela, struct object *object)
{
    if ((section_at(image, rela->sh_info)->sh_flags & SHF_ALLOC) == 0)
        return;
    const Elf64_Shdr *symtab = section_at(image, rela->sh_link);
    const Elf64_Sym *symbols = part_of(image, symtab->sh_offset, symtab->sh_size);
    const Elf64_Rela *uses = part_of(image, rela->sh_offset, rela->sh_size);
    for (size_t i = 0; i < rela->sh_size / sizeof *uses; i++) {
        size_t number = ELF64_R_SYM(uses[i].r_info);
        if (number >= symtab->sh_size / sizeof *symbols)
            die("%s: no symbol %zu", image->path, number);
        const Elf64_Sym *symbol = &symbols[number];
        if (is_global(symbol) && symbol->st_shndx == SHN_UNDEF) {
            add(&object->used, &object->used_count,
                (struct symbol){.name = name_at(image, symtab, symbol->st_name),
                                .is_branch = ELF64_R_TYPE(uses[i].r_info) == R_X86_64_PLT32});
        }
    }
}

struct object object_read(const char *path)
{
    struct image image = {.path = path};
    image.bytes = read_file(path, &image.size);
    if (image.bytes == NULL)
        die("cannot read %s: %m (run ninja first)", path);
    image.header = part_of(&image, 0, sizeof *image.header);
    if (memcmp(image.header->e_ident, ELFMAG, SELFMAG) != 0 || image.header->e_type != ET_REL ||
        image.header->e_machine != EM_X86_64)
        die("%s: not an object file of x86-64", path);
    struct object object = {0};
    for (size_t i = 0; i < image.header->e_shnum; i++) {
        const Elf64_Shdr *section = section_at(&image, i);
        if (section->sh_type == SHT_SYMTAB)
            read_definitions(&image, section, &object);
        else if (section->sh_type == SHT_RELA)
            read_uses(&image, section, &object);
    }
    free(image.bytes);
    return object;
}
