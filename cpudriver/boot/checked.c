// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Of the image that tests boot: looks at everything that the CPU driver keeps (KERNEL_STAT_VALID).
#include "invoke/invoke.h"

#include "kcb/kcb.h"

errval_t invoke_valid(struct caps_call *call)
{
    invoke_return(call, caps_valid(&kcb.caps) && schedule_valid(&kcb.schedule), 0);
    return SYS_ERR_OK;
}
