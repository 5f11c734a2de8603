// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls out of random numbers: shaped by what each command expects, so that many get past the first
// check, and then spoiled. All system calls, all commands and all numbers can come, but those of
// trusted.c. A call that ends the cell (it may delete its own root) is a call like any
// other.
//
// Which commands there are, what they can be invoked on, and which arguments are capabilities or
// slots comes from the table of rules, so a new command is fuzzed without a word here. Only words
// with an inner form are shaped by hand (shape_words).
#include "fuzz.h"

#include "kpi/syscalls.h"
#include "kpi/vspace.h"

static uint64_t below(struct test_random *random, uint64_t bound)
{
    return test_random_below(random, bound);
}

static uint64_t any_cptr(struct test_random *random)
{
    uint64_t dice = below(random, 1000);
    uint64_t cnode = FUZZ_CNODE_OBJECTS;
    if (dice < 5)
        cnode = FUZZ_CNODE_LIFE;
    else if (dice < 400)
        cnode = FUZZ_CNODE_EMPTY + below(random, 2);
    else if (dice < 420)
        cnode = below(random, 1024);
    uint64_t slots = test_random_one_in(random, 10) ? L2_CNODE_SLOTS : FUZZ_OBJECTS;
    return cnode * L2_CNODE_SLOTS + below(random, slots);
}

static uint64_t any_caddr(struct test_random *random)
{
    uint64_t dice = below(random, 100);
    capaddr_t cptr = (capaddr_t)any_cptr(random);
    if (dice < 84)
        return caddr_make(0, cptr, 2);
    if (dice < 88) // an L2CNode in the root; those that the cell lives by seldom
        return caddr_make(0, (capaddr_t)((FUZZ_CNODES - 1 + below(random, 60)) << 8), 1);
    if (dice < 91)
        return caddr_make(FUZZ_SLOT_ROOT, cptr, 2);
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
    uint64_t dice = below(random, 40);
    if (dice < 14) { // what destroys comes less often, so that there is something to destroy
        uint64_t command = below(random, CAP_CMD_IDENTIFY + 1);
        bool destroys = command == CAP_CMD_DELETE || command == CAP_CMD_REVOKE;
        return destroys && !test_random_one_in(random, 6) ? CAP_CMD_RETYPE : command;
    }
    if (dice < 18)
        return VNODE_CMD_MAP + below(random, MAPPING_CMD_MODIFY + 1 - VNODE_CMD_MAP);
    if (dice < 38) {
        uint64_t command;
        do {
            command = CAP_CMD_GENERIC_END + below(random, CAP_CMD_COUNT - CAP_CMD_GENERIC_END);
        } while (cap_command(command) == NULL);
        return command;
    }
    return dice == 38 ? below(random, 256) : any_word(random);
}

static uint64_t any_size(struct test_random *random)
{
    static const uint64_t sizes[] = {0,     4096,  8192,    16384, 32768, 65536,   12288,
                                     24576, 20480, 0x20000, 1,     2,     0x100000};
    return sizes[below(random, sizeof(sizes) / sizeof(sizes[0]))];
}

static uint64_t any_count(struct test_random *random)
{
    return test_random_one_in(random, 8) ? below(random, 300) : 1 + below(random, 4);
}

static uint64_t slot_address(uint64_t cnode, uint64_t slot)
{
    return caddr_make(0, (capaddr_t)(cnode * L2_CNODE_SLOTS + slot), 2);
}

static uint64_t empty_slot(struct test_random *random)
{
    return test_random_one_in(random, 8)
               ? any_caddr(random)
               : slot_address(FUZZ_CNODE_EMPTY + below(random, 2), below(random, L2_CNODE_SLOTS));
}

/// Something that was stocked with one of these types, if there is any; seldom anything.
static uint64_t fitting(const struct fuzz_model *model, struct test_random *random, uint32_t types)
{
    uint64_t start = below(random, FUZZ_OBJECTS);
    for (uint64_t i = 0; i < FUZZ_OBJECTS && !test_random_one_in(random, 64); i++) {
        uint64_t slot = (start + i) % FUZZ_OBJECTS;
        if (model->types[slot] != ObjType_Null && (types >> model->types[slot] & 1) != 0)
            return slot_address(FUZZ_CNODE_OBJECTS, slot);
    }
    return any_caddr(random);
}

static uint64_t argument(const struct fuzz_model *model, struct test_random *random,
                         const struct cap_arg *arg)
{
    switch (arg->kind) {
    case CAP_ARG_OPTIONAL:
        return test_random_one_in(random, 2) ? 0 : fitting(model, random, arg->types);
    case CAP_ARG_CAP:
        return fitting(model, random, arg->types);
    case CAP_ARG_SLOT:
    case CAP_ARG_SLOTS:
        return empty_slot(random);
    default:
        return test_random_one_in(random, 2) ? below(random, 4) : any_word(random);
    }
}

/// The rest of a call of VNODE_CMD_MAP into a table of the stock: what belongs there.
static void fit_map(const struct fuzz_model *model, struct test_random *random,
                    struct cell_call *call)
{
    uint64_t table = ObjType_VNode_x86_64_pml4 + below(random, 4);
    uint32_t pages = 1u << ObjType_Frame | 1u << ObjType_EndPointUMP | 1u << ObjType_DevFrame;
    call->rdi = fitting(model, random, 1u << table);
    if (table != ObjType_VNode_x86_64_ptable && test_random_one_in(random, 2)) {
        call->r10 = fitting(model, random, 1u << (table + 1));
        call->rdx = below(random, 512) | 1u << 16;
        call->r8 = 0;
    } else {
        call->r10 = fitting(model, random, pages);
        call->r9 |= table == ObjType_VNode_x86_64_ptable ? 0 : VREGION_FLAGS_LARGE;
    }
}

