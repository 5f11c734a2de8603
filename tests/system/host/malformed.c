// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Malformed ELF files as boot modules: takes a good domain, breaks one thing in each copy, boots
// with all of them, and lets the domain test_malformed (services/malformed.c) try to start each.
// What is wrong with a file is tested field by field on the host (tests/unit/elf); here the machine
// is. In the same boot, the recipe of the README: a copy of the example `hello` under another name,
// on a platform without the example, must find its second side by its own name; and the last words of
// a program that dies (services/last_words.c), with the names of its functions.
//
//   system-malformed ELF PLATFORM EXAMPLE
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define BAD_COUNT 23u
#define BAD_HEADERS 12u
#define BAD_SEGMENTS 10u
#define WILD_COUNT 8u
#define PATH_BYTES 64u

struct image {
    unsigned char *bytes;
    size_t count;
};

static struct image good;

static Elf64_Ehdr *header_of(struct image *image)
{
    return (Elf64_Ehdr *)image->bytes;
}

/// The first segment with these flags to load.
static Elf64_Phdr *segment_of(struct image *image, unsigned flags)
{
    Elf64_Ehdr *header = header_of(image);
    Elf64_Phdr *segments = (Elf64_Phdr *)(image->bytes + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && (segments[i].p_flags & flags) == flags)
            return &segments[i];
    fprintf(stderr, "the good file has no such segment\n");
    exit(1);
}

static void break_header(struct image *image, unsigned how)
{
    Elf64_Ehdr *header = header_of(image);
    switch (how) {
    case 0:
        image->count = 0;
        break;
    case 1:
        image->count = sizeof(*header) - 1;
        break;
    case 2:
        image->bytes[0] = 'X';
        break;
    case 3:
        header->e_ident[EI_CLASS] = ELFCLASS32;
        break;
    case 4:
        header->e_machine = EM_AARCH64;
        break;
    case 5:
        header->e_type = ET_DYN;
        break;
    case 6:
        header->e_phnum = 0;
        break;
    case 7:
        header->e_phnum = 0xffff;
        break;
    case 8:
        header->e_phoff = ~0ul;
        break;
    case 9:
        header->e_phentsize = 1;
        break;
    case 10:
        header->e_entry = 0xffffffff80200000ul;
        break;
    default:
        header->e_entry = 0;
    }
}

static void break_segment(struct image *image, unsigned how)
{
    Elf64_Phdr *code = segment_of(image, PF_X), *data = segment_of(image, PF_W);
    switch (how) {
    case 0:
        code->p_offset = ~0ul - 4095;
        break;
    case 1:
        code->p_filesz = ~0ul;
        break;
    case 2:
        data->p_memsz = 0;
        break;
    case 3:
        data->p_memsz = 1ul << 46;
        break;
    case 4:
        code->p_vaddr = 0xffffffff80200000ul;
        break;
    case 5:
        data->p_vaddr = code->p_vaddr + data->p_offset % 4096;
        break;
    case 6:
        data->p_vaddr = 0x100000; // the dispatcher frame
        break;
    case 7:
        code->p_flags |= PF_W;
        break;
    case 8:
        data->p_memsz = ~0ul;
        break;
    default:
        image->count = code->p_offset + code->p_filesz / 2; // cut off
    }
}

/// A program for Linux, say: nothing is wrong with it but that it is not for Stave.
static void break_note(struct image *image)
{
    static const char name[] = "Stave";
    unsigned char *note = memmem(image->bytes, image->count, name, sizeof(name));
    if (CHECK(note != NULL))
        memcpy(note, "Linux", sizeof(name));
}

/// Random bytes in headers and code; the seed is the number.
static void make_wild(struct image *image, unsigned number)
{
    srand(number + 1);
    size_t limit = number % 2 == 0 ? 512 : image->count;
    for (unsigned i = 0; i < 4 + number; i++) {
        size_t at = 16 + (size_t)rand() % (limit - 16);
        image->bytes[at] = (unsigned char)rand();
    }
}

static struct image copy_of_good(void)
{
    struct image image = {malloc(good.count), good.count};
    memcpy(image.bytes, good.bytes, good.count);
    return image;
}

static void write_image(const struct image *image, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (CHECK(file != NULL)) {
        CHECK(fwrite(image->bytes, 1, image->count, file) == image->count);
        fclose(file);
    }
}

static bool read_image(struct image *image, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!CHECK(file != NULL))
        return false;
    fseek(file, 0, SEEK_END);
    image->count = (size_t)ftell(file);
    rewind(file);
    image->bytes = malloc(image->count);
    bool whole = CHECK(fread(image->bytes, 1, image->count, file) == image->count);
    fclose(file);
    return whole;
}

