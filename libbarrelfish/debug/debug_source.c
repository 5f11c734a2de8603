// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What debugging has to know of the domain. Before its start is told, it has no name.
#include "debug_source.h"

#include "barrelfish/dispatch.h"

struct debug_source debug_source = {.name = ""};

const char *disp_name(void)
{
    return debug_source.name;
}
