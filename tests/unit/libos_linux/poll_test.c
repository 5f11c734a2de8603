// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// poll() and select(): what is ready, what is not open, waiting, and its end by time or a signal.
#include "fake_domain.h"
#include "testlib/testlib.h"

#include "barrelfish/systime.h"

#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static size_t input_bytes;
static bool handled;

static size_t read_input(char *buf, size_t bytes)
{
    size_t count = input_bytes < bytes ? input_bytes : bytes;
    memset(buf, 'i', count);
    return count;
}

static void run_reader(void)
{
    struct thread *self = fake.disp->current;
    fake.disp->current = &fake.threads[1];
    fake.disp->shared.disabled = 0;
    LEAVES(FAKE_NO_WORK, fake.reader(NULL));
    fake.disp->shared.disabled = 1;
    fake.disp->current = self;
}

static void reads_ahead(systime_t deadline)
{
    (void)deadline;
    run_reader();
}

static void on_signal(int signal)
{
    handled = signal == SIGUSR1;
}

static void interrupt(systime_t deadline)
{
    (void)deadline;
    (void)!linux_signal_thread_disabled(fake.disp, &fake.threads[0], SIGUSR1);
}

/// There is input, or there will be when somebody waits for it.
static void with_input(size_t bytes)
{
    input_bytes = bytes;
    linux_set_read(read_input);
    fake.on_block = reads_ahead;
}

static void ready_at_once(void)
{
    struct pollfd fds[4] = {
        {1, POLLOUT | POLLIN, 9}, {-1, POLLOUT, 9}, {5, POLLIN, 9}, {2, POLLWRNORM, 9}};
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 4, 0), 3);
    CU_ASSERT_TRUE(fds[0].revents == POLLOUT && fds[1].revents == 0 && fds[2].revents == POLLNVAL &&
                   fds[3].revents == POLLWRNORM);
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 4, -1), 3);
    CU_ASSERT_EQUAL(fake.blocks, 0);
    fds[0].fd = 0; // without a reader input has ended, which does not block
    fds[0].events = POLLIN | POLLRDNORM | POLLOUT;
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 1, -1), 1);
    CU_ASSERT_EQUAL(fds[0].revents, POLLIN | POLLRDNORM);
}

static void waits_for_input(void)
{
    struct pollfd fds[2] = {{0, POLLIN, 9}, {1, POLLIN, 9}};
    with_input(3);
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 2, 0), 0);
    CU_ASSERT_TRUE(fake.blocks == 0 && fds[0].revents == 0 && fds[1].revents == 0);
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 2, -1), 1);
    CU_ASSERT_TRUE(fake.blocks == 1 && fake.deadline == 0 && fds[0].revents == POLLIN);
    fds[0].events = POLLRDNORM;
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 2, -1), 1);
    CU_ASSERT_EQUAL(fds[0].revents, POLLRDNORM);
}

static void time_is_up(void)
{
    struct pollfd fds[1] = {{1, POLLIN, 9}};
    systime_t now = systime_now();
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 1, 1500), 0);
    CU_ASSERT_TRUE(fake.deadline >= now + 1500 * FAKE_TSC_PER_MS &&
                   fake.deadline <= systime_now() + 1500 * FAKE_TSC_PER_MS);
    CU_ASSERT_TRUE(fake.readers == 0 && fake.blocks == 1); // nobody is asked for input
    linux_set_read(read_input);
    fds[0].fd = 0;
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 1, 1), 0);
    CU_ASSERT_TRUE(fake.readers == 1 && fake.blocks == 2);
    fds[0].events = POLLOUT; // not for input either
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 1, 1), 0);
    CU_ASSERT_EQUAL(fake.posts, 1);
    CU_ASSERT_EQUAL(CALL(linux_poll, 0, 0, 7), 0);
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), LINUX_FDS + 1, 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fake_hole), 1, 0), -EFAULT);
    struct pollfd *many = (struct pollfd *)(fake_hole - LINUX_FDS * sizeof(*many));
    CU_ASSERT_EQUAL(CALL(linux_poll, P(many), LINUX_FDS, 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_poll, P(many + 1), LINUX_FDS, 0), -EFAULT);
    fake.no_reader = true;
    linux_actions[SIGUSR1].handler = (uintptr_t)on_signal;
    fake.on_block = interrupt;
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 1, 1), -EINTR);
}

