// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Multiboot2 information structures: a good one, each error, the bounds of the result, and random
// damage under AddressSanitizer.
#include "exact_copy.h"
#include "firmware/multiboot2.h"
#include "testlib/testlib.h"

enum { STRUCTURE_MAX = 16384, FUZZ_ROUNDS = 40000 };

struct builder {
    size_t used;
    uint8_t bytes[STRUCTURE_MAX];
};

static struct multiboot2_info info;

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void begin(struct builder *b)
{
    memset(b, 0, sizeof(*b));
    b->used = 8;
}

/// Append a tag; returns the offset of its header.
static size_t add_tag(struct builder *b, uint32_t type, const void *payload, size_t bytes)
{
    size_t at = b->used;
    put32(b->bytes + at, type);
    put32(b->bytes + at + 4, (uint32_t)bytes + 8);
    memcpy(b->bytes + at + 8, payload, bytes);
    b->used = (at + 8 + bytes + 7) & ~(size_t)7;
    put32(b->bytes, (uint32_t)b->used);
    return at;
}

static size_t add_module(struct builder *b, uint32_t start, uint32_t end, const char *text)
{
    uint8_t payload[64] = {0};
    put32(payload, start);
    put32(payload + 4, end);
    memcpy(payload + 8, text, strlen(text));
    return add_tag(b, 3, payload, 8 + strlen(text) + 1);
}

static size_t add_memory(struct builder *b, size_t entries)
{
    static uint8_t payload[8192];
    memset(payload, 0, sizeof(payload));
    put32(payload, 24);
    for (size_t i = 0; i < entries; i++) {
        put32(payload + 8 + i * 24, (uint32_t)i * 0x10000);
        put32(payload + 8 + i * 24 + 8, 0x8000);
        put32(payload + 8 + i * 24 + 16, i % 2 == 0 ? 1 : 2);
    }
    return add_tag(b, 6, payload, 8 + entries * 24);
}

static size_t add_end(struct builder *b)
{
    return add_tag(b, 0, "", 0);
}

static enum multiboot2_error parse_bytes(const struct builder *b, size_t bytes)
{
    uint8_t *exact = exact_copy(b->bytes, bytes);
    enum multiboot2_error error = multiboot2_parse(exact, bytes, &info);
    CU_ASSERT(info.memory_count <= MULTIBOOT2_MEMORY_MAX);
    CU_ASSERT(info.module_count <= MULTIBOOT2_MODULES_MAX);
    CU_ASSERT(strlen(info.command_line) + strlen(info.loader_name) < STRUCTURE_MAX);
    for (size_t i = 0; i < info.module_count; i++)
        CU_ASSERT(strlen(info.modules[i].command_line) < STRUCTURE_MAX &&
                  info.modules[i].start <= info.modules[i].end);
    free(exact);
    return error;
}

static enum multiboot2_error parse(const struct builder *b)
{
    return parse_bytes(b, b->used);
}

static void build_good(struct builder *b)
{
    uint8_t rsdp[36];
    memset(rsdp, 'r', sizeof(rsdp));
    begin(b);
    add_tag(b, 1, "console=serial", 15);
    add_tag(b, 2, "GRUB 2.06", 10);
    add_module(b, 0x200000, 0x201234, "/init core 0");
    add_tag(b, 8, "framebuffer, unknown here", 26);
    add_module(b, 0x300000, 0x300000, "");
    add_memory(b, 3);
    add_tag(b, 15, rsdp, 36);
    add_tag(b, 14, "old RSDP of 20 bytes", 20);
    add_end(b);
}

