// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Looks at all that a cell holds, from outside and while it does not run: every slot of every CNode
// that can be gone through, from the copy of its root that we keep. A CNode found anywhere is
// copied into slots of ours and gone through from there, since the cell could do the same; an
// L2CNode in an L1CNode is gone through where it is. What is held cannot be copied, by the cell
// either: a CNode that would have to be is looked into when its revocation has ended.
// Capabilities without the right to identify show what they are only by what can be done with them:
// here, what pages they let one map.
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"

#define ROOTS_MAX 16u
#define CNODES_MAX 128u ///< at most as many as an L1CNode has slots
#define SEEN_MAX 256u

/// What all audits use: slots for L1CNodes, an L1CNode for L2CNodes, and a page table with one
/// page.
static struct {
    struct capref roots[ROOTS_MAX];
    struct capref cnodes;
    struct capref table, mapping;
} own;

/// Where the slots of a CNode are: from this one on, in the space with this root.
struct place {
    capaddr_t root, first;
};

struct audit {
    const struct fuzz_cell *fuzz;
    struct fuzz_found *found;
    struct fuzz_tables tables;
    genpaddr_t seen[SEEN_MAX]; ///< CNodes that have been gone through or will be
    struct place cnodes[CNODES_MAX];
    unsigned seen_count, roots_count, cnodes_count, copies_count;
    uint32_t roots_slots[ROOTS_MAX];
    bool quiet;
};

bool fuzz_audit_init(void)
{
    bool ok = EXPECT_OK(cnode_create_l1(&own.cnodes, NULL)) && EXPECT_OK(slot_alloc(&own.table)) &&
              EXPECT_OK(slot_alloc(&own.mapping)) &&
              EXPECT_OK(vnode_create(own.table, ObjType_VNode_x86_64_ptable));
    for (unsigned i = 0; i < ROOTS_MAX; i++)
        ok = ok && EXPECT_OK(slot_alloc(&own.roots[i]));
    return ok;
}

void fuzz_audit_end(void)
{
    EXPECT_OK(cap_destroy(own.cnodes));
    EXPECT_OK(cap_destroy(own.table));
    EXPECT_OK(slot_free(own.mapping));
    for (unsigned i = 0; i < ROOTS_MAX; i++)
        EXPECT_OK(slot_free(own.roots[i]));
}

static struct capref cnode_slot(unsigned index)
{
    return (struct capref){build_cnoderef(own.cnodes, CNODE_LEVEL_ROOT), index};
}

static errval_t copy_to(uint64_t from, struct capref to)
{
    return syscall_invoke(from, CAP_CMD_COPY, get_cap_caddr(to), 0, 0, 0, 0, 0).error;
}

/// False if it is held.
static bool copied(struct audit *audit, uint64_t from, struct capref to)
{
    errval_t err = copy_to(from, to);
    if (err_no(err) == SYS_ERR_CAP_BUSY) {
        audit->found->closed++;
        return false;
    }
    return EXPECT_OK(err);
}

static void violation(struct audit *audit, uint64_t caddr, const struct capability *held)
{
    audit->found->violations++;
    if (!audit->quiet) {
        printf("  slot %#" PRIx64 ": type %u, base %#" PRIx64 ", bytes %#" PRIx64
               ", extra %#" PRIx64 ", rights %#x, flags %#x, owner %u\n",
               caddr, held->type, held->base, held->bytes, held->extra, held->rights, held->flags,
               held->owner);
    }
}

/// False if it has been seen before.
static bool see(struct audit *audit, genpaddr_t base)
{
    for (unsigned i = 0; i < audit->seen_count; i++)
        if (audit->seen[i] == base)
            return false;
    if (!EXPECT(audit->seen_count < SEEN_MAX))
        return false;
    audit->seen[audit->seen_count++] = base;
    return true;
}

static void queue_root(struct audit *audit, uint64_t caddr, uint32_t slots)
{
    if (EXPECT(audit->roots_count < ROOTS_MAX) &&
        copied(audit, caddr, own.roots[audit->roots_count]))
        audit->roots_slots[audit->roots_count++] = slots;
}

static void queue_cnode(struct audit *audit, uint64_t caddr)
{
    if (!EXPECT(audit->cnodes_count < CNODES_MAX))
        return;
    struct place place = {caddr_root(caddr), caddr_cptr(caddr)};
    if (caddr_level(caddr) != CNODE_LEVEL_ROOT) {
        if (!copied(audit, caddr, cnode_slot(audit->copies_count)))
            return;
        place = (struct place){get_cap_addr(own.cnodes), audit->copies_count++ * L2_CNODE_SLOTS};
    }
    audit->cnodes[audit->cnodes_count++] = place;
}