/// Words that have an inner form, or that fit only what is in the stock.
static void shape_words(const struct fuzz_model *model, struct test_random *random,
                        struct cell_call *call)
{
    uint64_t first = test_random_one_in(random, 10) ? below(random, 65536) : below(random, 512);
    uint64_t type = test_random_one_in(random, 20) ? test_random_next(random) & 0xffffffff
                                                   : below(random, ObjType_Num + 1);
    switch (call->rsi) {
    case CAP_CMD_RETYPE:
        call->rdx = test_random_one_in(random, 3) ? 0 : below(random, 40) * BASE_PAGE_SIZE;
        call->r10 = type | any_count(random) << 32;
        call->r8 = any_size(random);
        break;
    case CAP_CMD_MINT:
        call->r10 = below(random, 64) | (test_random_one_in(random, 8) ? 0 : CAPRIGHTS_IDENTIFY);
        call->r8 = test_random_one_in(random, 3) ? any_word(random) : 0;
        break;
    case CAP_CMD_IDENTIFY:
        call->rdx = CELL_DATA + CELL_DATA_BYTES - 512;
        break;
    case VNODE_CMD_MAP:
        call->rdx = first | any_count(random) << 16;
        call->r8 = below(random, 4) * BASE_PAGE_SIZE;
        call->r9 = VREGION_FLAGS_READ | below(random, 4) << 1;
        call->r9 |= test_random_one_in(random, 4) ? below(random, 128) : 0;
        fit_map(model, random, call);
        break;
    case VNODE_CMD_COPY:
        call->rdx = first | (1 + below(random, 2)) << 16;
        call->r8 = below(random, 3);
        call->r9 = VREGION_FLAGS_READ | below(random, 4) << 1;
        break;
    case VNODE_CMD_READ:
        call->rdx = below(random, 520);
        break;
    case MAPPING_CMD_MODIFY:
        call->rdx = below(random, 4) | any_count(random) << 16;
        call->r10 = test_random_one_in(random, 2) ? VREGION_FLAGS_READ : below(random, 64);
        break;
    case DISPATCHER_CMD_SETUP:
        call->r13 = CELL_DISP;
        break;
    case DISPATCHER_CMD_ENDPOINT:
        call->rdx = below(random, 300) * 64 | 1ul << (32 + below(random, 8));
        break;
    case IRQSRC_CMD_CONNECT:
    case IRQSRC_CMD_ACK:
        call->rdx = FUZZ_IRQ - 1 + below(random, 4);
        break;
    case IO_CMD_IN:
    case IO_CMD_OUT:
        call->rdx = FUZZ_IO - 4 + below(random, 16);
        call->r10 = 1ul << below(random, 4);
        break;
    }
}

static void shape_invoke(const struct fuzz_model *model, struct test_random *random,
                         struct cell_call *call)
{
    const struct cap_command *row = cap_command(call->rsi);
    if (row == NULL)
        return;
    if (!test_random_one_in(random, 3))
        call->rdi = fitting(model, random, row->types);
    uint64_t *args = &call->rdx;
    for (unsigned i = 0; i < CAP_ARGS; i++)
        args[i] = argument(model, random, &row->args[i]);
    if (!test_random_one_in(random, 16))
        shape_words(model, random, call);
}

/// Text that cannot be read.
static void shape_call(const struct fuzz_model *model, struct test_random *random,
                       struct cell_call *call)
{
    uint64_t dice = below(random, 1000);
    call->rdi = any_caddr(random);
    if (dice < 880) {
        call->rax = SYSCALL_INVOKE;
        call->rsi = any_command(random);
        shape_invoke(model, random, call);
    } else if (dice < 950) {
        call->rax = SYSCALL_LMP_SEND;
        if (test_random_one_in(random, 2))
            call->rdi = fitting(model, random, 1u << ObjType_EndPointLMP);
        call->rsi = below(random, 2 * LMP_FLAG_CALL) | below(random, 10) << 8;
        call->rdx = test_random_one_in(random, 2) ? 0 : any_caddr(random);
    } else if (dice < 955) {
        call->rax = SYSCALL_YIELD;
    } else if (dice < 960) {
        call->rax = SYSCALL_SUSPEND;
        call->rdi = test_random_one_in(random, 2) ? 1 : any_word(random);
    } else {
        call->rax = SYSCALL_BASE - 2 + below(random, SYSCALL_END - SYSCALL_BASE + 4);
        call->rax = test_random_one_in(random, 2) ? any_word(random) : call->rax;
    }
}

void fuzz_call(const struct fuzz_model *model, struct test_random *random, struct cell_call *call)
{
    uint64_t *words = &call->rdi;
    for (unsigned i = 0; i < 11; i++)
        words[i] = any_word(random);
    shape_call(model, random, call);
    if (call->rax == SYSCALL_INVOKE && test_random_one_in(random, 6))
        words[1 + below(random, 7)] = any_word(random);
    if (model->trusted)
        fuzz_withhold(model, random, call);
    call->disabled = below(random, 2);
    call->result = call->returned = 0;
}