static void no_reader(void)
{
    struct pollfd fds[1] = {{0, POLLIN, 9}};
    linux_set_read(read_input);
    fake.no_reader = true;
    CU_ASSERT_EQUAL(CALL(linux_poll, P(fds), 1, -1), -ENOMEM);
}

static void with_a_mask(void)
{
    struct pollfd fds[1] = {{0, POLLIN, 9}};
    struct timespec time = {2, 0}, none = {0, 0};
    uint64_t mask = 0, before = linux_signal_bit(SIGUSR1) | linux_signal_bit(SIGHUP);
    struct linux_thread *self = linux_of(&fake.threads[0]);
    with_input(2);
    self->signal_mask = before;
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, P(&none), 0, 8), 0);
    CU_ASSERT_EQUAL(fake.blocks, 0);
    fake.deadline = 9;
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, 0, 0, 8), 1);
    CU_ASSERT_TRUE(fake.blocks == 1 && fake.deadline == 0);
    char rest[2];
    CU_ASSERT_EQUAL(CALL(linux_read, 0, P(rest), 2), 2);
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, P(&time), 0, 8), 1);
    CU_ASSERT_TRUE(fake.deadline != 0 && self->signal_mask == before);
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, 0, P(&mask), 8), 1);
    CU_ASSERT_EQUAL(self->signal_mask, before);
    fds[0].fd = 1;
    linux_actions[SIGUSR1].handler = (uintptr_t)on_signal;
    fake.on_block = interrupt;
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, P(&time), P(&mask), 8), -EINTR);
    CU_ASSERT_TRUE(handled && self->signal_mask == before && self->signal_pending == 0);
    handled = false;
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, P(&time), 0, 8), 0); // masked: it stays
    CU_ASSERT_TRUE(!handled && self->signal_pending == linux_signal_bit(SIGUSR1));
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, P(&time), P(&mask), 7), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, P(&time), P(fake_hole), 8), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, P(fake_hole), 0, 8), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 1, P(&(struct timespec){0, -1}), 0, 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fake_hole), 1, P(&time), 0, 8), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_ppoll, P(fds), 65, P(&time), 0, 8), -EINVAL);
    CU_ASSERT_EQUAL(self->signal_mask, before);
}

static void selects(void)
{
    uint64_t in[2] = {1, 0}, out[2] = {6, 0}, other[2] = {1, 0};
    struct timeval none = {0, 0};
    CU_ASSERT_EQUAL(CALL(linux_select, 3, P(in), P(out), P(other), P(&none)), 3);
    CU_ASSERT_TRUE(in[0] == 1 && out[0] == 6 && other[0] == 0); // input is at its end
    linux_set_read(read_input);
    CU_ASSERT_EQUAL(CALL(linux_select, 1, P(in), P(out), 0, P(&none)), 0);
    CU_ASSERT_TRUE(in[0] == 0 && out[0] == 0 && fake.blocks == 0);
    in[0] = 1;
    with_input(5);
    CU_ASSERT_EQUAL(CALL(linux_select, 1, P(in), 0, 0, 0), 1);
    CU_ASSERT_TRUE(in[0] == 1 && fake.blocks == 1 && fake.deadline == 0);
    in[0] = 8;
    CU_ASSERT_EQUAL(CALL(linux_select, 4, P(in), 0, 0, P(&none)), -EBADF);
    CU_ASSERT_EQUAL(in[0], 8);
    CU_ASSERT_EQUAL(CALL(linux_select, 3, P(in), 0, 0, P(&none)), 0); // beyond the number
    in[1] = 1;
    CU_ASSERT_EQUAL(CALL(linux_select, 65, P(in), 0, 0, P(&none)), -EBADF);
    CU_ASSERT_EQUAL(CALL(linux_select, 64, P(in), 0, 0, P(&none)), 0);
    CU_ASSERT_EQUAL(in[1], 1);
    CU_ASSERT_EQUAL(CALL(linux_select, -1, 0, 0, 0, P(&none)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_select, FD_SETSIZE + 1, 0, 0, 0, P(&none)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_select, FD_SETSIZE, 0, 0, 0, P(&none)), 0);
    CU_ASSERT_EQUAL(CALL(linux_select, 64, P(fake_hole - 8), 0, 0, P(&none)), 0);
    CU_ASSERT_EQUAL(CALL(linux_select, 65, P(fake_hole - 8), 0, 0, P(&none)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_select, 1, 0, 0, P(fake_readonly), P(&none)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_select, 0, 0, 0, 0, P(fake_hole)), -EFAULT);
}

