// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Rule 1 of the design, from the CPU driver's ELF file: no instruction that only makes sense on
// memory that cores share (a LOCK prefix, or XCHG with memory, which locks by itself), and no
// mutable data outside of struct kcb, boot-time sections aside. It is shown first that the check
// can fail, on a program that does all of this, which is assembled here.
//   system-image ELF
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

static const char wrong_source[] = ".text\n"
                                   "wrong: lock incl (%rdi)\n"
                                   "xchg %eax, (%rdi)\n"
                                   "xchg %ax, %bx\n"
                                   "mov %rax, (%rdi)\n"
                                   ".data\n.globl counter\n.type counter, @object\n"
                                   "counter: .long 1\n.size counter, 4\n"
                                   ".bss\n.type kcb, @object\nkcb: .skip 64\n.size kcb, 64\n"
                                   ".type hidden, @object\nhidden: .skip 8\n.size hidden, 8\n";

static bool ends_word(const char *at, const char *word)
{
    size_t length = strlen(word);
    return strncmp(at, word, length) == 0 && (at[length] == ' ' || at[length] == '\t');
}

/// A line of objdump -d: address, instruction, operands, divided by tabs.
static bool locks(const char *line)
{
    const char *text = strchr(line, '\t');
    if (text == NULL || strchr(line, ':') == NULL)
        return false;
    for (const char *word = text + 1; *word != '\0'; word++) {
        bool start = word[-1] == '\t' || word[-1] == ' ';
        if (start && ends_word(word, "lock"))
            return true;
        if (start && strncmp(word, "xchg", 4) == 0 && strchr(word, '(') != NULL)
            return true;
    }
    return false;
}

static unsigned count_locks(const char *file, bool show)
{
    const char *argv[] = {"objdump", "-d", "--no-show-raw-insn", file, NULL};
    struct host_output output = host_run(argv);
    unsigned count = 0, lines = 0;
    CHECK(output.status == 0);
    for (char *line = strtok(output.text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        lines++;
        if (locks(line)) {
            count++;
            if (show)
                fprintf(stderr, "  %s\n", line);
        }
    }
    CHECK(lines > 4);
    free(output.text);
    return count;
}

/// Mutable and not of the boot: anything in a writable section that is not called .boot*.
static bool mutable_symbol(const char *section, const char *name)
{
    bool writable = strncmp(section, ".data", 5) == 0 || strncmp(section, ".bss", 4) == 0 ||
                    strncmp(section, "COMMON", 6) == 0 || strncmp(section, "*COM*", 5) == 0 ||
                    strncmp(section, ".tdata", 6) == 0 || strncmp(section, ".tbss", 5) == 0;
    return writable && strcmp(name, "kcb") != 0;
}

/// Objects with a size that live in .data or .bss, by objdump -t:
/// "address flags section<tab>size name". `kcb` itself is counted in *kcbs.
static unsigned count_data(const char *file, unsigned *kcbs, bool show)
{
    const char *argv[] = {"objdump", "-t", file, NULL};
    struct host_output output = host_run(argv);
    unsigned count = 0;
    CHECK(output.status == 0);
    for (char *line = strtok(output.text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        unsigned long address, size;
        char section[64], name[256];
        char *rest = strchr(line, '\t');
        if (rest == NULL || sscanf(rest, " %lx %255s", &size, name) != 2 || size == 0 ||
            sscanf(line, "%lx", &address) != 1)
            continue;
        *rest = '\0';
        char *last = strrchr(line, ' ');
        snprintf(section, sizeof(section), "%s", last != NULL ? last + 1 : "");
        *kcbs += strcmp(name, "kcb") == 0;
        if (mutable_symbol(section, name)) {
            count++;
            if (show)
                fprintf(stderr, "  %s in %s, %lu bytes\n", name, section, size);
        }
    }
    free(output.text);
    return count;
}

static void check_itself(void)
{
    char object[] = "/tmp/system-image-XXXXXX";
    char source[sizeof(object) + 2];
    int fd = mkstemp(object);
    if (!CHECK(fd >= 0))
        return;
    close(fd);
    snprintf(source, sizeof(source), "%s.s", object);
    FILE *file = fopen(source, "w");
    if (CHECK(file != NULL)) {
        fputs(wrong_source, file);
        fclose(file);
    }
    const char *argv[] = {"gcc", "-c", "-o", object, source, NULL};
    struct host_output output = host_run(argv);
    unsigned kcbs = 0;
    CHECK(output.status == 0);
    CHECK(count_locks(object, false) == 2); // not XCHG of two registers
    CHECK(count_data(object, &kcbs, false) == 2 && kcbs == 1);
    free(output.text);
    unlink(source);
    unlink(object);
}

int main(int argc, char **argv)
{
    const char *elf = argc > 1 ? argv[1] : "build/cpudriver.elf";
    unsigned kcbs = 0;
    check_itself();
    CHECK(count_locks(elf, true) == 0);
    CHECK(count_data(elf, &kcbs, true) == 0);
    CHECK(kcbs == 1);
    return host_status();
}
