// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Channels between cores, in the test's hand: in the place of ump_chan.c and ump_bind.c.
#include "fake_services.h"

#include <string.h>

errval_t ump_chan_bind_blocking(struct ump_chan *uc, iref_t iref, size_t inchanlen,
                                size_t outchanlen)
{
    fake.binds++;
    fake.bind_in = (unsigned)inchanlen;
    fake.bind_out = (unsigned)outchanlen;
    uc->id = iref;
    return fake.bind_error;
}

void ump_chan_close(struct ump_chan *uc)
{
    CU_ASSERT_NOT_EQUAL(uc->id, 0);
    uc->id = 0;
    fake.closes++;
}

void fake_reply(uint16_t ctrl, const void *data, size_t bytes)
{
    CU_ASSERT_FATAL(fake.replies_count < 64);
    fake.ctrls[fake.replies_count] = ctrl;
    memcpy(fake.replies[fake.replies_count++], data, bytes);
}

errval_t ump_chan_send_until(struct ump_chan *uc, const uint64_t words[UMP_PAYLOAD_WORDS],
                             uint16_t ctrl, systime_t deadline)
{
    struct fake_request request = {.ump = true, .iref = uc->id, .ctrl = ctrl};
    uint64_t reply[8];
    fake.send_deadline = deadline;
    if (err_is_fail(fake.send_error))
        return fake.send_error;
    memcpy(request.words, words, UMP_PAYLOAD_BYTES);
    errval_t err = fake_serve(request, reply, NULL);
    if (fake.answer != NULL)
        fake_reply(0, reply, UMP_PAYLOAD_BYTES);
    return err;
}

errval_t ump_chan_send_blocking(struct ump_chan *uc, const uint64_t words[UMP_PAYLOAD_WORDS],
                                uint16_t ctrl)
{
    return ump_chan_send_until(uc, words, ctrl, 0);
}

errval_t ump_chan_recv_until(struct ump_chan *uc, volatile struct ump_message **msg,
                             systime_t deadline)
{
    fake.recv_deadline = deadline;
    if (err_is_fail(fake.recv_error))
        return fake.recv_error;
    CU_ASSERT_FATAL(fake.replies_taken < fake.replies_count);
    memcpy(uc->state.last.data, fake.replies[fake.replies_taken], UMP_PAYLOAD_BYTES);
    uc->state.last.header.control.header = fake.ctrls[fake.replies_taken++];
    *msg = &uc->state.last;
    return SYS_ERR_OK;
}