/// The page that a capability without the right to identify lets one map with these flags.
static void look_at_page(struct audit *audit, uint64_t caddr, uint64_t flags)
{
    uint64_t entry = 0;
    errval_t err = syscall_invoke(get_cap_caddr(own.table), VNODE_CMD_MAP, 1ul << 16, caddr, 0,
                                  flags, get_cap_caddr(own.mapping), 0)
                       .error;
    if (err_is_fail(err))
        return;
    EXPECT_OK(cap_invoke_value(own.table, VNODE_CMD_READ, 0, 0, 0, &entry));
    EXPECT_OK(vnode_unmap(own.table, own.mapping));
    if (!fuzz_model_allows_entry(&audit->fuzz->model, ObjType_VNode_x86_64_ptable, entry)) {
        struct capability page = {.base = entry};
        violation(audit, caddr, &page);
    }
}

static void look_at_hidden(struct audit *audit, uint64_t caddr)
{
    audit->found->hidden++;
    look_at_page(audit, caddr, VREGION_FLAGS_READ);
    look_at_page(audit, caddr, VREGION_FLAGS_READ_WRITE);
    look_at_page(audit, caddr, VREGION_FLAGS_READ_EXECUTE);
}

static void look(struct audit *audit, uint64_t caddr)
{
    struct capability held;
    errval_t err = syscall_invoke(caddr, CAP_CMD_IDENTIFY, (uint64_t)&held, 0, 0, 0, 0, 0).error;
    if (err_no(err) == SYS_ERR_CAP_NOT_FOUND || err_no(err) == SYS_ERR_CAP_BUSY)
        return;
    audit->found->held++;
    if (err_no(err) == SYS_ERR_RIGHTS) {
        look_at_hidden(audit, caddr);
        return;
    }
    if (!EXPECT_OK(err))
        return;
    if (!fuzz_model_allows(&audit->fuzz->model, &held))
        violation(audit, caddr, &held);
    fuzz_tables_add(&audit->tables, caddr, &held);
    bool passable = (held.rights & CNODE_RIGHT_PASS) != 0;
    if (held.type == ObjType_L1CNode && passable && see(audit, held.base))
        queue_root(audit, caddr, (uint32_t)(held.bytes / OBJSIZE_CTE));
    else if (held.type == ObjType_L2CNode && passable && see(audit, held.base))
        queue_cnode(audit, caddr);
}

static void look_at_root(struct audit *audit, capaddr_t root, uint32_t slots)
{
    for (uint32_t i = 0; i < slots; i++)
        look(audit, caddr_make(root, i * L2_CNODE_SLOTS, CNODE_LEVEL_ROOT));
}

/// New CNodes come in while others are gone through.
static void look_at_all(struct audit *audit)
{
    unsigned roots = 0, cnodes = 0;
    while (roots < audit->roots_count || cnodes < audit->cnodes_count) {
        if (roots < audit->roots_count) {
            look_at_root(audit, get_cap_addr(own.roots[roots]), audit->roots_slots[roots]);
            roots++;
        } else {
            struct place place = audit->cnodes[cnodes];
            for (uint32_t i = 0; i < L2_CNODE_SLOTS; i++)
                look(audit, caddr_make(place.root, place.first + i, CNODE_LEVEL_OTHER));
            cnodes++;
        }
    }
}

void fuzz_audit(const struct fuzz_cell *fuzz, bool tables, bool quiet, struct fuzz_found *found)
{
    static struct audit audit;
    audit = (struct audit){.fuzz = fuzz, .found = found, .quiet = quiet};
    struct capability root;
    // The cell may have revoked our copy; what is left of its space goes with its memory.
    if (err_is_ok(cap_identify(fuzz->cell.root, &root))) {
        see(&audit, root.base);
        look_at_root(&audit, get_cap_addr(fuzz->cell.root), L1_CNODE_SLOTS_MIN);
    }
    look_at_all(&audit);
    if (tables)
        fuzz_tables_audit(&audit.tables, &fuzz->model, quiet, found);
    for (unsigned i = 0; i < audit.roots_count; i++)
        EXPECT_OK(cap_delete(own.roots[i]));
    for (unsigned i = 0; i < audit.copies_count; i++)
        EXPECT_OK(cap_delete(cnode_slot(i)));
}
