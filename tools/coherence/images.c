// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// ELF files as tables of names (ELF-64 Object File Format 1.5). The files are our own linker's, but
// whatever they say about places in themselves is checked.
#include "images.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

#define FILE_BYTES_MAX (1l << 28)

struct symbol {
    uint64_t start, end, section_end;
    char *name;
};

struct image {
    unsigned char *file;
    size_t bytes;
    const Elf64_Ehdr *header;
    struct symbol *symbols; // by address
    uint32_t symbols_count;
    uint32_t first; // number of symbols[0]
};

static bool inside(const struct image *image, uint64_t offset, uint64_t bytes)
{
    return offset <= image->bytes && bytes <= image->bytes - offset;
}

static bool read_file(struct image *image, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    long bytes = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    bool read = bytes > 0 && bytes < FILE_BYTES_MAX;
    if (read) {
        image->bytes = (size_t)bytes;
        image->file = map_allocate(1, image->bytes);
        read = fread(image->file, 1, image->bytes, file) == image->bytes;
    }
    fclose(file);
    return read;
}

static bool check_header(struct image *image)
{
    image->header = (const Elf64_Ehdr *)image->file;
    const Elf64_Ehdr *header = image->header;
    return image->bytes >= sizeof(*header) && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_phentsize == sizeof(Elf64_Phdr) &&
           header->e_shentsize == sizeof(Elf64_Shdr) && header->e_phoff % 8 == 0 &&
           header->e_shoff % 8 == 0 &&
           inside(image, header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr)) &&
           inside(image, header->e_shoff, header->e_shnum * sizeof(Elf64_Shdr));
}

static int by_start(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;
    int order = (x->start > y->start) - (x->start < y->start);
    order = order != 0 ? order : (x->end > y->end) - (x->end < y->end);
    return order != 0 ? order : strcmp(x->name, y->name);
}

/// Symbols without a size (labels of the assembler and the linker) reach to the next one in their
/// section; what has a size at the same address comes behind them, and is that next one.
static void sort_symbols(struct image *image)
{
    qsort(image->symbols, image->symbols_count, sizeof(*image->symbols), by_start);
    for (uint32_t i = 0; i < image->symbols_count; i++) {
        struct symbol *symbol = &image->symbols[i];
        if (symbol->end == symbol->start) {
            bool next = i + 1 < image->symbols_count && symbol[1].start < symbol->section_end;
            symbol->end = next ? symbol[1].start : symbol->section_end;
        }
    }
}

static bool wanted(const struct image *image, const Elf64_Sym *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < image->header->e_shnum &&
           (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE);
}

static void add_symbols(struct image *image, const char *name, const Elf64_Shdr *sections,
                        const Elf64_Shdr *table)
{
    const Elf64_Shdr *strings = &sections[table->sh_link];
    size_t count = table->sh_size / sizeof(Elf64_Sym);
    const Elf64_Sym *symbols = (const Elf64_Sym *)(image->file + table->sh_offset);
    image->symbols = map_allocate(count + 1, sizeof(*image->symbols));
    for (size_t i = 0; i < count; i++) {
        const Elf64_Sym *symbol = &symbols[i];
        if (!wanted(image, symbol) || symbol->st_name >= strings->sh_size)
            continue;
        const char *text = (const char *)image->file + strings->sh_offset + symbol->st_name;
        struct symbol *added = &image->symbols[image->symbols_count];
        const Elf64_Shdr *section = &sections[symbol->st_shndx];
        *added = (struct symbol){symbol->st_value, symbol->st_value + symbol->st_size,
                                 section->sh_addr + section->sh_size, NULL};
        size_t room = strings->sh_size - symbol->st_name;
        if (*text != '\0' && asprintf(&added->name, "%s:%.*s", name, (int)room, text) > 0)
            image->symbols_count++;
    }
    sort_symbols(image);
}

static void read_symbols(struct image *image, const char *name)
{
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(image->file + image->header->e_shoff);
    for (unsigned i = 0; i < image->header->e_shnum; i++) {
        const Elf64_Shdr *table = &sections[i];
        if (table->sh_type == SHT_SYMTAB && table->sh_link < image->header->e_shnum &&
            table->sh_offset % 8 == 0 && inside(image, table->sh_offset, table->sh_size) &&
            inside(image, sections[table->sh_link].sh_offset, sections[table->sh_link].sh_size)) {
            add_symbols(image, name, sections, table);
            return;
        }
    }
}

bool images_add(struct images *images, const char *path)
{
    struct image *image = map_allocate(1, sizeof(*image));
    if (images->count == IMAGES_MAX || !read_file(image, path) || !check_header(image)) {
        free(image->file);
        free(image);
        return false;
    }
    read_symbols(image, basename(path));
    image->first = images->symbols + 1;
    images->symbols += image->symbols_count;
    images->items[images->count++] = image;
    return true;
}

static bool has_code(const struct image *image, uint64_t vaddr, const void *bytes, size_t count)
{
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(image->file + image->header->e_phoff);
    for (unsigned i = 0; i < image->header->e_phnum; i++) {
        const Elf64_Phdr *segment = &segments[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) != 0 &&
            inside(image, segment->p_offset, segment->p_filesz) && vaddr >= segment->p_vaddr &&
            vaddr - segment->p_vaddr <= segment->p_filesz &&
            count <= segment->p_filesz - (vaddr - segment->p_vaddr)) {
            const unsigned char *code = image->file + segment->p_offset;
            return memcmp(code + (vaddr - segment->p_vaddr), bytes, count) == 0;
        }
    }
    return false;
}

int images_match(const struct images *images, uint64_t vaddr, const void *bytes, size_t count)
{
    int match = IMAGE_NONE;
    for (unsigned i = 0; i < images->count; i++) {
        if (has_code(images->items[i], vaddr, bytes, count)) {
            if (match != IMAGE_NONE)
                return IMAGE_NONE;
            match = (int)i;
        }
    }
    return match;
}

uint32_t images_symbol(const struct images *images, int number, uint64_t vaddr)
{
    if (number < 0 || (unsigned)number >= images->count)
        return 0;
    const struct image *image = images->items[number];
    uint32_t low = 0, high = image->symbols_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (image->symbols[middle].start <= vaddr)
            low = middle + 1;
        else
            high = middle;
    }
    // The nearest one that starts at or below the address and reaches over it; a label within a
    // function or array hides it only up to the label's own end.
    for (uint32_t i = low; i > 0 && low - i < 8; i--)
        if (vaddr < image->symbols[i - 1].end)
            return image->first + i - 1;
    return 0;
}

const char *images_symbol_name(const struct images *images, uint32_t symbol)
{
    for (unsigned i = 0; i < images->count; i++) {
        const struct image *image = images->items[i];
        if (symbol >= image->first && symbol - image->first < image->symbols_count)
            return image->symbols[symbol - image->first].name;
    }
    return "-";
}

uint64_t images_address(const struct images *images, int number, const char *name)
{
    const struct image *image = images->items[number];
    for (uint32_t i = 0; i < image->symbols_count; i++)
        if (strcmp(strchr(image->symbols[i].name, ':') + 1, name) == 0)
            return image->symbols[i].start;
    return 0;
}

void images_free(struct images *images)
{
    for (unsigned i = 0; i < images->count; i++) {
        struct image *image = images->items[i];
        for (uint32_t k = 0; k < image->symbols_count; k++)
            free(image->symbols[k].name);
        free(image->symbols);
        free(image->file);
        free(image);
    }
    *images = (struct images){0};
}
