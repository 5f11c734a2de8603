// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The names of functions: put into a program, found again by address, and looked for in tables that
// are broken at random.
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>

#include "kpi/elf.h"
#include "kpi/elf_names.h"
#include "names.h"

#define TEXT 0x401000u
#define FUZZ_ROUNDS 20000

enum { LOAD, NOTE, STACK, HEADERS };
enum { NO_SECTION, SYMTAB, STRTAB, SECTIONS };

static const char strings[] = "\0first\0alias_of_first\0static_first\0second\0data\0far";

struct program {
    Elf64_Ehdr header;
    Elf64_Phdr headers[HEADERS];
    struct {
        Elf64_Nhdr head;
        char name[8];
        uint64_t place[2];
    } __attribute__((packed, aligned(4))) note;
    Elf64_Sym symbols[7];
    char strings[sizeof(strings)];
    Elf64_Shdr sections[SECTIONS];
    unsigned char code[64];
};

static Elf64_Sym function(unsigned name, unsigned bind, uint64_t at, uint64_t bytes)
{
    return (Elf64_Sym){.st_name = name,
                       .st_info = ELF64_ST_INFO(bind, STT_FUNC),
                       .st_shndx = 1,
                       .st_value = at,
                       .st_size = bytes};
}

static struct program good_program(void)
{
    struct program p = {
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_version = EV_CURRENT,
                   .e_entry = TEXT + offsetof(struct program, code),
                   .e_phoff = offsetof(struct program, headers),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = HEADERS,
                   .e_shoff = offsetof(struct program, sections),
                   .e_shentsize = sizeof(Elf64_Shdr),
                   .e_shnum = SECTIONS},
        .note = {{sizeof(ELF_NOTE_NAME), 16, ELF_NOTE_DOMAIN}, ELF_NOTE_NAME, {0, 0}},
        .symbols = {[1] = function(1, STB_WEAK, TEXT + 0x100, 0x40),
                    [2] = function(7, STB_GLOBAL, TEXT + 0x100, 0x40),
                    [3] = function(22, STB_LOCAL, TEXT + 0x100, 0x40),
                    [4] = function(35, STB_LOCAL, TEXT + 0x80, 0x20),
                    [5] = function(47, STB_LOCAL, 1ul << 40, 0x20),
                    [6] = {.st_name = 42, .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT)}},
        .sections = {[SYMTAB] = {.sh_type = SHT_SYMTAB,
                                 .sh_link = STRTAB,
                                 .sh_offset = offsetof(struct program, symbols),
                                 .sh_size = sizeof(p.symbols)},
                     [STRTAB] = {.sh_type = SHT_STRTAB,
                                 .sh_offset = offsetof(struct program, strings),
                                 .sh_size = sizeof(strings)}},
    };
    p.headers[LOAD] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_flags = PF_R | PF_X,
                                   .p_vaddr = TEXT,
                                   .p_filesz = sizeof(p),
                                   .p_memsz = sizeof(p)};
    p.headers[NOTE] = (Elf64_Phdr){.p_type = PT_NOTE,
                                   .p_flags = PF_R,
                                   .p_offset = offsetof(struct program, note),
                                   .p_filesz = sizeof(p.note)};
    p.headers[STACK].p_type = PT_GNU_STACK;
    memcpy(p.strings, strings, sizeof(strings));
    return p;
}

static struct names_file file_of(const struct program *program)
{
    struct names_file file = {malloc(sizeof(*program)), sizeof(*program)};
    memcpy(file.bytes, program, sizeof(*program));
    return file;
}

