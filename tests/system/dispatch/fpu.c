// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The FPU's registers belong to one dispatcher: two that fill them with different patterns and take
// turns never see the other's, and a new one finds nothing of anybody.
#include "systest/systest.h"
#include "tests.h"

#define TURNS 200u
#define YIELDS 50u

static bool start_keeper(struct cell *cell, uint64_t pattern)
{
    if (!cell_prepare(cell, cell_code_fpu_keep))
        return false;
    cell->shared->disabled_save.rbx = pattern;
    return cell_start(cell);
}

void test_fpu(struct cell *cell, struct cell *other)
{
    if (!start_keeper(cell, 0x1111222233334444ul) || !start_keeper(other, 0xaaaabbbbccccddddul))
        return;
    for (unsigned turn = 1; turn <= TURNS; turn++) {
        EXPECT(cell_run_until(cell, turn, YIELDS));
        EXPECT(cell_run_until(other, turn, YIELDS));
    }
    EXPECT(cell->data->bad == 0 && other->data->bad == 0);

    // `other` has run last and its pattern is in the registers, or was.
    if (!cell_prepare(cell, cell_code_fpu_look) || !cell_start(cell))
        return;
    EXPECT(cell_run_until(cell, 1, YIELDS));
    uint64_t bits = 0;
    for (unsigned i = 0; i < 32; i++)
        bits |= cell->data->xmm[i];
    EXPECT(bits == 0);
}
