// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The check of untrusted ELF images: a good image, each error, limits at their edges, and random
// damage under AddressSanitizer, where whatever is accepted must hold all that elf.h promises.
#include <kpi/elf.h>
#include <stdlib.h>
#include <testlib/testlib.h>

enum { PHDRS = 5, IMAGE_BYTES = 0x2300, FUZZ_ROUNDS = 60000 };
enum { TEXT, DATA, TLS, NOTE, EMPTY };

static const struct elf_limits limits = {0x400000, 0x800000000000, 0x100000};

struct image {
    struct elf_header header;
    struct elf_phdr phdrs[PHDRS];
    struct elf_note note;
    char name[8];
};
_Static_assert(sizeof(ELF_NOTE_NAME) <= 8, "the name of the note");

static struct elf_info info;

static struct image good_image(void)
{
    struct image image = {
        .header = {.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
                   .type = 2,
                   .machine = 62,
                   .version = 1,
                   .entry = 0x401100,
                   .phoff = 64,
                   .ehsize = 64,
                   .phentsize = 56,
                   .phnum = PHDRS},
        .phdrs =
            {
                [TEXT] =
                    {.type = 1, .flags = 5, .vaddr = 0x401000, .filesz = 0x1234, .memsz = 0x1234},
                [DATA] = {.type = 1,
                          .flags = 6,
                          .offset = 0x2100,
                          .vaddr = 0x404100,
                          .filesz = 0x200,
                          .memsz = 0x3000},
                [TLS] = {.type = 7,
                         .flags = 4,
                         .offset = 0x2140,
                         .vaddr = 0x404140,
                         .filesz = 0x40,
                         .memsz = 0x80,
                         .align = 32},
                [NOTE] = {.type = 4, .offset = offsetof(struct image, note), .filesz = 20},
                [EMPTY] = {.type = 1, .offset = 0x2300},
            },
        .note = {sizeof(ELF_NOTE_NAME), 0, ELF_NOTE_DOMAIN},
        .name = ELF_NOTE_NAME};
    return image;
}

static enum err_code check_bytes(const uint8_t *bytes, size_t count,
                                 const struct elf_limits *within)
{
    uint8_t *exact = malloc(count > 0 ? count : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, bytes, count);
    memset(&info, 0xa5, sizeof(info));
    struct elf_info untouched = info;
    enum err_code error = elf_check(exact, count, within, &info);
    if (error != SYS_ERR_OK)
        CU_ASSERT_EQUAL(memcmp(&info, &untouched, sizeof(info)), 0);
    free(exact);
    return error;
}

static enum err_code check(const struct image *image)
{
    uint8_t bytes[IMAGE_BYTES] = {0};
    memcpy(bytes, image, sizeof(*image));
    return check_bytes(bytes, sizeof(bytes), &limits);
}

static void test_good(void)
{
    struct image image = good_image();
    CU_ASSERT_EQUAL_FATAL(check(&image), SYS_ERR_OK);
    CU_ASSERT_EQUAL(info.entry, 0x401100);
    CU_ASSERT_EQUAL(info.count, 2);
    CU_ASSERT_EQUAL(info.phnum, PHDRS);
    CU_ASSERT_EQUAL(info.phdr_vaddr, 0x401040);
    CU_ASSERT_EQUAL(info.load_bytes, 0x2000 + 0x4000);
    CU_ASSERT_EQUAL(info.segments[0].vaddr, 0x401000);
    CU_ASSERT_EQUAL(info.segments[0].flags, ELF_FLAG_READ | ELF_FLAG_EXECUTE);
    CU_ASSERT_EQUAL(info.segments[1].offset, 0x2100);
    CU_ASSERT_EQUAL(info.segments[1].filesz, 0x200);
    CU_ASSERT_EQUAL(info.segments[1].memsz, 0x3000);
    CU_ASSERT_EQUAL(info.tls_vaddr, 0x404140);
    CU_ASSERT_EQUAL(info.tls_filesz, 0x40);
    CU_ASSERT_EQUAL(info.tls_memsz, 0x80);
    CU_ASSERT_EQUAL(info.tls_align, 32);
    image.phdrs[TLS].type = 4;
    CU_ASSERT_EQUAL(check(&image), SYS_ERR_OK);
    CU_ASSERT_EQUAL(info.tls_align, 0);
}

