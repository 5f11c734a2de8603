// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What each capability type is: the retype graph, sizes, and which operations need which right.

#pragma once

#include "caps/cap.h"

// Rights that operations need. What is not here needs none.
//   identify                      IDENTIFY
//   send over LMP                 GRANT on the capability sent; WRITE on the endpoint
//   revoke                        GRANT: who may hand it on may take it back
//   retype                        WRITE on PhysAddr, RAM, KCB and Dispatcher; other types: none,
//   the new
//                                 objects have the rights of the old
//   take out of a CNode           READ on the CNode; also to pass through it
//   put into, delete from CNode   WRITE on the CNode
//   map into, unmap from VNode    WRITE on the VNode
//   read an entry                 READ on the VNode
//   be mapped                     READ; WRITE for a writable, EXECUTE for an executable mapping. A
//   Mapping carries
//                                 the rights of what it maps; modify goes up to these
// The CPU driver's invocations beyond this folder:
//   Dispatcher                    WRITE; state: READ
//   Notify, IRQSrc, IO            WRITE; IO in: READ
//   Kernel                        WRITE; those that only tell: READ

/// One row of the table.
struct cap_type {
    const char *name;
    uint32_t retype_into; ///< bit 1 << type for each type
    uint8_t retype_right; ///< needed on the source of a retype
    uint8_t class;        ///< enum mdb_class
    uint8_t order;        ///< among objects of one range: ancestors first
    bool copyable;
    bool sendable;       ///< may cross cores
    bool owned;          ///< has one owner core; deletion of the last copy means something
    bool leaf;           ///< never has descendants
    bool contains;       ///< holds slots or entries, which go before it
    bool cleared;        ///< its memory is cleared when it is made
    bool returned;       ///< its memory is RAM, and goes back when nothing covers it
    bool pow2;           ///< its size is a power of two
    gensize_t min, max;  ///< size; equal if there is one only
    gensize_t align;     ///< of base and size
    uint64_t limit;      ///< greatest end
    uint64_t extra_mask; ///< bits of extra that tell objects of the same range apart
};

/// The row of a type, which must be less than ObjType_Num.
const struct cap_type *cap_type(uint8_t type);

/// Whether the table allows this size and place for an object of the type; false for any other
/// number.
bool cap_type_fits(uint8_t type, uint64_t base, uint64_t bytes);

/// Whether objects of type `to` can be made out of `from` by one or more retypes.
bool cap_type_reaches(uint8_t from, uint8_t to);