static void test_good(void)
{
    struct builder b;
    build_good(&b);
    uint8_t *exact = exact_copy(b.bytes, b.used);
    CU_ASSERT_EQUAL(multiboot2_parse(exact, b.used, &info), MULTIBOOT2_OK);
    CU_ASSERT_STRING_EQUAL(info.command_line, "console=serial");
    CU_ASSERT_STRING_EQUAL(info.loader_name, "GRUB 2.06");
    CU_ASSERT_EQUAL(info.module_count, 2);
    CU_ASSERT_STRING_EQUAL(info.modules[0].command_line, "/init core 0");
    CU_ASSERT_EQUAL(info.modules[0].start, 0x200000);
    CU_ASSERT_EQUAL(info.modules[0].end, 0x201234);
    CU_ASSERT_STRING_EQUAL(info.modules[1].command_line, "");
    CU_ASSERT_EQUAL(info.memory_count, 3);
    CU_ASSERT_EQUAL(info.memory[1].base, 0x10000);
    CU_ASSERT_EQUAL(info.memory[1].bytes, 0x8000);
    CU_ASSERT_EQUAL(info.memory[1].type, 2);
    CU_ASSERT_EQUAL(info.rsdp_bytes, 36);
    CU_ASSERT_EQUAL(info.rsdp[35], 'r');
    free(exact);
}

static void test_sizes(void)
{
    struct builder b;
    build_good(&b);
    CU_ASSERT_EQUAL(parse_bytes(&b, 7), MULTIBOOT2_NO_ROOM);
    CU_ASSERT_EQUAL(parse_bytes(&b, b.used - 1), MULTIBOOT2_BAD_TOTAL_SIZE);
    put32(b.bytes, 7);
    CU_ASSERT_EQUAL(parse(&b), MULTIBOOT2_BAD_TOTAL_SIZE);
    put32(b.bytes, (uint32_t)b.used - 8);
    CU_ASSERT_EQUAL(parse(&b), MULTIBOOT2_NO_END_TAG);
    CU_ASSERT_EQUAL(info.module_count, 2);
    put32(b.bytes, 8);
    CU_ASSERT_EQUAL(parse(&b), MULTIBOOT2_NO_END_TAG);
    static const uint32_t sizes[] = {0, 7, 17, 0x7fffffff, 0xfffffff9, 0xffffffff};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        begin(&b);
        size_t tag = add_tag(&b, 77, "", 0);
        add_end(&b);
        put32(b.bytes + tag + 4, sizes[i]);
        CU_ASSERT_EQUAL(parse(&b),
                        sizes[i] < 8 ? MULTIBOOT2_TAG_TOO_SMALL : MULTIBOOT2_TAG_OVERRUN);
        CU_ASSERT_EQUAL(info.error_offset, tag);
    }
}

/// Parse a structure of one tag with this payload, then a memory map and the end.
static enum multiboot2_error parse_one(uint32_t type, const void *payload, size_t bytes)
{
    struct builder b;
    begin(&b);
    add_tag(&b, type, payload, bytes);
    add_memory(&b, 1);
    add_end(&b);
    return parse(&b);
}

static void test_bad_tags(void)
{
    struct builder b;
    CU_ASSERT_EQUAL(parse_one(1, "no end", 6), MULTIBOOT2_BAD_STRING);
    CU_ASSERT_EQUAL(parse_one(2, "", 0), MULTIBOOT2_BAD_STRING);
    CU_ASSERT_EQUAL(parse_one(3, "1234567", 7), MULTIBOOT2_TAG_TOO_SMALL);
    CU_ASSERT_EQUAL(parse_one(3, "\0\0\0\0\1\0\0\0no end", 14), MULTIBOOT2_BAD_STRING);
    CU_ASSERT_EQUAL(parse_one(3, "\2\0\0\0\1\0\0\0", 9), MULTIBOOT2_BAD_MODULE);
    CU_ASSERT_EQUAL(parse_one(6, "\30\0\0\0", 4), MULTIBOOT2_TAG_TOO_SMALL);
    CU_ASSERT_EQUAL(parse_one(6, "\27\0\0\0\0\0\0", 8), MULTIBOOT2_BAD_MEMORY_ENTRY);
    CU_ASSERT_EQUAL(parse_one(6, "\0\0\0\0\0\0\0", 8), MULTIBOOT2_BAD_MEMORY_ENTRY);
    CU_ASSERT_EQUAL(parse_one(14, "too short for RSDP", 19), MULTIBOOT2_TAG_TOO_SMALL);
    CU_ASSERT_EQUAL(parse_one(15, "an old RSDP of 20 b", 20), MULTIBOOT2_TAG_TOO_SMALL);
    CU_ASSERT_EQUAL(parse_one(14, "an old RSDP of 20 b", 20), MULTIBOOT2_OK);
    CU_ASSERT_EQUAL(info.rsdp_bytes, 20);
    begin(&b);
    add_end(&b);
    CU_ASSERT_EQUAL(parse(&b), MULTIBOOT2_NO_MEMORY_MAP);
    for (int error = 0; error < MULTIBOOT2_ERROR_COUNT; error++)
        CU_ASSERT(strlen(multiboot2_error_text(error)) > 5);
    CU_ASSERT_STRING_EQUAL(multiboot2_error_text(-1), "unknown error");
}