static void expect_name(const void *table, size_t bytes, uint64_t address, const char *name,
                        uint64_t offset)
{
    uint64_t got = UINT64_MAX;
    const char *found = elf_names_find(table, bytes, address, &got);
    if (name == NULL) {
        CU_ASSERT_PTR_NULL(found);
        return;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_STRING_EQUAL(found, name);
    CU_ASSERT_EQUAL(got, offset);
}

/// The program stays one that a loader takes, and the note tells where the table is loaded.
static void test_add(void)
{
    struct program program = good_program();
    struct names_file file = file_of(&program);
    CU_ASSERT_PTR_NULL_FATAL(names_add(&file));
    const struct program *now = (const struct program *)file.bytes;
    const struct elf_limits limits = {0x400000, 1ul << 30, 1ul << 20};
    struct elf_info info;
    CU_ASSERT_EQUAL_FATAL(elf_check(file.bytes, file.count, &limits, &info), SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(info.count, 2);
    const struct elf_segment *segment = &info.segments[1];
    CU_ASSERT_EQUAL(segment->vaddr, now->note.place[0]);
    CU_ASSERT_EQUAL(segment->filesz, now->note.place[1]);
    CU_ASSERT_EQUAL(segment->flags, ELF_FLAG_READ);
    CU_ASSERT(segment->offset + segment->filesz <= file.count && file.count % 4096 == 0);
    const void *table = file.bytes + segment->offset;
    size_t bytes = segment->filesz;
    expect_name(table, bytes, TEXT + 0x7f, NULL, 0);
    expect_name(table, bytes, TEXT + 0x80, "second", 0);
    expect_name(table, bytes, TEXT + 0xff, "second", 0x7f);
    expect_name(table, bytes, TEXT + 0x100, "alias_of_first", 0); // the global one
    expect_name(table, bytes, TEXT + 0x13f, "alias_of_first", 0x3f);
    expect_name(table, bytes, TEXT + 0x140, NULL, 0);
    expect_name(table, bytes, UINT64_MAX, NULL, 0);
    free(file.bytes);
}

/// strip(1) empties the segment: it is filled again, behind what is left of the file.
static void test_emptied(void)
{
    struct program program = good_program();
    program.headers[STACK] = (Elf64_Phdr){
        .p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = TEXT + 0x10000, .p_offset = sizeof(program)};
    program.note.place[0] = TEXT + 0x10000;
    struct names_file file = file_of(&program);
    CU_ASSERT_PTR_NULL_FATAL(names_add(&file));
    const struct program *now = (const struct program *)file.bytes;
    const Elf64_Phdr *segment = &now->headers[STACK];
    CU_ASSERT_EQUAL(segment->p_vaddr, now->note.place[0]);
    CU_ASSERT_EQUAL(segment->p_filesz, now->note.place[1]);
    CU_ASSERT(segment->p_filesz > 0 && segment->p_offset >= sizeof(program));
    expect_name(file.bytes + segment->p_offset, segment->p_filesz, TEXT + 0x80, "second", 0);
    free(file.bytes);
}

static void refused(const struct program *program, const char *why)
{
    struct names_file file = file_of(program);
    const char *error = names_add(&file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error);
    CU_ASSERT_STRING_EQUAL(error, why);
    CU_ASSERT(file.count == sizeof(*program) && memcmp(file.bytes, program, file.count) == 0);
    free(file.bytes);
}

static void test_refused(void)
{
    struct program program = good_program();
    program.header.e_ident[0] = 0;
    refused(&program, "not an ELF program");
    program = good_program();
    program.header.e_phoff = UINT64_MAX;
    refused(&program, "not an ELF program");
    program = good_program();
    program.sections[SYMTAB].sh_type = SHT_NULL;
    refused(&program, "no functions with names");
    program = good_program();
    program.sections[SYMTAB].sh_size = UINT64_MAX;
    refused(&program, "no functions with names");
    program = good_program();
    program.headers[STACK].p_type = PT_NULL;
    refused(&program, "no program header to spare");
    program = good_program();
    program.headers[NOTE].p_offset = UINT64_MAX - 4;
    refused(&program, "no note of Stave's");
    program = good_program();
    program.note.head.n_descsz = 0;
    refused(&program, "no note of Stave's");
    struct names_file file = {(unsigned char *)&program, sizeof(program)};
    CU_ASSERT_FALSE(names_has_place(&file));
    program = good_program();
    CU_ASSERT_TRUE(names_has_place(&file));
}

/// Nothing outside a table is read, whatever is in it: the sanitizer watches.
static void test_broken(void)
{
    struct test_random random;
    test_random_init(&random, 5);
    const struct {
        struct elf_names_head head;
        struct elf_name entries[3];
        char strings[9];
    } __attribute__((packed)) good = {{3, 9}, {{16, 1}, {32, 5}, {48, 0}}, "\0one\0two"};
    unsigned found = 0;
    expect_name(&good, sizeof(good), 33, "two", 1);
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
        size_t bytes = sizeof(good) - test_random_below(&random, 4);
        unsigned char *table = malloc(bytes);
        memcpy(table, &good, bytes);
        table[test_random_below(&random, bytes)] = (unsigned char)test_random_next(&random);
        uint64_t offset;
        const char *name = elf_names_find(table, bytes, test_random_below(&random, 64), &offset);
        found += name != NULL && strlen(name) > 0;
        free(table);
    }
    CU_ASSERT(found > 0 && found < FUZZ_ROUNDS);
}

TEST_SUITE("names") = {
    {"put in and found", test_add},
    {"put in again", test_emptied},
    {"programs that cannot have them", test_refused},
    {"broken tables", test_broken},
};
