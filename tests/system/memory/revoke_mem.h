// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What test_revoke_mem and the domains that it takes memory from agree on. A child says that it is
// ready by lowering its limit to REVOKE_READY, which the parent sees on its account.
#pragma once

#define REVOKE_READY (1ul << 40)
#define REVOKE_FRAME_BYTES 65536ul ///< each of the frames that a child holds, its newest memory
#define REVOKE_FRAMES 8u
#define REVOKE_WANTED (2 * REVOKE_FRAME_BYTES - 4096) ///< so two frames are given or lost
#define REVOKE_DEADLINE_US 20000ul
#define REVOKE_PIECE_BYTES 128u         ///< counted for each piece besides its bytes
#define REVOKE_COPIES 10000u            ///< of a capability, that a large domain holds
#define REVOKE_FAMILY_LIMIT (4ul << 20) ///< of a domain and its children

/// Exit status of a child that was as it should be, and of one that ends when it is asked.
#define REVOKE_STATUS_GOOD 0
#define REVOKE_STATUS_ENDS 3
