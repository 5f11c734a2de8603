// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fake_services.h.
#include "fake_services.h"

#include "barrelfish/blocking.h"
#include "barrelfish/debug.h"
#include "barrelfish/syscalls.h"

#include <asm/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fake fake;
uint64_t fake_words[8];
static _Alignas(4096) struct {
    struct dispatcher_shared shared;
    char rest[8192];
} dispatcher;

void fake_start(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(fake_words, 0, sizeof(fake_words));
    fake.self = (struct thread *)0x1000;
    dispatcher.shared.udisp = (uint64_t)&dispatcher;
    dispatcher.shared.core_id = FAKE_CORE;
    CU_ASSERT_EQUAL_FATAL(syscall(SYS_arch_prctl, ARCH_SET_GS, &dispatcher), 0);
}

void fake_end(void)
{
    CU_ASSERT_EQUAL(fake.locks, 0);
}

struct dispatcher_shared *fake_dispatcher(void)
{
    return &dispatcher.shared;
}

struct fake_request *fake_last(unsigned before)
{
    CU_ASSERT_FATAL(before < fake.count);
    return &fake.requests[fake.count - 1 - before];
}

bool fake_asked(unsigned before, uint64_t op, uint64_t one, uint64_t two, uint64_t three)
{
    const uint64_t *words = fake_last(before)->words;
    return words[0] == op && words[1] == one && words[2] == two && words[3] == three;
}

errval_t fake_answer_words(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    (void)request;
    (void)cap;
    memcpy(words, fake_words, sizeof(fake_words));
    return SYS_ERR_OK;
}

errval_t fake_serve(struct fake_request request, uint64_t words[8], struct capref *cap)
{
    CU_ASSERT_FATAL(fake.count < FAKE_REQUESTS);
    struct fake_request *kept = &fake.requests[fake.count++];
    *kept = request;
    fake.waits_for = dispatcher.shared.waits_for;
    memset(words, 0, 8 * sizeof(words[0]));
    return fake.answer != NULL ? fake.answer(kept, words, cap) : SYS_ERR_OK;
}

errval_t lmp_rpc_init(struct lmp_rpc *rpc, struct capref server)
{
    fake.connects++;
    rpc->server = server;
    return fake.connect_error;
}

void lmp_rpc_destroy(struct lmp_rpc *rpc)
{
    CU_ASSERT_FALSE(capref_is_null(rpc->server));
    fake.destroys++;
}

errval_t lmp_rpc_call(struct lmp_rpc *rpc, const uint64_t in[LMP_MSG_LENGTH],
                      struct capref send_cap, uint64_t out[LMP_MSG_LENGTH], struct capref *recv_cap)
{
    struct fake_request request = {.cap = send_cap, .server = rpc->server};
    struct capref cap = NULL_CAP;
    uint64_t words[8];
    memcpy(request.words, in, sizeof(request.words));
    errval_t err = fake_serve(request, words, &cap);
    if (err_is_fail(err))
        return err;
    memcpy(out, words, sizeof(words));
    if (recv_cap != NULL)
        *recv_cap = cap;
    return out[0];
}

// Threads, of which there is one.

struct thread *thread_self(void)
{
    return fake.self;
}

void thread_mutex_lock(struct thread_mutex *mutex)
{
    CU_ASSERT_PTR_NULL_FATAL(mutex->owner);
    mutex->owner = fake.self;
    fake.locks++;
}

bool thread_mutex_trylock(struct thread_mutex *mutex)
{
    if (mutex->owner != NULL || fake.trylock_fails)
        return false;
    thread_mutex_lock(mutex);
    return true;
}

void thread_mutex_unlock(struct thread_mutex *mutex)
{
    CU_ASSERT_PTR_EQUAL(mutex->owner, fake.self);
    mutex->owner = NULL;
    fake.locks--;
}

// Capabilities.

errval_t cap_identify(struct capref cap, struct capability *ret)
{
    if (capcmp(cap, cap_spawndep) && getenv("ALONE") == NULL)
        return SYS_ERR_OK;
    uint8_t type = cap.slot < sizeof(fake.types) ? fake.types[cap.slot] : (uint8_t)ObjType_Null;
    if (type == ObjType_Null)
        return SYS_ERR_CAP_NOT_FOUND;
    *ret = (struct capability){.type = type, .rights = fake.no_grant ? 0 : CAPRIGHTS_ALL};
    return SYS_ERR_OK;
}

errval_t cap_destroy(struct capref cap)
{
    CU_ASSERT_FALSE(capref_is_null(cap));
    fake.destroyed++;
    return SYS_ERR_OK;
}

// System calls.

errval_t sys_print(const char *string, size_t length)
{
    CU_ASSERT_FATAL(length < sizeof(fake.printed) - fake.printed_bytes);
    if (err_is_fail(fake.print_error))
        return fake.print_error;
    memcpy(fake.printed + fake.printed_bytes, string, length);
    fake.printed_bytes += length;
    return SYS_ERR_OK;
}

errval_t sys_lmp_send(uint64_t ep_caddr, uint32_t flags, uint64_t send_caddr, size_t length,
                      const uint64_t words[LMP_MSG_LENGTH])
{
    struct fake_request request = {0};
    uint64_t unused[8];
    if (fake.lmp_full > 0) {
        fake.lmp_full--;
        return SYS_ERR_LMP_BUF_OVERFLOW;
    }
    CU_ASSERT_TRUE(flags == LMP_FLAG_YIELD && send_caddr == 0);
    memcpy(request.words, words, length * sizeof(words[0]));
    fake.lmp_to = ep_caddr;
    return err_is_fail(fake.send_error) ? fake.send_error : fake_serve(request, unused, NULL);
}

errval_t syscall2(uint64_t number, uint64_t arg1, uint64_t arg2)
{
    (void)arg1;
    (void)arg2;
    fake.yields += number == SYSCALL_YIELD;
    return SYS_ERR_OK;
}

// The C library's memory, under the address sanitizer's own names.

void *__interceptor_calloc(size_t count, size_t bytes);
void *__interceptor_realloc(void *block, size_t bytes);

static bool memory_fails(void)
{
    return fake.fail_memory_in > 0 && --fake.fail_memory_in == 0;
}

void *calloc(size_t count, size_t bytes)
{
    return memory_fails() ? NULL : __interceptor_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes)
{
    return memory_fails() ? NULL : __interceptor_realloc(block, bytes);
}
