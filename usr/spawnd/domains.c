// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domains that this spawnd has made, and what makes each up.
#include "spawnd.h"

struct domain_table domains;
struct spawn_info domain_infos[DOMAINS_MAX];
