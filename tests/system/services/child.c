// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The child that other tests start: does one small thing and ends.
//   test_child exit STATUS    ends with this status
//   test_child services       asks the memory server, the monitor and spawnd; 0 if all answer
//   test_child args A B C     0 if there are three arguments after the first and an environment
//   test_child count BYTES    reads so many bytes of its input and prints a sum of them
//   test_child lend BYTES     gives the foreground to a child that does that
//   test_child wait BYTES     waits for a child that does the next
//   test_child steal BYTES    does that without having the foreground, which it tries to take
//   test_child crash [WORDS]  dies of a page fault, with the words after a line
//   test_child loop           never ends
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/domain.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/terminal_client.h"
#include "systest/systest.h"

static int ask_services(void)
{
    struct capref frame;
    genpaddr_t available, total;
    struct spawn_domain_info info;
    iref_t iref;
    if (err_is_fail(ram_available(&available, &total)) ||
        err_is_fail(frame_alloc(&frame, BASE_PAGE_SIZE, NULL)) || err_is_fail(cap_destroy(frame)))
        return 1;
    if (err_is_fail(nameservice_lookup("console", &iref)) || iref == 0)
        return 2;
    domainid_t self = disp_get_domain_id();
    return err_is_ok(spawn_list_next(self, &info)) && info.id == self ? 0 : 3;
}

static int count_input(unsigned long wanted)
{
    unsigned char bytes[1000];
    unsigned long sum = 0, left = wanted;
    ssize_t got = 1;
    while (left > 0 && got > 0) {
        got = read(0, bytes, left < sizeof(bytes) ? left : sizeof(bytes));
        for (ssize_t i = 0; i < got; i++)
            sum = sum * 31 + bytes[i];
        left -= got > 0 ? (unsigned long)got : 0;
    }
    printf("counted %lu bytes, sum %016lx\n", wanted - left, sum);
    return left == 0 ? 0 : 1;
}

/// 0 if the child got its bytes.
static int wait_for_reader(char *how, char *bytes, bool lend)
{
    struct capref domain;
    uint8_t status = 1;
    char *argv[] = {"test_child", how, bytes, NULL};
    errval_t err =
        spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domain);
    if (err_is_ok(err) && lend)
        err = terminal_set_foreground(spawn_domain_id(domain));
    if (err_is_ok(err))
        err = spawn_wait(domain, &status, false);
    return err_is_ok(err) ? status : 1;
}

static int steal_input(unsigned long bytes)
{
    printf("stealing\n");
    (void)terminal_set_foreground(disp_get_domain_id());
    return count_input(bytes);
}

int main(int argc, char **argv, char **envp)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "exit") == 0 && argc == 3)
        return atoi(argv[2]);
    if (strcmp(what, "services") == 0)
        return ask_services();
    if (strcmp(what, "args") == 0)
        return argc == 5 && strcmp(argv[4], "C") == 0 && argv[5] == NULL && envp != NULL ? 0 : 1;
    if (strcmp(what, "count") == 0 && argc == 3)
        return count_input(strtoul(argv[2], NULL, 10));
    if (strcmp(what, "crash") == 0) {
        if (argc == 3)
            debug_printf("%s\n", argv[2]);
        __asm__ volatile("movl $1, 0x10" : : : "memory");
    }
    if (strcmp(what, "lend") == 0 && argc == 3)
        return wait_for_reader("count", argv[2], true);
    if (strcmp(what, "wait") == 0 && argc == 3)
        return wait_for_reader("steal", argv[2], false);
    if (strcmp(what, "steal") == 0 && argc == 3)
        return steal_input(strtoul(argv[2], NULL, 10));
    while (strcmp(what, "loop") == 0)
        __builtin_ia32_pause();
    return 99;
}
