// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The names of boot modules. Pure.
#pragma once

#include "kpi/bootinfo.h"

#define MODULE_NAME_BYTES BOOTINFO_STRING_MAX

/// Writes the name of module `index`, without marks and arguments; false: there is no such module.
bool module_name(const struct bootinfo *bootinfo, unsigned index, char name[MODULE_NAME_BYTES]);
