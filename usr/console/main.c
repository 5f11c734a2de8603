// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The serial console: shows the text of all domains, line by line, and gives input to who asks for
// it. Started by init, with the ports of the UART and its interrupt, which tells of received bytes.
// Transmission is by looking at the UART until it is full, and then after a while again.
#include "console.h"
#include "uart.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/lmp_chan.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "kpi/bootinfo.h"

/// Until the UART is looked at again when it was full.
#define TRANSMIT_US 1000u
/// Until an unfinished line is shown.
#define UNFINISHED_US 10000u
#define TRANSMIT_BYTES 512u
#define INTERRUPT_MESSAGES 2u

static struct timer {
    struct deferred_event event;
    bool armed;
    void (*func)(void);
} transmit_timer, unfinished_timer = {.func = clients_push};

static void on_timer(void *arg)
{
    struct timer *timer = arg;
    timer->armed = false;
    if (timer->func != NULL)
        timer->func();
}

static void timer_arm(struct timer *timer, delayus_t delay)
{
    if (timer->armed)
        return;
    deferred_event_init(&timer->event);
    errval_t err =
        deferred_event_register(&timer->event, console_ws, delay, MKCLOSURE(on_timer, timer));
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the console cannot wait");
    timer->armed = true;
}

/// Writes what the UART takes; tells whether all has been written.
static bool transmit(void)
{
    char bytes[TRANSMIT_BYTES];
    size_t count, written;
    do {
        count = output_peek(&output, bytes, sizeof(bytes));
        written = uart_write(bytes, count);
        output_take(&output, written);
    } while (written == count && count > 0);
    return count == 0;
}

/// Does what can be done after an event: writes to the UART, answers flushes, listens to clients
/// again; arms timers for what is left.
static void pump(void)
{
    readers_serve();
    if (!transmit())
        timer_arm(&transmit_timer, TRANSMIT_US);
    clients_output_changed();
    if (clients_unfinished() || readers_undecided())
        timer_arm(&unfinished_timer, UNFINISHED_US);
}

/// The interrupt arrives as an empty message. The line stays high while bytes are left in the UART,
/// so they are looked for whenever there is room, without a further interrupt.
static void on_interrupt(void *arg)
{
    struct lmp_endpoint *ep = arg;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    errval_t err;
    while (err_is_ok(lmp_endpoint_recv(ep, &msg.buf, NULL))) {
    }
    err = lmp_endpoint_register(ep, console_ws, MKCLOSURE(on_interrupt, ep));
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the console cannot wait for the UART");
    readers_input_came();
}

static errval_t interrupt_init(void)
{
    struct capref cap, dest;
    struct lmp_endpoint *ep;
    errval_t err = endpoint_create(INTERRUPT_MESSAGES, &cap, &ep);
    if (err_is_ok(err))
        err = monitor_create_irqdest(cap, &dest);
    if (err_is_ok(err))
        err = invoke_irqsrc_connect((struct capref){cnode_arg, CONSOLE_ARG_IRQ}, CONSOLE_GSI, dest);
    if (err_is_ok(err))
        err = lmp_endpoint_register(ep, console_ws, MKCLOSURE(on_interrupt, ep));
    return err_is_ok(err) ? uart_interrupt_on_receive() : err;
}

/// The runner sends no input to a machine that runs commands.
static bool machine_has_input(void)
{
    const struct bootinfo *info = (const struct bootinfo *)BOOTINFO_VADDR;
    bool told = (domain_spawn_args()->flags & SPAWN_FLAG_BOOTINFO) != 0;
    return !told || (info->flags & BOOTINFO_FLAG_COMMANDS) == 0;
}

/// Maps where init names the operator, if it has given that.
static errval_t operator_init(void)
{
    struct capability identity;
    struct capref frame = {cnode_arg, CONSOLE_ARG_OPERATOR};
    void *place = NULL;
    errval_t err = SYS_ERR_OK;
    if (err_is_ok(cap_identify(frame, &identity))) {
        err = vspace_map_one_frame_attr(&place, BASE_PAGE_SIZE, frame, VREGION_FLAGS_READ, NULL,
                                        NULL);
    }
    readers_init(place);
    return err;
}

int main(void)
{
    iref_t iref;
    console_ws = get_default_waitset();
    (void)terminal_set_write(NULL); // What this domain itself prints must not come here.
    if (!machine_has_input())
        readers_no_input();
    errval_t err = uart_init((struct capref){cnode_arg, CONSOLE_ARG_IO});
    if (err_is_ok(err))
        err = operator_init();
    if (err_is_ok(err))
        err = clients_init(&iref);
    if (err_is_ok(err))
        err = interrupt_init();
    if (err_is_ok(err))
        err = nameservice_register(CONSOLE_NAME, iref);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the console cannot serve");
    for (;;) {
        messages_wait_and_handle_next();
        pump();
    }
}
