// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where things are in a cell, for C and assembly: the addresses in its own address space, and the
// words at the start of its data area that its code and its maker share.
#pragma once

#define CELL_CODE 0x200000
#define CELL_DATA 0x210000
#define CELL_DATA_BYTES 0x8000
#define CELL_DISP 0x220000
#define CELL_DISP_BYTES 0x4000

// Offsets in the data area.
#define CELL_RUNS 0 /* upcalls to each entry point */
#define CELL_PAGEFAULTS 8
#define CELL_TRAPS 16
#define CELL_SYSCALLS 24
#define CELL_ARG1 32 /* rdi, rsi and rdx of the latest upcall */
#define CELL_ARG2 40
#define CELL_ARG3 48
#define CELL_PROGRESS 56 /* rounds that the code has done */
#define CELL_RESULT 64   /* rax after cell_code_syscall */
#define CELL_BAD 72      /* registers of the FPU that were wrong */
#define CELL_CALLS 80    /* calls in the table, the next one, and 1 when all are done */
#define CELL_NEXT 88
#define CELL_DONE 96
#define CELL_CURRENT 104
#define CELL_XMM 256   /* 16 registers of 16 bytes */
#define CELL_TABLE 512 /* struct cell_call */
#define CELL_CALL_BYTES 128
#define CELL_CALLS_MAX 192
#define CELL_STACK_TOP (CELL_DATA + CELL_DATA_BYTES)
