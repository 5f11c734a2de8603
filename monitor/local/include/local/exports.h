// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Services that domains of this core export.

#pragma once

#include "kpi/errors.h"
#include "protocol/shares.h"

errval_t export_add(domainid_t domain, uint32_t index, iref_t *iref);
errval_t export_remove(domainid_t domain, iref_t iref);
/// Who exports `iref`, if it is this core's; domain 0: nobody.
struct member export_owner(iref_t iref);
/// Frees the exports of a domain that has ended.
void export_forget(domainid_t domain);
