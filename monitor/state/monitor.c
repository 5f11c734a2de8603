// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The one instance of what all rooms know.

#include "state/monitor.h"

struct monitor monitor;
