// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Holds: of what is being taken away in steps nothing new is made. Between two steps others run,
// and who could copy faster than is deleted would keep a revocation, and whoever waits for it, busy
// for ever.
//
// H1  A capability with CAPFLAG_HELD holds its object and all that is made of it; that of an
//     endpoint with a badge holds the badge only. A zombie holds what was made of its object, too.
// H2  No capability to what is held comes into being: every way to make one asks caps_is_held.
//     Only that: to use, move or delete what is held adds nothing that would have to be deleted,
//     so that lookups and the path of LRPC know nothing of holds.
// H3  A revocation, or a marking for other cores, that has to be repeated leaves the capability
//     that it was invoked on held, and its last step ends that; so does the deletion of a last copy
//     while it has Mappings. So they end after a number of steps that is bounded by what there was
//     after the first one.
// H4  A hold lies in the slot with which the call is repeated, and nowhere else. It ends when the
//     slot is emptied or what is in it is moved. Who does not repeat its call leaves to the others
//     what they have, to use and to delete; it might have taken that away.
// H5  Holds do not exclude one another. A revocation deletes what is in its way even if that is
//     held; the other's call then finds nothing. A reclaim does likewise.
// H6  caps.holds is the number of held capabilities.
//
// Copies with a hold are the last ones of their object in the database (M1). The nearest ancestor
// that it finds is the last copy of one, so what is held is seen by following the ancestors. They
// are followed a few levels only, for the kernel does not bound how deep objects nest: what is
// deeper counts as held while anything is. Whose memory nests that deep has made it so.

#include "lib/kassert.h"
#include "slot.h"

/// The first domains' RAM, the memory server's, the domain's and its own pieces: 4 to 6 levels.
#define HOLD_LEVELS_MAX 16u

void slot_set_flag(struct caps *caps, struct cte *cte, uint8_t flag, bool set)
{
    bool was = (cte->cap.flags & flag) != 0;
    if (was == set)
        return;
    kassert(flag != CAPFLAG_HELD || set || caps->holds != 0); // H6
    mdb_remove(&caps->mdb, cte);
    cte->cap.flags = (uint8_t)(set ? cte->cap.flags | flag : cte->cap.flags & ~flag);
    mdb_insert(&caps->mdb, cte);
    if (flag == CAPFLAG_HELD)
        caps->holds += set ? 1 : (uint64_t)-1;
}

bool caps_find_hold(const struct caps *caps, const struct cap *cap)
{
    if (mdb_find_held(&caps->mdb, cap) != NULL)
        return true;
    const struct cte *above = mdb_find_ancestor(&caps->mdb, cap);
    for (unsigned level = 0; above != NULL; level++) {
        if (level == HOLD_LEVELS_MAX || (above->cap.flags & (CAPFLAG_HELD | CAPFLAG_ZOMBIE)) != 0)
            return true;
        above = mdb_find_ancestor(&caps->mdb, &above->cap);
    }
    return false;
}
