// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the servers that go without an answer and their client know of each other.
#pragma once

/// Word 0 of a request. An answer is one word, GONE_ANSWERED.
enum gone_request {
    GONE_NONE,
    GONE_ANSWER,
    GONE_LAST,           ///< an answer, and then the server ends
    GONE_EXIT,           ///< ends with GONE_STATUS_EXIT
    GONE_FAULT,          ///< faults
    GONE_FAULT_DISABLED, ///< the same, and the CPU driver stops it
    GONE_SILENT,         ///< no answer, and nothing else
    GONE_DELETE,         ///< deletes its copy of the client's endpoint
    GONE_REVOKE,         ///< revokes it, and so takes the client's own one away
    GONE_GIVE,           ///< gives it to the server behind GONE_ARG_OTHER, which answers there then
};

#define GONE_ANSWERED 0x600dul
#define GONE_STATUS_EXIT 5
#define GONE_STATUS_CLOSED 9 ///< nobody was left who could ask

/// Slots of a server's ARGCN: endpoints to answer at, and of another server or client.
enum { GONE_ARG_REPLY, GONE_ARG_OTHER };

/// Operations of the server of lmp_rpc. Badge of its client.
enum { GONE_RPC_ANSWER = 1, GONE_RPC_FORGET, GONE_RPC_EXIT };
#define GONE_RPC_BADGE 5u

/// The servers; each returns its exit status.
int gone_server(void);
int gone_rpc_server(void);

/// All cases.
void test_gone_servers(void);
