// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Running a machine under the coherence plug-in (tools/coherence/): what QEMU is given for it, and
// printing what it found. The machine's own output is not touched; results come after it.
#pragma once

#include "costs.h"
#include "machine.h"
#include "modules.h"
#include "options.h"
#include "report.h"

/// Add the plug-in, its configuration (a file made in `folder`) and its results' place to
/// `options`. The plug-in is <build_folder>/coherence.so.
bool count_prepare(struct options *options, const struct machine *machine,
                   const struct modules *modules, const char *folder, const char *build_folder,
                   struct report *report);

/// Print the results that are in `folder` on standard output, each line behind "count: " or
/// "audit: ". The exit status of the whole: `status`; 1 if that is 0 and the audit failed.
int count_finish(const struct options *options, const char *folder, int status);

/// The configuration as text, to be freed (tools/coherence/config.h has the keys).
char *count_configuration(const struct options *options, const struct machine *machine,
                          const struct modules *modules, const struct costs *costs,
                          const char *folder);