static void make_modules(const char *folder, char paths[][PATH_BYTES])
{
    for (unsigned i = 0; i < BAD_COUNT + WILD_COUNT; i++) {
        struct image image = copy_of_good();
        unsigned number = i < BAD_COUNT ? i : i - BAD_COUNT;
        if (i < BAD_HEADERS)
            break_header(&image, i);
        else if (i < BAD_HEADERS + BAD_SEGMENTS)
            break_segment(&image, i - BAD_HEADERS);
        else if (i < BAD_COUNT)
            break_note(&image);
        else
            make_wild(&image, number);
        snprintf(paths[i], PATH_BYTES, "%s/%s-%u", folder, i < BAD_COUNT ? "bad" : "wild", number);
        write_image(&image, paths[i]);
        free(image.bytes);
    }
}

static struct host_output boot_with(char paths[][PATH_BYTES], const char *platform,
                                    const char *mine)
{
    const char *argv[18 + 2 * (BAD_COUNT + WILD_COUNT)] = {
        "build/stave-boot", "--platform", platform, "--direct", "--cores", "2", "--timeout", "120"};
    char run[512];
    unsigned count = 8;
    for (unsigned i = 0; i < BAD_COUNT + WILD_COUNT; i++) {
        argv[count++] = "--module";
        argv[count++] = paths[i];
    }
    argv[count++] = "--module";
    argv[count++] = mine;
    snprintf(run, sizeof(run),
             "test_malformed %u %u; echo refused $?; mine; echo recipe $?; test_last_words assert; "
             "echo status $?; test_last_words abort; test_last_words panic; test_last_words fault; "
             "test_last_words call; test_last_words trap; "
             "test_last_words overflow; test_last_words pthread; test_last_words thread; "
             "test_last_words disabled; spawn 1 test_child crash; echo; spawn 1 test_child crash",
             BAD_COUNT, WILD_COUNT);
    argv[count++] = "--run";
    argv[count++] = run;
    return host_run(argv);
}

/// What the machine printed must have these texts, in this order.
static bool check_text(const char *text)
{
    static const char *const expected[] = {
        "refused 0\r\n",
        "recipe 0\r\n",
        "assertion failed: zero != 0 (tests/system/services/last_words.c:",
        " die+0x",
        " main+0x",
        "status 134\r\n",
        "\npartial\r\ntest_last_words.0: abort() was called",
        " die", // or die.cold
        " main+0x",
        "on purpose",
        " die+0x",
        " main+0x",
        "page fault at 0, error 0x6, rip 0x4",
        " die+0x",
        " main+0x",
        "page fault at 0, error 0x14, rip 0",
        " die+0x",
        " main+0x",
        "trap 13 (general protection), error 0, rip 0x4",
        " die+0x",
        " main+0x",
        "stack overflow: thread 1 has 128 KiB",
        " eat_stack+0x",
        " eat_stack+0x",
        "stack overflow: thread ",
        " eat_stack+0x",
        " eat_stack+0x",
        "stack overflow: thread ",
        " eat_stack+0x",
        " eat_stack+0x",
        "(test_last_words) died: stack overflow while disabled, rip 0x4",
        "\ndomain test_child.1 (0x", // who has never printed: before the next, and before the end
        " main+0x",
        "\ntest_child: exit status 134\r\n\r\n",
        "\ndomain test_child.1 (0x",
        " main+0x",
        "\ntest_child: exit status 134\r\n",
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        text = strstr(text, expected[i]);
        if (!CHECK(text != NULL)) {
            fprintf(stderr, "missing: %s\n", expected[i]);
            return false;
        }
    }
    return CHECK(strstr(text, "still alive") == NULL);
}

int main(int argc, char **argv)
{
    static char paths[BAD_COUNT + WILD_COUNT][PATH_BYTES];
    char folder[] = "/tmp/system-malformed-XXXXXX", mine[PATH_BYTES];
    struct image example;
    if (argc != 4 || !read_image(&good, argv[1]) || !read_image(&example, argv[3]) ||
        !CHECK(mkdtemp(folder) != NULL))
        return 1;
    make_modules(folder, paths);
    snprintf(mine, sizeof(mine), "%s/mine", folder);
    write_image(&example, mine);
    struct host_output output = boot_with(paths, argv[2], mine);
    if (!CHECK(output.status != 0) || !check_text(output.text))
        host_show(&output);
    free(output.text);
    for (unsigned i = 0; i < BAD_COUNT + WILD_COUNT; i++)
        unlink(paths[i]);
    unlink(mine);
    rmdir(folder);
    free(example.bytes);
    free(good.bytes);
    return host_status();
}
