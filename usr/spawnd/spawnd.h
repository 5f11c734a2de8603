// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of spawnd know of one another. spawnd has one thread (say.c has another for a
// while): a handler runs to its end and waits for the monitor and the memory server of its core
// only, which never wait for spawnd. What may take long is done in steps, in events of the waitset
// (end.c).
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/bootmodule.h"
#include "barrelfish/spawn.h"
#include "domain_table.h"
#include "spawn_strings.h"
#include "words.h"

struct remote;

/// Who asks: a domain of this core over LMP, or one of another over UMP, which has one request
/// under way at a time. What it is about to spawn is gathered here.
struct client {
    struct client *previous, *next;
    domainid_t domain;
    domainid_t family;       ///< if it is of another core
    struct remote *remote;   ///< NULL: over LMP
    struct strings *strings; ///< NULL: no piece has come yet
    struct words *words;     ///< NULL: it has said nothing
    struct capref argcaps[SPAWND_ARGCN_SLOTS];
    domainid_t waits_for; ///< gets its reply when this domain has ended; or 0
    domainid_t kills;     ///< the same
    domainid_t reclaims;  ///< gets its reply when this domain has given memory back; or 0
};

// clients.c

/// The client of a domain of this core that runs, or of the trusted base, made if it is not there;
/// NULL: out of memory.
struct client *client_local(domainid_t domain);
struct client *client_new(domainid_t domain, struct remote *remote);
void client_free(struct client *client);
/// Forgets a domain of this core that has ended.
void client_forget_local(domainid_t domain);
/// How many channels a domain of another core has.
unsigned client_count(domainid_t domain);
/// Sees to it that the client has strings, empty ones if it had none. False: there is no memory.
bool client_need_strings(struct client *client);
/// Drops the arguments and capabilities that were gathered.
void client_clear(struct client *client);
/// Calls `func` for each client; it must not free any.
void client_each(void (*func)(struct client *client, void *arg), void *arg);

// answers.c

void answer(struct client *client, const uint64_t words[SPAWND_WORDS]);
void answer_error(struct client *client, errval_t err);
/// To SPAWND_WAIT.
void answer_wait(struct client *client, const struct domain *domain);

// requests.c

/// Handles a request, taking `cap` (or NULL_CAP) over, and replies now or later.
void request_handle(struct client *client, const uint64_t words[SPAWND_WORDS], struct capref cap);

// domains.c, start.c and end.c: domains.

extern struct domain_table domains;
/// What makes up each running domain, by its index in the table.
extern struct spawn_info domain_infos[DOMAINS_MAX];

/// Starts the program that the client has named, as the words of its SPAWND_SPAWN say. Errors:
/// SPAWND_SPAWN's.
errval_t domain_launch(struct client *client, const uint64_t words[SPAWND_WORDS], domainid_t *id);
void end_init(void);
/// Sets aside what the end of a domain will need, before it is made.
errval_t end_prepare(const struct domain *domain);
/// A running domain has ended or is to: it stops at once. All of it is taken back in the events to
/// come, then those who wait are told.
void domain_end(struct domain *domain, enum spawnd_state state, uint64_t status);
/// The memory server has taken all of it back.
void domain_forgotten(domainid_t id);
/// More of what was said is shown.
void domain_words_shown(void);
/// The CPU driver's message of a death.
void domain_died(const uint64_t *words, size_t length);
/// A domain that was asked for memory has given it, or lost it.
void domain_reclaimed(domainid_t id, uint64_t returned, uint64_t forced);

// modules.c

/// Copies what the boot information says of the modules. False: it is none.
bool modules_init(const struct bootinfo *bootinfo);
/// The first module of this name, or NULL.
const struct bootinfo_module *modules_find(const char *name);

// say.c: what is printed.

/// From now on debug_printf() goes where say_words() goes. `more_shown` is called when what say_ask()
/// asked about is shown.
void say_init(void (*more_shown)(void));
/// A domain has died, and that is to be said: it may be the console.
void say_death(domainid_t id);
/// SPAWND_PRINT.
void say_words(struct client *client, const uint64_t words[SPAWND_WORDS]);
/// What was said last is of a domain.
void say_was_of(const struct domain *domain);
/// Whether all that was said of or for a domain is shown. If not, say_ask() asks to be
/// told when more is.
bool say_is_shown(const struct domain *domain);
void say_ask(void);
/// The client goes.
void say_forget(struct client *client);

// memory.c: the memory server.

/// What it is told later: that a domain that was asked for memory has given it or lost it, and that all
/// of one that has ended was taken back.
errval_t memory_init(void (*on_reclaimed)(domainid_t id, uint64_t returned, uint64_t forced),
                     void (*on_forgotten)(domainid_t id));
/// Opens a domain's account, which is there from then to memory_forget(). What is counted on it is
/// counted on that of the payer too (0: none). limit: of what is counted, 0: none.
/// SPAWN_ERR_ID_IN_USE: take another ID.
errval_t memory_open(domainid_t domain, domainid_t payer, gensize_t limit);
/// Puts spawnd's memory on a domain's account.
errval_t memory_charge(domainid_t domain, genpaddr_t base, gensize_t bytes);
/// Takes back all that is on a domain's account, which has ended. `on_forgotten` is called once
/// it is done, not before this has returned.
errval_t memory_forget(domainid_t domain);
/// Has a domain told of its memory in the frame of its exposed information, until it is forgotten.
errval_t memory_info(domainid_t domain, struct capref frame);
/// Bytes that a domain has from the memory server; 0 also if it has asked for nothing.
uint64_t memory_account(domainid_t domain);
/// Begins to ask a domain for memory; `on_reclaimed` is called once it is done, not before this
/// has returned.
errval_t memory_reclaim(domainid_t domain, gensize_t bytes, delayus_t deadline_us);
errval_t memory_available(uint64_t *free_bytes, uint64_t *total_bytes);

// local.c: clients of this core.

errval_t local_init(lmp_server_handler serve, bool (*alive)(uint32_t badge));
void local_reply(domainid_t domain, const uint64_t words[SPAWND_WORDS]);
void local_reply_error(domainid_t domain, errval_t err);
void local_forget(domainid_t domain);

// remote.c: clients of other cores.

/// `request` handles each of their requests.
errval_t remote_init(struct waitset *ws,
                     void (*request)(struct client *client, const uint64_t words[SPAWND_WORDS],
                                     struct capref cap));
void remote_reply(struct remote *remote, const uint64_t words[SPAWND_WORDS]);
