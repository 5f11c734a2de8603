// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls out of random numbers: shaped by what each command expects, so that many get past the first
// check, and then spoiled. All system calls, all commands and all numbers can come, with one
// exception: SYSCALL_PRINT is given no text that can be read, for that would only fill the log. A
// call that ends the cell (it may delete its own root) is a call like any other.
#include "fuzz.h"

#include "kpi/syscalls.h"

static uint64_t below(struct test_random *random, uint64_t bound)
{
    return test_random_below(random, bound);
}

static uint64_t any_cptr(struct test_random *random)
{
    uint64_t dice = below(random, 1000);
    uint64_t cnode = FUZZ_CNODE_OBJECTS;
    if (dice < 5) {
        cnode = FUZZ_CNODE_LIFE;
    } else if (dice < 400) {
        cnode = FUZZ_CNODE_EMPTY + below(random, 2);
    } else if (dice < 420) {
        cnode = below(random, 1024);
    }
    uint64_t slots = test_random_one_in(random, 10) ? L2_CNODE_SLOTS : FUZZ_OBJECTS;
    return cnode * L2_CNODE_SLOTS + below(random, slots);
}

static uint64_t any_caddr(struct test_random *random)
{
    uint64_t dice = below(random, 100);
    capaddr_t cptr = (capaddr_t)any_cptr(random);
    if (dice < 84) {
        return caddr_make(0, cptr, 2);
    }
    if (dice < 88) { // an L2CNode in the root; those that the cell lives by seldom
        return caddr_make(0, (capaddr_t)((FUZZ_CNODES - 1 + below(random, 60)) << 8), 1);
    }
    if (dice < 91) {
        return caddr_make(FUZZ_SLOT_ROOT, cptr, 2);
    }
    if (dice < 96) {
        return caddr_make(FUZZ_CNODE_OBJECTS * L2_CNODE_SLOTS + FUZZ_SLOT_OTHER_ROOT,
                          (capaddr_t)(below(random, 300) << 8), 1 + (unsigned)below(random, 2));
    }
    return dice < 98 ? test_random_next(random) : below(random, 4096);
}

static uint64_t any_word(struct test_random *random)
{
    static const uint64_t edges[] = {
        0,
        1,
        2,
        7,
        8,
        511,
        512,
        4095,
        4096,
        8192,
        0x10000,
        0x200000,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        1ul << 32,
        1ul << 40,
        1ul << 52,
        1ul << 63,
        ~0ul,
        ~0ul << 12,
        CELL_DATA,
        CELL_CODE,
        CELL_DISP,
        CELL_DATA + CELL_DATA_BYTES - 16,
        0x7ffffffff000,
        0x800000000000,
        0xffff800000100000,
        0xffffffff80200000,
    };
    switch (below(random, 4)) {
    case 0:
        return test_random_next(random) >> below(random, 64);
    case 1:
        return below(random, 64) * BASE_PAGE_SIZE;
    case 2:
        return any_caddr(random);
    default:
        return edges[below(random, sizeof(edges) / sizeof(edges[0]))];
    }
}

static uint64_t any_command(struct test_random *random)
{
    static const uint8_t typed[] = {
        VNODE_CMD_MAP,         VNODE_CMD_UNMAP,         VNODE_CMD_READ,
        MAPPING_CMD_MODIFY,    DISPATCHER_CMD_SETUP,    DISPATCHER_CMD_RUN,
        DISPATCHER_CMD_STOP,   DISPATCHER_CMD_ENDPOINT, DISPATCHER_CMD_STATE,
        NOTIFY_CMD_SEND,       IRQSRC_CMD_CONNECT,      IO_CMD_OUT,
        KERNEL_CMD_START_CORE, KERNEL_CMD_CREATE_CAP,   KERNEL_CMD_STAT,
        KERNEL_CMD_TRANSLATE,  KERNEL_CMD_CORE_INFO,    KERNEL_CMD_HALT,
        KERNEL_CMD_ID_CREATE,  VNODE_CMD_MAP,           KERNEL_CMD_VECTOR_FREE,
        VNODE_CMD_MAP,         DISPATCHER_CMD_INFO,     DISPATCHER_CMD_CSPACE,
        KERNEL_CMD_RECLAIM,
    };
    uint64_t dice = below(random, 20);
    if (dice < 9) { // what destroys comes less often, so that there is something to destroy
        uint64_t command = below(random, CAP_CMD_IDENTIFY + 1);
        bool destroys = command == CAP_CMD_DELETE || command == CAP_CMD_REVOKE;
        return destroys && !test_random_one_in(random, 6) ? CAP_CMD_RETYPE : command;
    }
    if (dice < 18) {
        return typed[below(random, sizeof(typed))];
    }
    return dice == 18 ? below(random, 256) : any_word(random);
}

