// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server as its clients see it, on the machine of kernel.h: requests and replies, endpoints
// with a bounded room for messages, time that passes when the test says so.
#pragma once

#include "kernel.h"
#include "mem_serv.h"

#include "if/mem_serv.h"
#include "kpi/info.h"

#define SPAWND DOMAIN_SPAWND
#define CLIENT 20u
/// What the server has at first.
#define SERVICE_BYTES (12ul << 20)
#define SERVICE_END (KERNEL_MEMORY_BASE + SERVICE_BYTES)
#define ENDPOINTS 24u

/// Boots the server. `failing`: the call of the library's that fails, or 0. False: it gave up.
bool service_start(unsigned failing);
/// Nothing is under way, all that was handed out has come back, and all is in order.
void service_end(void);

/// A request; `cap` is the server's then. What is to be done at once has been done.
void service_ask(uint32_t badge, enum mem_serv_op op, uint64_t word1, uint64_t word2,
                 uint64_t word3, uint64_t word4, struct capref cap);
/// The same, and its answer is this error.
bool service_errs(uint32_t badge, enum mem_serv_op op, uint64_t word1, uint64_t word2,
                  uint64_t word3, uint64_t word4, struct capref cap, errval_t err);
/// The answer to the last request of this client. False: there is none.
bool service_answer(uint32_t badge, uint64_t words[LMP_MSG_LENGTH]);
/// Let replies with capabilities fail.
void service_lose_replies(bool lose);
/// The server forgets a client; false if it was none since the last time.
bool service_forgot(uint32_t badge);

/// Memory for a client, of `pages` pages; its RAM capability is the client's.
struct capref service_take(uint32_t badge, unsigned pages);
/// Where the memory that was handed out last is.
genpaddr_t service_base(void);
/// The client deletes it, and the CPU driver says that something has come back.
void service_drop(struct capref cap);
/// The CPU driver says that something has come back.
void service_hear(void);

/// A copy of an endpoint's capability, in a slot of the server's.
struct capref service_endpoint(unsigned id);
/// Room for so many messages; UINT32_MAX: what sends there finds it gone.
void service_set_room(unsigned id, unsigned messages);
/// The next message that has come to an endpoint: its words, or 0 if there is none.
size_t service_message(unsigned id, uint64_t words[LMP_MSG_LENGTH]);
/// Whether it is this, and nothing else has come.
bool service_got(unsigned id, const uint64_t *words, size_t length);
/// Copies of an endpoint that the server has.
unsigned service_copies(unsigned id);

/// One event. False: there is none.
bool service_dispatch(void);
void service_run(void);
/// The timer that is due first expires; its delay. 0: there is none.
delayus_t service_time_passes(void);
unsigned service_timers(void);

/// Other cores may hold it, or no longer.
void service_set_remote(struct capref cap, bool remote);
/// Steps of taking back since the last time.
unsigned service_reclaim_steps(void);

/// A frame of all of it, in a slot of the server's, for a page of information.
struct capref service_page(struct capref ram);
/// What is written in the page at this place.
const struct info_memory *service_info(genpaddr_t base);
unsigned service_mapped(void);
/// Let mapping fail.
void service_fail_mapping(bool fail);