// Replace one field of the good image; the check must answer with this error.
#define EXPECT(error, field, value)                                                                \
    do {                                                                                           \
        struct image image = good_image();                                                         \
        image.field = (value);                                                                     \
        CU_ASSERT_EQUAL(check(&image), error);                                                     \
    } while (0)

static void test_bad_header(void)
{
    struct image image = good_image();
    const uint8_t *bytes = (const uint8_t *)&image;
    CU_ASSERT_EQUAL(check_bytes(bytes, 0, &limits), ELF_ERR_EMPTY);
    CU_ASSERT_EQUAL(check_bytes(bytes, 3, &limits), ELF_ERR_MAGIC);
    CU_ASSERT_EQUAL(check_bytes(bytes, 63, &limits), ELF_ERR_TRUNCATED);
    CU_ASSERT_EQUAL(check_bytes(bytes, offsetof(struct image, note) - 1, &limits),
                    ELF_ERR_TRUNCATED);
    EXPECT(ELF_ERR_MAGIC, header.ident[0], 0x7e);
    EXPECT(ELF_ERR_MAGIC, header.ident[3], 'f');
    EXPECT(ELF_ERR_32_BIT, header.ident[4], 1);
    EXPECT(ELF_ERR_ENCODING, header.ident[4], 3);
    EXPECT(ELF_ERR_ENCODING, header.ident[5], 2);
    EXPECT(ELF_ERR_ENCODING, header.ident[6], 0);
    EXPECT(ELF_ERR_ENCODING, header.version, 2);
    EXPECT(ELF_ERR_MACHINE, header.machine, 3);
    EXPECT(ELF_ERR_OBJECT, header.type, 1);
    EXPECT(ELF_ERR_PIE, header.type, 3);
    EXPECT(ELF_ERR_TYPE, header.type, 4);
    EXPECT(ELF_ERR_PHDRS, header.phentsize, 55);
    EXPECT(ELF_ERR_PHDRS, header.phnum, 0);
    EXPECT(ELF_ERR_PHDRS, header.phnum, ELF_PHNUM_MAX + 1);
    EXPECT(ELF_ERR_PHDRS, header.phnum, 0xffff);
    EXPECT(ELF_ERR_TRUNCATED, header.phoff, IMAGE_BYTES - PHDRS * 56 + 1);
    EXPECT(ELF_ERR_TRUNCATED, header.phoff, UINT64_MAX - 8);
    EXPECT(ELF_ERR_ENTRY, header.entry, 0);
    EXPECT(ELF_ERR_ENTRY, header.entry, 0x400fff);
    EXPECT(ELF_ERR_ENTRY, header.entry, 0x401000 + 0x1234);
    EXPECT(ELF_ERR_ENTRY, header.entry, 0x404100);
    EXPECT(SYS_ERR_OK, header.entry, 0x401000 + 0x1233);
}

static void test_bad_segments(void)
{
    EXPECT(ELF_ERR_DYNAMIC, phdrs[NOTE].type, 2);
    EXPECT(ELF_ERR_DYNAMIC, phdrs[NOTE].type, 3);
    EXPECT(ELF_ERR_TRUNCATED, phdrs[DATA].filesz, 0x201);
    EXPECT(ELF_ERR_TRUNCATED, phdrs[DATA].filesz, UINT64_MAX);
    EXPECT(ELF_ERR_TRUNCATED, phdrs[DATA].offset, UINT64_MAX - 0xfff);
    EXPECT(ELF_ERR_TRUNCATED, phdrs[EMPTY].offset, 0x2301);
    EXPECT(ELF_ERR_MEMSZ, phdrs[DATA].memsz, 0x1ff);
    EXPECT(ELF_ERR_OUTSIDE_USER, phdrs[TEXT].vaddr, 0x3ff000);
    EXPECT(ELF_ERR_OUTSIDE_USER, phdrs[DATA].vaddr, 0x7fffffffd101);
    EXPECT(ELF_ERR_OUTSIDE_USER, phdrs[DATA].vaddr, 0xffffffff80000100);
    EXPECT(ELF_ERR_OUTSIDE_USER, phdrs[DATA].memsz, UINT64_MAX);
    EXPECT(ELF_ERR_OUTSIDE_USER, phdrs[DATA].memsz, UINT64_MAX - 0x404100 + 1);
    EXPECT(ELF_ERR_MISALIGNED, phdrs[DATA].vaddr, 0x404101);
    EXPECT(ELF_ERR_OVERLAP, phdrs[DATA].vaddr, 0x402100);
    EXPECT(ELF_ERR_OVERLAP, phdrs[TEXT].vaddr, 0x500000);
    EXPECT(ELF_ERR_OVERLAP, phdrs[TEXT].memsz, 0x3001);
    EXPECT(ELF_ERR_WRITE_EXECUTE, phdrs[TEXT].flags, 7);
    EXPECT(ELF_ERR_TOO_LARGE, phdrs[DATA].memsz, 0x100000);
    struct image image = good_image();
    image.phdrs[TEXT].type = image.phdrs[DATA].type = image.phdrs[TLS].type = 4;
    CU_ASSERT_EQUAL(check(&image), ELF_ERR_NO_SEGMENT);
}

