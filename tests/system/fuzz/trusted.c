// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a trusted cell may ask of Kernel, and with which arguments. Whoever holds Kernel with the
// right to write is trusted by the whole core, so of its commands only what cannot destroy the
// machine is left: not by luck, but because the arguments are made so, after everything else. A
// command that is not listed is not called on a trusted Kernel at all. Kernel with the right to
// read only, which all other cells hold, is fuzzed without limits.
#include "fuzz.h"

#include "kpi/syscalls.h"

#define KERNEL_HALF 0xffff800000000000ul ///< an address that no cell can read or write
#define PROCESSORS 255u                  ///< APIC IDs end here
#define HALT_STATUS_END 96u

static bool is_kernel(uint64_t command)
{
    const struct cap_command *row = cap_command(command);
    return row != NULL && (row->types >> ObjType_Kernel & 1) != 0 && command >= CAP_CMD_GENERIC_END;
}

void fuzz_withhold(const struct fuzz_model *model, struct test_random *random,
                   struct cell_call *call)
{
    switch (call->rsi) {
    case KERNEL_CMD_START_CORE: // no such core, or no such processor, or no bootinfo
        call->rdx = test_random_one_in(random, 3) ? 0 : call->rdx;
        call->r10 = call->rdx == 0 ? call->r10 : PROCESSORS + test_random_below(random, 1000);
        break;
    case KERNEL_CMD_CREATE_CAP: // out of nothing
        call->rdx = KERNEL_HALF;
        break;
    case KERNEL_CMD_SET_REMOTE: // would make the monitor look for holders
        call->r10 = call->r10 == 1 ? 0 : call->r10;
        break;
    case KERNEL_CMD_SET_RETURNS: // whoever registers first gets all memory
        call->rdx = KERNEL_RETURNS_COUNT + test_random_below(random, 1000);
        break;
    case KERNEL_CMD_VECTOR_FREE: // others' wake-ups
        call->rdx = test_random_one_in(random, 2)
                        ? model->vectors[test_random_below(random, FUZZ_VECTORS)]
                        : 256 + test_random_below(random, 1000);
        break;
    case KERNEL_CMD_HALT:
        call->rdx = HALT_STATUS_END + test_random_below(random, 1000);
        break;
    case KERNEL_CMD_NOTIFY_CREATE:
    case KERNEL_CMD_IRQDEST_CREATE:
    case KERNEL_CMD_ID_CREATE:
    case KERNEL_CMD_STAT:
    case KERNEL_CMD_TRANSLATE:
    case KERNEL_CMD_CORE_INFO:
    case KERNEL_CMD_STAT_RESET:
        break;
    case CAP_CMD_IDENTIFY: // not over the calls that were withheld
        call->rdx = call->rdx - CELL_DATA < CELL_DATA_BYTES ? CELL_DATA + CELL_DATA_BYTES - 512
                                                            : KERNEL_HALF;
        break;
    default:
        call->rdi = is_kernel(call->rsi) ? 0 : call->rdi;
    }
}

bool fuzz_can_succeed(uint64_t command)
{
    if (is_kernel(command)) {
        return command == KERNEL_CMD_NOTIFY_CREATE || command == KERNEL_CMD_IRQDEST_CREATE ||
               command == KERNEL_CMD_VECTOR_FREE || command == KERNEL_CMD_SET_REMOTE ||
               command == KERNEL_CMD_ID_CREATE || command == KERNEL_CMD_STAT ||
               command == KERNEL_CMD_TRANSLATE || command == KERNEL_CMD_CORE_INFO ||
               command == KERNEL_CMD_STAT_RESET;
    }
    return cap_command(command) != NULL && command != ENDPOINT_CMD_SEND;
}
