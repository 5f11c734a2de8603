// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The file of --direct: its layout for a small CPU driver, and each way in which that one can be
// broken.
#include "direct.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "scratch.h"
#include "shim.h"
#include "testlib/testlib.h"

#define MEMORY_MIB 64
#define TEXT_OFFSET 4096

struct small_elf {
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    char padding[TEXT_OFFSET - sizeof(Elf64_Ehdr) - sizeof(Elf64_Phdr)];
    char text[16];
};

static struct platform_module module = {.name = "m"};
static const struct platform platform = {
    .name = "pc",
    .cpudriver = "cpudriver",
    .modules = &module,
    .modules_count = 1,
};

static struct small_elf good_elf(void)
{
    return (struct small_elf){
        .header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
                   .e_entry = 0xffffffff80100004,
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_LOAD,
                    .p_offset = TEXT_OFFSET,
                    .p_vaddr = 0xffffffff80100000,
                    .p_paddr = 0x100000,
                    .p_filesz = 16,
                    .p_memsz = 48},
        .text = "fifteen letters",
    };
}

/// Build from this ELF file (cut to `bytes`) and the module "hello".
static bool build(const struct small_elf *elf, size_t bytes, unsigned memory_mib,
                  struct report *report)
{
    struct modules modules;
    const char *const added[] = {scratch_write("m", "hello")};
    FILE *file = fopen(scratch_path("cpudriver"), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(elf, 1, bytes, file), bytes);
    fclose(file);
    *report = (struct report){0};
    CU_ASSERT_FATAL(modules_collect(&modules, &platform, scratch_path("."), added, 1, report));
    bool built = direct_build(&modules, memory_mib, scratch_path("direct"), report);
    modules_free(&modules);
    return built;
}

/// The bytes that the file puts at a physical address.
static const char *at(const char *file, uint32_t address)
{
    return file + (address - SHIM_LOAD_ADDRESS);
}

static void test_layout(void)
{
    struct report report;
    struct small_elf elf = good_elf();
    CU_ASSERT_FATAL(build(&elf, sizeof(elf), MEMORY_MIB, &report));
    const char *file = scratch_read("direct");
    uint32_t header[8];
    memcpy(header, file, sizeof(header));
    CU_ASSERT_EQUAL(header[0] + header[1] + header[2], 0);
    CU_ASSERT_EQUAL(header[4], SHIM_LOAD_ADDRESS);
    struct shim_parameters parameters;
    memcpy(&parameters, file + (shim_parameters - shim_start), sizeof(parameters));
    CU_ASSERT_EQUAL(parameters.entry, 0x100004);
    CU_ASSERT_EQUAL_FATAL(parameters.segments_count, 1);
    CU_ASSERT_EQUAL(parameters.segments[0].to, 0x100000);
    CU_ASSERT_EQUAL(parameters.segments[0].file_bytes, 16);
    CU_ASSERT_EQUAL(parameters.segments[0].zero_bytes, 32);
    CU_ASSERT_STRING_EQUAL(at(file, parameters.segments[0].from), "fifteen letters");
    const char *info = at(file, parameters.info);
    uint32_t tag[4];
    memcpy(tag, info + 8, sizeof(tag));
    CU_ASSERT_EQUAL(tag[0], 2);
    CU_ASSERT_STRING_EQUAL(info + 16, "stave-boot");
    const char *module_tag = info + 8 + ((tag[1] + 7) & ~7u);
    memcpy(tag, module_tag, sizeof(tag));
    CU_ASSERT_EQUAL(tag[0], 3);
    CU_ASSERT_EQUAL(tag[2] % 4096, 0);
    CU_ASSERT_EQUAL(tag[3] - tag[2], 5);
    CU_ASSERT_EQUAL(memcmp(at(file, tag[2]), "hello", 5), 0);
    CU_ASSERT_STRING_EQUAL(module_tag + 16, "m");
    CU_ASSERT_EQUAL(parameters.info_bytes, (size_t)(module_tag - info) + 24);
}

static void refused(const struct small_elf *elf, size_t bytes)
{
    struct report report;
    CU_ASSERT_FALSE(build(elf, bytes, MEMORY_MIB, &report));
    CU_ASSERT_PTR_NOT_NULL(strstr(report.text, ": not a 64-bit ELF file for addresses below"));
}

/// With one field wrong.
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        elf = good_elf();                                                                          \
        elf.field = (value);                                                                       \
        refused(&elf, sizeof(elf));                                                                \
    } while (0)

static void test_broken_elf(void)
{
    struct small_elf elf = good_elf();
    refused(&elf, 0);
    refused(&elf, sizeof(Elf64_Ehdr) - 1);
    refused(&elf, sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) - 1);
    refused(&elf, sizeof(elf) - 1);
    REFUSED(header.e_ident[EI_CLASS], ELFCLASS32);
    REFUSED(header.e_phoff, UINT64_MAX);
    REFUSED(header.e_entry, 0x100004);
    REFUSED(segment.p_offset, UINT64_MAX - 4);
    REFUSED(segment.p_filesz, UINT64_MAX);
    REFUSED(segment.p_memsz, 8);
    REFUSED(segment.p_paddr, SHIM_LOAD_ADDRESS - 8);
}

static void test_no_room(void)
{
    struct report report;
    struct small_elf elf = good_elf();
    CU_ASSERT_FALSE(build(&elf, sizeof(elf), 32, &report));
    CU_ASSERT_STRING_EQUAL(report.text,
                           "the boot modules need 33 MiB of memory, the machine has 32");
}

TEST_SUITE("direct", .set_up = scratch_begin, .tear_down = scratch_end) = {
    {"layout", test_layout},
    {"broken CPU driver", test_broken_elf},
    {"too little memory", test_no_room},
};