/// Each tag too small for its type as the very last bytes there are, where a look beyond the tag is
/// a look beyond the buffer.
static void test_small_last_tags(void)
{
    static const struct {
        uint32_t type;
        size_t needed;
    } cases[] = {{3, 8}, {6, 8}, {14, 20}, {15, 36}};
    static const uint8_t zeros[36];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t bytes = 0; bytes < cases[i].needed; bytes++) {
            struct builder b;
            begin(&b);
            size_t tag = add_tag(&b, cases[i].type, zeros, bytes);
            put32(b.bytes, (uint32_t)(tag + 8 + bytes));
            CU_ASSERT_EQUAL(parse_bytes(&b, tag + 8 + bytes), MULTIBOOT2_TAG_TOO_SMALL);
        }
    }
}

static void test_bounds(void)
{
    struct builder b;
    begin(&b);
    for (uint32_t i = 0; i < MULTIBOOT2_MODULES_MAX + 5; i++)
        add_module(&b, i, i + 1, "m");
    add_memory(&b, MULTIBOOT2_MEMORY_MAX + 7);
    add_end(&b);
    CU_ASSERT_EQUAL(parse(&b), MULTIBOOT2_OK);
    CU_ASSERT_EQUAL(info.module_count, MULTIBOOT2_MODULES_MAX);
    CU_ASSERT_EQUAL(info.modules_dropped, 5);
    CU_ASSERT_EQUAL(info.memory_count, MULTIBOOT2_MEMORY_MAX);
    CU_ASSERT_EQUAL(info.memory_dropped, 7);
}

static void test_fuzz(void)
{
    static const uint32_t edges[] = {0, 1, 7, 8, 9, 15, 16, 23, 24, 0x7fffffff, 0xfffffff8, ~0u};
    struct test_random random;
    test_random_init(&random, 2);
    struct builder good;
    build_good(&good);
    unsigned accepted = 0;
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
        struct builder b = good;
        for (uint64_t flips = test_random_below(&random, 4); flips > 0; flips--)
            b.bytes[test_random_below(&random, b.used)] ^= 1u << test_random_below(&random, 8);
        if (test_random_below(&random, 2) == 0)
            put32(b.bytes + 4 * test_random_below(&random, b.used / 4),
                  edges[test_random_below(&random, sizeof(edges) / sizeof(edges[0]))]);
        size_t bytes =
            test_random_below(&random, 4) == 0 ? test_random_below(&random, b.used) : b.used;
        if (test_random_below(&random, 2) == 0)
            put32(b.bytes, (uint32_t)bytes);
        accepted += parse_bytes(&b, bytes) == MULTIBOOT2_OK;
    }
    CU_ASSERT(accepted > 0 && accepted < FUZZ_ROUNDS);
}

TEST_SUITE("multiboot2") = {
    {"a good structure", test_good},
    {"wrong sizes", test_sizes},
    {"malformed tags", test_bad_tags},
    {"too small tags at the very end", test_small_last_tags},
    {"more than there is room for", test_bounds},
    {"random damage", test_fuzz},
};
