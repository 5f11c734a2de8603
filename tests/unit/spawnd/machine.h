// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A machine for spawnd to run on, in one process: slots, the waitset, LMP and UMP, the memory server,
// the monitor and the spawn library, as far as spawnd sees them. It refuses what they refuse, and
// any call can be made to fail. What spawnd asks of others is written down, in order (machine_log).
#pragma once

#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/ump_chan.h"
#include "spawnd.h"
#include "testlib/testlib.h"

#define MACHINE_CORE 3u
/// MACHINE_CORE, or what was said since the last test.
extern coreid_t machine_core;

/// Calls that can fail.
enum machine_call {
    CALL_NONE,
    CALL_MALLOC,
    CALL_SLOT_ALLOC,
    CALL_MAP,
    CALL_LOAD,
    CALL_GIVE_CAP,
    CALL_RUN,
    CALL_MINT,
    CALL_REVOKE,
    CALL_DESTROY,
    CALL_STATUS,
    CALL_WAIT,
    CALL_MEMORY_CONNECT,
    CALL_MEMORY, // + enum mem_serv_op
    CALL_ENDPOINT = CALL_MEMORY + MEM_SERV_OPS_COUNT,
    CALL_LISTEN,
    CALL_SERVE,
    CALL_EXPORT,
    CALL_INTRODUCE,
    CALL_MONITOR_FORGET,
    CALL_ACCEPT,
    CALL_REGISTER_RECV,
    CALL_REGISTER_SEND,
    CALL_SEND,
    CALL_RECV,
    CALL_LOOKUP,
    CALL_BIND,
    CALL_THREAD,
    CALLS_COUNT
};

/// One end of a channel, that of spawnd's peer.
struct peer;

struct machine {
    char log[16384];     ///< what was asked of others
    char printed[65536]; ///< past the console
    size_t printed_bytes;
    unsigned loaded;                      ///< domains that are made and not destroyed
    unsigned slots;                       ///< in use
    unsigned mapped;                      ///< modules
    unsigned revoke_steps, destroy_steps; ///< that one takes
    unsigned destroy_calls;
    unsigned ring_lines;        ///< of channels that are made from now on
    struct spawn_params params; ///< of the domain that was loaded last
    char words_of_params[256];  ///< its arguments and environment
    struct dispatcher_status status;
    uint64_t wait;          ///< as DISPATCHER_CMD_WAIT has it
    uint64_t account_bytes; ///< what each account holds
    errval_t refusal;       ///< of the client that connected last
    size_t slots_kept, slots_reserved;
    ram_alloc_func_t ram_alloc; ///< where the library asks for memory
    errval_t last_err;          ///< that was said
    bool alloc_gives_cap;       ///< whether the memory server's answer has a capability
};
extern struct machine machine;

/// What is different at the next starts, where it is not 0.
struct machine_boot_change {
    bool no_bootinfo;
    uint64_t magic;
    uint16_t modules;
};
extern struct machine_boot_change machine_boot_change;

/// Boots spawnd. False: it gave up.
bool machine_start(void);
/// Ends all that runs and sees to it that nothing is left.
void machine_end(void);

/// The call after so many more fails, once.
void machine_fail(enum machine_call call, unsigned after, errval_t err);
/// Whether the failure that was asked for has come.
bool machine_failed(void);

/// Whether what was asked of others since the last time is this; it is printed if not.
bool machine_expect(const char *log);
/// Whether this was printed past the console, and nothing else.
bool machine_printed(const char *text);

/// Handles one event. False: there is none.
bool machine_dispatch(void);
/// Handles all.
void machine_run(void);
/// What spawnd's own thread does.
bool machine_run_thread(void);

/// A capability in a slot of spawnd's.
struct capref machine_cap(void);

/// A request over LMP.
void machine_request(domainid_t badge, const uint64_t words[SPAWND_WORDS], struct capref cap);
/// The next reply to a client of this core. False: there is none.
bool machine_reply(domainid_t badge, uint64_t words[SPAWND_WORDS]);
/// Whether the server knows a client.
bool machine_is_client(domainid_t badge);
/// A message of the CPU driver.
void machine_death(const uint64_t *words, size_t length);

/// A domain of another core binds. NULL: it was refused, for machine.refusal.
struct peer *machine_connect(domainid_t client, domainid_t family);
struct peer *machine_bind(const struct monitor_bind_request *request);
/// The console, once spawnd has bound to it: text, whose number of bytes is above these bits, or a flush,
/// which each line that it gets answers.
#define CONSOLE_WRITE 1u
#define CONSOLE_FLUSH 2u
#define CONSOLE_MORE 0x80u
#define CONSOLE_TEXT_BYTES 51u
struct peer *machine_console(void);
bool peer_send(struct peer *peer, const uint64_t words[UMP_PAYLOAD_WORDS]);
bool peer_recv(struct peer *peer, uint64_t words[UMP_PAYLOAD_WORDS], uint16_t *ctrl);
void peer_close(struct peer *peer);
/// Whether spawnd has closed its end.
bool peer_is_closed(const struct peer *peer);

/// What the memory server tells.
void machine_tell(const uint64_t *words, size_t length);
/// It has taken back all memory of domains that it was to forget, or `most` of them.
unsigned machine_forgotten(unsigned most);
bool machine_has_account(domainid_t domain);
/// An account of this ID that is still there.
void machine_keep_account(domainid_t domain);
bool machine_is_introduced(domainid_t domain);