static uint64_t any_size(struct test_random *random)
{
    static const uint64_t sizes[] = {0,     4096,  8192,  16384,   32768, 65536,
                                     12288, 24576, 20480, 0x20000, 1,     0x100000};
    return sizes[below(random, sizeof(sizes) / sizeof(sizes[0]))];
}

static uint64_t any_count(struct test_random *random)
{
    return test_random_one_in(random, 8) ? below(random, 300) : 1 + below(random, 4);
}

// Arguments of a retype: sizes and types that often match.
static void shape_retype(struct test_random *random, struct cell_call *call)
{
    call->rdx = test_random_one_in(random, 3) ? 0 : below(random, 40) * BASE_PAGE_SIZE;
    uint64_t type = test_random_one_in(random, 20) ? test_random_next(random) & 0xffffffff
                                                   : below(random, ObjType_Num + 1);
    call->r10 = type | any_count(random) << 32;
    call->r8 = any_size(random);
    call->r9 = any_caddr(random);
}

static void shape_map(struct test_random *random, struct cell_call *call)
{
    uint64_t first = test_random_one_in(random, 10) ? below(random, 65536) : below(random, 512);
    call->rdx = first | any_count(random) << 16;
    call->r10 = any_caddr(random);
    call->r8 = below(random, 4) * BASE_PAGE_SIZE;
    call->r9 = below(random, 2) * 3 + below(random, 2) * below(random, 128);
    call->r12 = any_caddr(random);
}

static uint64_t object(uint64_t slot)
{
    return caddr_make(0, (capaddr_t)(FUZZ_CNODE_OBJECTS * L2_CNODE_SLOTS + slot), 2);
}

static uint64_t empty_slot(struct test_random *random)
{
    uint64_t slot = FUZZ_CNODE_EMPTY * L2_CNODE_SLOTS + below(random, 2 * L2_CNODE_SLOTS);
    return caddr_make(0, (capaddr_t)slot, 2);
}

// The slots of stock.c whose types fit the command; the arguments were shaped before.
static void fit_objects(struct test_random *random, struct cell_call *call)
{
    uint64_t table = 4 + below(random, 4);
    switch (call->rsi) {
    case CAP_CMD_RETYPE:
        call->rdi = object(test_random_one_in(random, 3) ? 14 : 1);
        call->r9 = empty_slot(random);
        break;
    case VNODE_CMD_MAP:
        call->rdi = object(table);
        call->r10 = object(table == 4 ? 2 : table - 1);
        call->r12 = empty_slot(random);
        break;
    case VNODE_CMD_UNMAP:
        call->rdi = object(table < 6 ? 4 : 6);
        call->rdx =
            test_random_one_in(random, 2) ? object(table < 6 ? 22 : 19) : empty_slot(random);
        break;
    case VNODE_CMD_READ:
        call->rdi = object(table);
        call->rdx = below(random, 520);
        break;
    case MAPPING_CMD_MODIFY:
        call->rdi = test_random_one_in(random, 2) ? object(22) : empty_slot(random);
        break;
    case DISPATCHER_CMD_SETUP:
        call->rdx = object(FUZZ_SLOT_OTHER_ROOT);
        call->r10 = object(7);
        call->r8 = object(13);
        __attribute__((fallthrough));
    case DISPATCHER_CMD_RUN:
    case DISPATCHER_CMD_STOP:
    case DISPATCHER_CMD_STATE:
    case DISPATCHER_CMD_INFO:
    case DISPATCHER_CMD_ENDPOINT:
        call->rdi = object(12);
        break;
    case DISPATCHER_CMD_CSPACE:
        call->rdi = object(12);
        call->rdx = test_random_one_in(random, 2)
                        ? object(FUZZ_SLOT_OTHER_ROOT)
                        : caddr_make(0, FUZZ_CNODE_LIFE * L2_CNODE_SLOTS + FUZZ_SLOT_ROOT, 2);
        break;
    default:
        call->rdi = call->rsi >= KERNEL_CMD_START_CORE ? object(18) : call->rdi;
    }
}