static void select_waits(void)
{
    struct timeval time = {1, 2500000}, wrong = {-5, 0};
    systime_t now = systime_now();
    CU_ASSERT_EQUAL(CALL(linux_select, 0, 0, 0, 0, P(&time)), 0);
    CU_ASSERT_TRUE(fake.deadline >= now + 3500 * FAKE_TSC_PER_MS &&
                   fake.deadline <= systime_now() + 3500 * FAKE_TSC_PER_MS);
    CU_ASSERT_EQUAL(CALL(linux_select, 0, 0, 0, 0, P(&wrong)), -EINVAL);
    struct timeval parts = {0, 400000000000}; // all of it in microseconds
    now = systime_now();
    CU_ASSERT_EQUAL(CALL(linux_select, 0, 0, 0, 0, P(&parts)), 0);
    CU_ASSERT_TRUE(fake.deadline >= now + 400000000 * FAKE_TSC_PER_MS &&
                   fake.deadline <= systime_now() + 400000000 * FAKE_TSC_PER_MS);
    parts.tv_usec = 999999;
    CU_ASSERT_EQUAL(CALL(linux_select, 0, 0, 0, 0, P(&parts)), 0);
    uint64_t in = 1;
    linux_set_read(read_input);
    CU_ASSERT_EQUAL(CALL(linux_select, 1, P(&in), 0, 0, P(&time)), 0);
    CU_ASSERT_TRUE(in == 0 && fake.readers == 1);
}

static void pselects(void)
{
    uint64_t out = 2, mask = 0, before = linux_signal_bit(SIGUSR1);
    struct timespec time = {1, 0};
    long masks[2] = {P(&mask), 8}, no_mask[2] = {0, 8}, wrong[2] = {P(&mask), 4},
         hole[2] = {P(fake_hole), 8};
    struct linux_thread *self = linux_of(&fake.threads[0]);
    self->signal_mask = before;
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 2, 0, P(&out), 0, P(&time), P(masks)), 1);
    CU_ASSERT_EQUAL(self->signal_mask, before);
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 2, 0, P(&out), 0, 0, 0), 1);
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 2, 0, P(&out), 0, P(&time), P(no_mask)), 1);
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 2, 0, P(&out), 0, P(&time), P(wrong)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 2, 0, P(&out), 0, P(&time), P(hole)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 2, 0, P(&out), 0, P(&time), P(fake_hole - 8)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 2, 0, P(fake_hole), 0, P(&time), 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 2, 0, P(&out), 0, P(fake_hole), 0), -EFAULT);
    linux_actions[SIGUSR1].handler = (uintptr_t)on_signal;
    fake.on_block = interrupt;
    CU_ASSERT_EQUAL(CALL(linux_pselect6, 0, 0, 0, 0, P(&time), P(masks)), -EINTR);
    CU_ASSERT_TRUE(handled && self->signal_mask == before);
}

LINUX_TEST(ready_at_once)
LINUX_TEST(waits_for_input)
LINUX_TEST(time_is_up)
LINUX_TEST(no_reader)
LINUX_TEST(with_a_mask)
LINUX_TEST(selects)
LINUX_TEST(select_waits)
LINUX_TEST(pselects)

TEST_SUITE("poll") = {
    {"ready at once", test_ready_at_once}, {"waiting for input", test_waits_for_input},
    {"time is up", test_time_is_up},       {"nobody to read ahead", test_no_reader},
    {"with a mask", test_with_a_mask},     {"select", test_selects},
    {"select waits", test_select_waits},   {"pselect", test_pselects},
};
