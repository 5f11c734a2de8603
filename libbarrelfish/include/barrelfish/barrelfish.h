// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// All that most programs need, in one include.

#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/deferred.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/domain.h"
#include "barrelfish/err.h"
#include "barrelfish/event_queue.h"
#include "barrelfish/except.h"
#include "barrelfish/idc.h"
#include "barrelfish/invocations.h"
#include "barrelfish/lmp_chan.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/memobj.h"
#include "barrelfish/pmap.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slab.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/systime.h"
#include "barrelfish/terminal.h"
#include "barrelfish/threads.h"
#include "barrelfish/types.h"
#include "barrelfish/vregion.h"
#include "barrelfish/vspace.h"
#include "barrelfish/vspace_common.h"
#include "barrelfish/waitset.h"
#include "barrelfish/waitset_chan.h"