/// What a linker makes of the same program in other ways, and programs of other systems.
static void test_not_for_stave(void)
{
    struct image image = good_image();
    image.header.type = 3;
    image.phdrs[EMPTY].type = 2;
    CU_ASSERT_EQUAL(check(&image), ELF_ERR_PIE);
    image.phdrs[NOTE].type = 3;
    CU_ASSERT_EQUAL(check(&image), ELF_ERR_DYNAMIC);
    EXPECT(ELF_ERR_FOREIGN, phdrs[NOTE].type, 6);
    EXPECT(ELF_ERR_FOREIGN, phdrs[NOTE].offset, UINT64_MAX - 3);
    EXPECT(ELF_ERR_FOREIGN, phdrs[NOTE].filesz, 19);
    EXPECT(ELF_ERR_FOREIGN, phdrs[NOTE].filesz, IMAGE_BYTES);
    EXPECT(ELF_ERR_FOREIGN, phdrs[NOTE].filesz, UINT64_MAX);
    EXPECT(ELF_ERR_FOREIGN, note.type, 2);
    EXPECT(ELF_ERR_FOREIGN, note.name_bytes, sizeof(ELF_NOTE_NAME) - 1);
    EXPECT(ELF_ERR_FOREIGN, note.name_bytes, UINT32_MAX);
    EXPECT(ELF_ERR_FOREIGN, note.desc_bytes, UINT32_MAX);
    EXPECT(ELF_ERR_FOREIGN, name[4], 'E');
}

/// The note may stand behind others, whose parts are filled up to four bytes.
static void test_note_among_others(void)
{
    struct image image = good_image();
    uint8_t bytes[IMAGE_BYTES] = {0};
    const struct elf_note other = {4, 5, 1};
    image.phdrs[NOTE].offset = 0x800;
    image.phdrs[NOTE].filesz = sizeof(other) + 4 + 8 + 20;
    memcpy(bytes, &image, sizeof(image));
    memcpy(bytes + 0x800, &other, sizeof(other));
    memcpy(bytes + 0x800 + sizeof(other) + 12, &image.note, 20);
    CU_ASSERT_EQUAL(check_bytes(bytes, sizeof(bytes), &limits), SYS_ERR_OK);
    bytes[0x804] = 9;
    CU_ASSERT_EQUAL(check_bytes(bytes, sizeof(bytes), &limits), ELF_ERR_FOREIGN);
}

static void test_bad_tls(void)
{
    EXPECT(ELF_ERR_TLS, phdrs[TLS].align, 3);
    EXPECT(ELF_ERR_TLS, phdrs[TLS].align, 8192);
    EXPECT(ELF_ERR_TLS, phdrs[TLS].memsz, 0x3f);
    EXPECT(ELF_ERR_TLS, phdrs[TLS].memsz, 0x100001);
    EXPECT(ELF_ERR_TLS, phdrs[TLS].filesz, 0x1000);
    EXPECT(ELF_ERR_TLS, phdrs[TLS].filesz, UINT64_MAX);
    EXPECT(ELF_ERR_TLS, phdrs[TLS].vaddr, 0x404148);
    EXPECT(ELF_ERR_TLS, phdrs[TLS].offset, UINT64_MAX - 8);
    EXPECT(SYS_ERR_OK, phdrs[TLS].align, 0);
    struct image image = good_image();
    image.phdrs[EMPTY] = image.phdrs[TLS];
    CU_ASSERT_EQUAL(check(&image), ELF_ERR_TLS);
}

