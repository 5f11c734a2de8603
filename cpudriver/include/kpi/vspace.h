// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Flags of mappings, as user space gives them to VNODE_CMD_MAP.

#pragma once

#define VREGION_FLAGS_READ 0x01u
#define VREGION_FLAGS_WRITE 0x02u
#define VREGION_FLAGS_EXECUTE 0x04u
#define VREGION_FLAGS_NOCACHE 0x08u
#define VREGION_FLAGS_WRITE_COMBINING 0x10u
/// Maps 2 MiB (in a pdir) or 1 GiB (in a pdpt) by each entry.
#define VREGION_FLAGS_LARGE 0x20u
#define VREGION_FLAGS_READ_WRITE (VREGION_FLAGS_READ | VREGION_FLAGS_WRITE)
#define VREGION_FLAGS_READ_EXECUTE (VREGION_FLAGS_READ | VREGION_FLAGS_EXECUTE)
#define VREGION_FLAGS_MASK 0x3fu
