// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What lmp_send.S needs of headers that are C only. lrpc.c asserts each against its struct.

#pragma once

// struct lmp_recv_msg
#define RECV_MSG_LENGTH 8
#define RECV_MSG_BADGE 16
#define RECV_MSG_WORDS 24

#define SYSCALL_LMP_SEND_ASM 0x53540001
#define LMP_RECV_WORDS_ASM 8