static void test_limits(void)
{
    struct image image = good_image();
    uint8_t bytes[IMAGE_BYTES] = {0};
    memcpy(bytes, &image, sizeof(image));
    struct elf_limits within = {0x401000, 0x407100, 0x6000};
    CU_ASSERT_EQUAL(check_bytes(bytes, sizeof(bytes), &within), SYS_ERR_OK);
    within.max_bytes--;
    CU_ASSERT_EQUAL(check_bytes(bytes, sizeof(bytes), &within), ELF_ERR_TOO_LARGE);
    within.max_bytes = 0;
    CU_ASSERT_EQUAL(check_bytes(bytes, sizeof(bytes), &within), ELF_ERR_TOO_LARGE);
    within = (struct elf_limits){0x401000, 0x4070ff, 0x6000};
    CU_ASSERT_EQUAL(check_bytes(bytes, sizeof(bytes), &within), ELF_ERR_OUTSIDE_USER);
    within = (struct elf_limits){0x401001, 0x407100, 0x6000};
    CU_ASSERT_EQUAL(check_bytes(bytes, sizeof(bytes), &within), ELF_ERR_OUTSIDE_USER);
    within = (struct elf_limits){0x407100, 0x401000, 0x6000};
    CU_ASSERT_EQUAL(check_bytes(bytes, sizeof(bytes), &within), ELF_ERR_OUTSIDE_USER);
    for (unsigned error = ELF_ERR_EMPTY; error <= ELF_ERR_TLS; error++)
        CU_ASSERT_STRING_NOT_EQUAL(elf_error_text((enum err_code)error), "unknown error");
    CU_ASSERT_STRING_EQUAL(elf_error_text(SYS_ERR_OK), "unknown error");
}

/// All that elf.h says of an accepted image, in 128-bit arithmetic that cannot overflow.
static bool info_holds(size_t bytes)
{
    typedef unsigned __int128 wide;
    bool entry = false;
    wide free_from = limits.user_low;
    wide total = 0;
    for (uint32_t i = 0; i < info.count; i++) {
        const struct elf_segment *s = &info.segments[i];
        wide end = (wide)s->vaddr + s->memsz;
        if (s->vaddr < free_from || end > limits.user_high || s->memsz == 0 ||
            s->filesz > s->memsz || (wide)s->offset + s->filesz > bytes || (s->flags & 3) == 3)
            return false;
        free_from = (end + 4095) / 4096 * 4096;
        total += free_from - s->vaddr / 4096 * 4096;
        entry |= (s->flags & 1) != 0 && info.entry >= s->vaddr && info.entry < end;
    }
    return entry && total == info.load_bytes && total <= limits.max_bytes && info.count <= 16;
}

static void damage(struct test_random *random, uint8_t *bytes)
{
    static const uint64_t edges[] = {0,        1,     0xfff,         0x1000,    0x401000,
                                     0x404000, ~0ull, ~0ull - 0xfff, 1ull << 63};
    size_t head = sizeof(struct image);
    for (uint64_t flips = test_random_below(random, 4); flips > 0; flips--)
        bytes[test_random_below(random, head)] ^= (uint8_t)(1u << test_random_below(random, 8));
    if (test_random_below(random, 2) == 0)
        memcpy(bytes + 8 * test_random_below(random, head / 8),
               &edges[test_random_below(random, sizeof(edges) / sizeof(edges[0]))], 8);
}

static void test_fuzz(void)
{
    struct test_random random;
    test_random_init(&random, 3);
    struct image image = good_image();
    unsigned accepted = 0;
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
        uint8_t bytes[IMAGE_BYTES] = {0};
        memcpy(bytes, &image, sizeof(image));
        damage(&random, bytes);
        size_t count = IMAGE_BYTES;
        if (test_random_below(&random, 8) == 0)
            count = test_random_below(&random, test_random_below(&random, 2) ? IMAGE_BYTES : 400);
        if (check_bytes(bytes, count, &limits) != SYS_ERR_OK)
            continue;
        accepted++;
        CU_ASSERT(info_holds(count));
    }
    CU_ASSERT(accepted > 0 && accepted < FUZZ_ROUNDS);
}

TEST_SUITE("elf") = {
    {"a good image", test_good},
    {"malformed file headers", test_bad_header},
    {"malformed segments", test_bad_segments},
    {"programs that are not for Stave", test_not_for_stave},
    {"the note among others", test_note_among_others},
    {"malformed thread-local storage", test_bad_tls},
    {"limits at their edges", test_limits},
    {"random damage", test_fuzz},
};
