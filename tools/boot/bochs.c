// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bochs' configuration, command line and end. Debian's Bochs is built with its debugger, which waits
// for a command before it starts: a file says `c`. Of its displays `rfb` is the one that needs
// neither a terminal nor a window: it offers the screen on a local port and waits for nobody.
#include "bochs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "files.h"

#define HOST_MEMORY_MAX_MIB 1024u    // what Bochs holds at once; the rest it swaps to a file
#define INSTRUCTIONS_PER_S 20000000u // of each core, which makes the firmware's waiting short

char *bochs_config(const struct machine *machine, const char *image)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    uint64_t host_mib =
        machine->memory_mib < HOST_MEMORY_MAX_MIB ? machine->memory_mib : HOST_MEMORY_MAX_MIB;
    fprintf(out,
            "config_interface: textconfig\n"
            "display_library: rfb, options=\"timeout=0\"\n"
            "plugin_ctrl: unmapped=1, biosdev=1, serial=1\n"
            "cpu: model=corei7_skylake_x, count=1:%u:1, ips=%u, reset_on_triple_fault=0\n"
            "memory: guest=%" PRIu64 ", host=%" PRIu64 "\n"
            "romimage: file=/usr/share/bochs/BIOS-bochs-latest\n"
            "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest\n"
            "pci: enabled=1, chipset=i440fx\n"
            "ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\n"
            "ata0-master: type=cdrom, path=\"%s\", status=inserted\n"
            "boot: cdrom\n"
            "com1: enabled=1, mode=file, dev=/dev/fd/%d\n"
            "port_e9_hack: enabled=1\n"
            "clock: sync=none, time0=utc\n"
            "sound: driver=dummy\n"
            "log: /dev/null\n"
            "panic: action=fatal\n"
            "error: action=ignore\n"
            "info: action=ignore\n"
            "debug: action=ignore\n",
            machine->cores, INSTRUCTIONS_PER_S, machine->memory_mib, host_mib, image,
            BOCHS_CONSOLE_FD);
    fclose(out);
    return text;
}

bool bochs_prepare(const struct machine *machine, const char *image, struct strvec *argv,
                   struct report *report)
{
    char config[FILES_PATH_MAX];
    char commands[FILES_PATH_MAX];
    char *text = bochs_config(machine, image);
    bool written = files_path(config, report, "%s.bochsrc", image) &&
                   files_path(commands, report, "%s.debugger", image) &&
                   files_write(config, text, report) && files_write(commands, "c\n", report);
    free(text);
    strvec_add_all(argv, BOCHS_PROGRAM, "-q", "-f", config, "-rc", commands, NULL);
    return written;
}

struct qemu_verdict bochs_verdict(int wait_status, const struct console_tail *last_words)
{
    unsigned char byte;
    if (!console_tail_find_last(last_words, BOCHS_STATUS_MARK, &byte)) {
        struct qemu_verdict verdict = {.died = true};
        if (WIFSIGNALED(wait_status)) {
            snprintf(verdict.text, sizeof(verdict.text), "Bochs was killed by signal %d",
                     WTERMSIG(wait_status));
        } else {
            snprintf(verdict.text, sizeof(verdict.text),
                     "Bochs ended with status %d (a triple fault?); --verbose shows what it says",
                     WEXITSTATUS(wait_status));
        }
        return verdict;
    }
    return qemu_verdict_of_byte(byte);
}