static void shape_invoke(struct test_random *random, struct cell_call *call)
{
    switch (call->rsi) {
    case CAP_CMD_RETYPE:
        shape_retype(random, call);
        break;
    case CAP_CMD_COPY:
    case CAP_CMD_MINT:
        call->rdx = any_caddr(random);
        call->r10 = below(random, 64);
        call->r8 = test_random_one_in(random, 3) ? any_word(random) : 0;
        break;
    case CAP_CMD_IDENTIFY:
        call->rdx = CELL_DATA + CELL_DATA_BYTES - 512;
        break;
    case VNODE_CMD_MAP:
        shape_map(random, call);
        break;
    case MAPPING_CMD_MODIFY:
        call->rdx = below(random, 4) | any_count(random) << 16;
        call->r10 = below(random, 64);
        break;
    case DISPATCHER_CMD_SETUP:
        call->rdx = any_caddr(random);
        call->r10 = any_caddr(random);
        call->r8 = any_caddr(random);
        call->r9 = test_random_one_in(random, 2) ? 0 : any_caddr(random);
        call->r13 = CELL_DISP;
        break;
    case DISPATCHER_CMD_INFO:
        call->rdx = test_random_one_in(random, 2) ? object(13) : any_caddr(random);
        break;
    case DISPATCHER_CMD_ENDPOINT:
        call->rdx = below(random, 300) * 64 | 1ul << (32 + below(random, 8));
        call->r10 = any_caddr(random);
        break;
    case VNODE_CMD_UNMAP:
    case DISPATCHER_CMD_CSPACE:
        call->rdx = any_caddr(random);
        break;
    }
}

// Text that cannot be read.
static void shape_print(struct test_random *random, struct cell_call *call)
{
    static const uint64_t texts[] = {0,
                                     0x1000,
                                     CELL_DATA + CELL_DATA_BYTES,
                                     0x7ffffffff000,
                                     0x7fffffffffff,
                                     0x800000000000,
                                     0xffff800000100000,
                                     0xffffffff80200000,
                                     ~0ul};
    call->rdi = texts[below(random, sizeof(texts) / sizeof(texts[0]))];
    call->rsi = any_word(random);
}

static void shape_call(struct test_random *random, struct cell_call *call)
{
    uint64_t dice = below(random, 1000);
    call->rdi = any_caddr(random);
    if (dice < 880) {
        call->rax = SYSCALL_INVOKE;
        call->rsi = any_command(random);
        shape_invoke(random, call);
        if (test_random_one_in(random, 2)) {
            fit_objects(random, call);
        }
    } else if (dice < 950) {
        call->rax = SYSCALL_LMP_SEND;
        call->rsi = below(random, 4) | below(random, 10) << 8;
        call->rdx = test_random_one_in(random, 2) ? 0 : any_caddr(random);
    } else if (dice < 955) {
        call->rax = SYSCALL_YIELD;
    } else if (dice < 960) {
        call->rax = SYSCALL_SUSPEND;
        call->rdi = test_random_one_in(random, 2) ? 1 : any_word(random);
    } else if (dice < 975) {
        call->rax = SYSCALL_PRINT;
        shape_print(random, call);
    } else {
        call->rax = SYSCALL_BASE - 2 + below(random, SYSCALL_END - SYSCALL_BASE + 4);
        call->rax = test_random_one_in(random, 2) ? any_word(random) : call->rax;
        if (call->rax == SYSCALL_PRINT) {
            shape_print(random, call);
        }
    }
}

void fuzz_call(struct test_random *random, struct cell_call *call)
{
    uint64_t *words = &call->rdi;
    for (unsigned i = 0; i < 11; i++) {
        words[i] = any_word(random);
    }
    shape_call(random, call);
    if (call->rax == SYSCALL_INVOKE && test_random_one_in(random, 6)) {
        words[1 + below(random, 7)] = any_word(random);
    }
    call->disabled = below(random, 2);
    call->result = call->returned = 0;
}
