// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Notify, interrupts and I/O ports. The interrupt is the clock's (MC146818), which is told to tick
// through the ports of the stage's IO.
#include "rules.h"

#include "barrelfish/deferred.h"

#define AT RULES_AT
#define NOTIFY ObjType_Notify
#define SOURCE ObjType_IRQSrc
#define DEST AT(ObjType_IRQDest)
#define IO ObjType_IO
#define CLOCK_INDEX 0x70u ///< the IO's first port; the second is the data
#define CLOCK_GSI 8u
#define PCI_GSI 20u
#define GSI_END 108u ///< of the IRQSrc
#define NO_GSI 100u  ///< in the IRQSrc, but not in the machine
#define WAIT_US 1000u
#define WAITS_MAX 1000u

static bool await_message(void)
{
    struct lmp_recv_msg msg;
    for (unsigned i = 0; i < WAITS_MAX; i++) {
        if (rules_receive(&msg))
            return true;
        barrelfish_usleep(WAIT_US);
    }
    return false;
}

static void drain(void)
{
    struct lmp_recv_msg msg;
    while (rules_receive(&msg)) {
    }
}

static void test_notify(void)
{
    drain();
    RULES_LEAST(NOTIFY_CMD_SEND, NOTIFY, 0);
    EXPECT(await_message());
}

static uint64_t clock_read(uint64_t index)
{
    RULES_EXPECT(SYS_ERR_OK, IO_CMD_OUT, IO, CLOCK_INDEX, 1, index);
    return rules_call(IO_CMD_IN, AT(IO), (const uint64_t[CAP_ARGS]){CLOCK_INDEX + 1, 1}).value;
}

static void clock_write(uint64_t index, uint64_t value)
{
    RULES_EXPECT(SYS_ERR_OK, IO_CMD_OUT, IO, CLOCK_INDEX, 1, index);
    RULES_EXPECT(SYS_ERR_OK, IO_CMD_OUT, IO, CLOCK_INDEX + 1, 1, value);
}

static void test_io(void)
{
    RULES_LEAST(IO_CMD_OUT, IO, CLOCK_INDEX, 1, 0x0d);
    RULES_LEAST(IO_CMD_IN, IO, CLOCK_INDEX + 1, 1);
    EXPECT((clock_read(0x0d) & 0x80) != 0); // the clock's battery is good
    for (uint64_t command = IO_CMD_IN; command <= IO_CMD_OUT; command++) {
        const struct rules_row rows[] = {
            {command, AT(IO), {CLOCK_INDEX, 0}, SYS_ERR_ARGS},
            {command, AT(IO), {CLOCK_INDEX, 3}, SYS_ERR_ARGS},
            {command, AT(IO), {CLOCK_INDEX, 8}, SYS_ERR_ARGS},
            {command, AT(IO), {CLOCK_INDEX - 1, 1}, SYS_ERR_IO_PORT},
            {command, AT(IO), {CLOCK_INDEX + 2, 1}, SYS_ERR_IO_PORT},
            {command, AT(IO), {CLOCK_INDEX + 1, 2}, SYS_ERR_IO_PORT},
            {command, AT(IO), {CLOCK_INDEX, 4}, SYS_ERR_IO_PORT},
            {command, AT(IO), {1ul << 32 | CLOCK_INDEX, 1}, SYS_ERR_IO_PORT},
            {command, AT(IO), {~0ul, 1}, SYS_ERR_IO_PORT},
        };
        rules_rows(rows, sizeof(rows) / sizeof(rows[0]));
    }
}

/// The clock ticks into the endpoint until its vector is freed.
static void test_ticks(void)
{
    uint64_t control = clock_read(0x0b);
    drain();
    clock_write(0x0a, 0x26); // 1024 times in a second
    clock_write(0x0b, control | 0x40);
    (void)clock_read(0x0c);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(await_message());
        (void)clock_read(0x0c); // the next one may come
    }
    RULES_EXPECT(SYS_ERR_OK, KERNEL_CMD_VECTOR_FREE, ObjType_Kernel, rules_stage.irq_vector);
    drain();
    (void)clock_read(0x0c);
    barrelfish_usleep(10 * WAIT_US);
    struct lmp_recv_msg msg;
    EXPECT(!rules_receive(&msg));
    clock_write(0x0b, control);
    (void)clock_read(0x0c);
    RULES_EXPECT(SYS_ERR_NO_LISTENER, IRQSRC_CMD_ACK, SOURCE, CLOCK_GSI);
    RULES_EXPECT(SYS_ERR_NO_LISTENER, IRQSRC_CMD_CONNECT, SOURCE, CLOCK_GSI, DEST);
}

static void test_interrupts(void)
{
    const struct rules_row rows[] = {
        {IRQSRC_CMD_CONNECT, AT(SOURCE), {CLOCK_GSI - 1, DEST}, SYS_ERR_ARGS},
        {IRQSRC_CMD_CONNECT, AT(SOURCE), {GSI_END, DEST}, SYS_ERR_ARGS},
        {IRQSRC_CMD_CONNECT, AT(SOURCE), {NO_GSI, DEST}, SYS_ERR_ARGS},
        {IRQSRC_CMD_CONNECT, AT(SOURCE), {~0ul, DEST}, SYS_ERR_ARGS},
        {IRQSRC_CMD_ACK, AT(SOURCE), {CLOCK_GSI - 1}, SYS_ERR_ARGS},
        {IRQSRC_CMD_ACK, AT(SOURCE), {GSI_END}, SYS_ERR_ARGS},
        {IRQSRC_CMD_ACK, AT(SOURCE), {PCI_GSI}, SYS_ERR_NO_LISTENER},
        {IRQSRC_CMD_ACK, AT(SOURCE), {NO_GSI}, SYS_ERR_NO_LISTENER},
    };
    rules_rows(rows, sizeof(rows) / sizeof(rows[0]));
    RULES_LEAST(IRQSRC_CMD_CONNECT, SOURCE, PCI_GSI, DEST);
    RULES_LEAST(IRQSRC_CMD_ACK, SOURCE, PCI_GSI);
    RULES_LEAST(IRQSRC_CMD_CONNECT, SOURCE, CLOCK_GSI, DEST);
    RULES_LEAST(IRQSRC_CMD_ACK, SOURCE, CLOCK_GSI);
    // A vector has one interrupt: the one before is not routed any more.
    RULES_EXPECT(SYS_ERR_NO_LISTENER, IRQSRC_CMD_ACK, SOURCE, PCI_GSI);
    test_ticks();
}

void rules_test_device(void)
{
    test_notify();
    test_io();
    if (rules_stage.devices)
        test_interrupts();
}
