// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// caps_decode: a capability of each type is invoked with each command and each right missing, and
// each argument spoiled in each way; the answers are those of spec.c.
#include "kpi/dispatcher.h"
#include "kpi/vspace.h"
#include "slot.h"
#include "spec.h"

#include <string.h>

#define EMPTY 100u    ///< slot of the CNode that holds nothing
#define CNODE_FULL 1u ///< L1 slots of the CNode, and of copies that lack a right
#define CNODE_NO_WRITE 2u
#define CNODE_NO_READ 3u
#define L1_EMPTY 9u
#define AT(cnode, slot) caddr_make(0, (capaddr_t)((cnode) << L2_CNODE_BITS | (slot)), 2)
#define L1(slot) caddr_make(0, (capaddr_t)((slot) << L2_CNODE_BITS), 1)

static struct cte *root, *cnode;

static struct cte *of_type(unsigned type)
{
    return slot_in(cnode, type);
}

static unsigned first_of(const char *types)
{
    return (unsigned)(strchr(SPEC_TYPES, types[0]) - SPEC_TYPES);
}

/// A capability of type t is in slot t.
static void set_up(void)
{
    static const struct {
        enum objtype type;
        uint64_t offset, bytes;
    } retyped[] = {
        {ObjType_VNode_x86_64_pml4, 0x8000, 0}, {ObjType_VNode_x86_64_pdpt, 0xa000, 0},
        {ObjType_VNode_x86_64_pdir, 0xc000, 0}, {ObjType_VNode_x86_64_ptable, 0xe000, 0},
        {ObjType_Frame, 0x10000, 0x1000},       {ObjType_EndPointUMP, 0x11000, 0x1000},
        {ObjType_L1CNode, 0x14000, 0x4000},     {ObjType_Dispatcher, 0x12000, 0},
    };
    static const struct {
        enum objtype type;
        uint64_t base, bytes;
    } made[] = {
        {ObjType_PhysAddr, 1ul << 40, 0x1000},
        {ObjType_DevFrame, 2ul << 40, 0x1000},
        {ObjType_Notify, 0x130, 1},
        {ObjType_IRQSrc, 0, 24},
        {ObjType_IRQDest, 0x31, 1},
        {ObjType_IO, 0, 65536},
        {ObjType_Kernel, WORLD_CORE, 1},
        {ObjType_KCB, 3ul << 40, OBJSIZE_KCB},
        {ObjType_ID, 7, 1},
    };
    world_reset();
    struct cte *ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, WORLD_BYTES);
    root = retype_one(&world.slots[1], ram, 0, ObjType_L1CNode, 0x4000);
    cnode = retype_one(slot_in(root, CNODE_FULL), ram, 0x4000, ObjType_L2CNode, 0);
    copy(slot_in(root, CNODE_NO_WRITE), cnode)->cap.rights &= (uint8_t)~CAPRIGHTS_WRITE;
    copy(slot_in(root, CNODE_NO_READ), cnode)->cap.rights &= (uint8_t)~CAPRIGHTS_READ;
    copy(of_type(ObjType_RAM), ram);
    copy(of_type(ObjType_L2CNode), cnode);
    for (unsigned i = 0; i < sizeof retyped / sizeof retyped[0]; i++)
        retype_one(of_type(retyped[i].type), ram, retyped[i].offset, retyped[i].type,
                   retyped[i].bytes);
    for (unsigned i = 0; i < sizeof made / sizeof made[0]; i++)
        make(of_type(made[i].type), made[i].type, made[i].base, made[i].bytes);
    struct cte *dispatcher = of_type(ObjType_Dispatcher), *frame = of_type(ObjType_Frame);
    copy(&caps_dispatcher_slots(&world.caps, dispatcher->cap.base)->frame, frame);
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x400, 4, false,
                                TO(of_type(ObjType_EndPointLMP))),
           SYS_ERR_OK);
    EXPECT(caps_vnode_map(&world.caps, of_type(ObjType_VNode_x86_64_ptable), 0, 1, frame, 0,
                          VREGION_FLAGS_READ, TO(of_type(ObjType_Mapping))),
           SYS_ERR_OK);
}

/// A call whose arguments are all right.
static struct caps_call good_call(uint64_t command)
{
    struct caps_call call = {.command = command};
    const struct spec_command *rule = spec_command(command);
    memset(call.operands, 0xa5, sizeof(call.operands)); // the stack's words
    for (unsigned i = 0; rule != NULL && i < CAP_ARGS; i++) {
        const struct spec_arg *arg = &rule->args[i];
        if (arg->kind == CAP_ARG_SLOT || arg->kind == CAP_ARG_SLOTS)
            call.args[i] = AT(CNODE_FULL, EMPTY);
        else if (arg->kind == CAP_ARG_CAP || arg->kind == CAP_ARG_OPTIONAL)
            call.args[i] = AT(CNODE_FULL, first_of(arg->types));
    }
    return call;
}

static errval_t decode(struct caps_call *call, uint64_t target)
{
    return caps_decode(&world.caps, &root->cap, call, target);
}

static errval_t decode_arg(uint64_t command, uint64_t target, unsigned i, uint64_t word,
                           struct caps_operand *operand)
{
    struct caps_call call = good_call(command);
    call.args[i] = word;
    errval_t err = decode(&call, target);
    if (err == SYS_ERR_OK)
        *operand = call.operands[i];
    return err;
}

static void test_targets(void)
{
    set_up();
    uint64_t count = world.caps.mdb.count;
    for (unsigned type = 1; type < ObjType_Num; type++) {
        struct cte *target = of_type(type);
        for (uint64_t command = 0; command < CAP_CMD_COUNT + 40; command++) {
            for (unsigned right = 0; right <= 5; right++) {
                struct caps_call call = good_call(command);
                target->cap.rights = (uint8_t)(CAPRIGHTS_ALL & ~(1u << right));
                errval_t expected = spec_check(command, type, target->cap.rights);
                errval_t err = decode(&call, AT(CNODE_FULL, type));
                // With a right less, what is also an argument may be refused as that.
                if (expected != SYS_ERR_OK || target->cap.rights == CAPRIGHTS_ALL)
                    EXPECT(err, expected);
                target->cap.rights = CAPRIGHTS_ALL;
            }
        }
        struct caps_call call = good_call(~0ul);
        EXPECT(decode(&call, AT(CNODE_FULL, type)), SYS_ERR_ILLEGAL_INVOCATION);
    }
    CU_ASSERT(world.caps.mdb.count == count && caps_valid(&world.caps));
}

/// Rights that an argument must have of a type.
static uint8_t needed_rights(const struct spec_arg *arg, unsigned type)
{
    bool table = spec_has("abcd", type) && arg->table_rights != NULL;
    return spec_rights(arg->rights) | (table ? spec_rights(arg->table_rights) : 0);
}

static void add_rights(struct cte *cte, const struct spec_arg *arg)
{
    cte->cap.rights |= needed_rights(arg, cte->cap.type);
}

/// Exactly the rights that are needed are enough: of the target and of all arguments.
static void test_least_rights(void)
{
    set_up();
    for (uint64_t command = 0; command < CAP_CMD_COUNT; command++) {
        const struct spec_command *rule = spec_command(command);
        for (unsigned type = 1; rule != NULL && type < ObjType_Num; type++) {
            if (!spec_has(rule->types, type))
                continue;
            for (unsigned other = 1; other < ObjType_Num; other++)
                of_type(other)->cap.rights = 0;
            struct caps_call call = good_call(command);
            const char *own = command == CAP_CMD_RETYPE ? spec_type(type)->rights : rule->rights;
            of_type(type)->cap.rights = spec_rights(own);
            for (unsigned i = 0; i < CAP_ARGS; i++)
                if (rule->args[i].types != NULL && rule->args[i].types[0] != '\0')
                    add_rights(of_type(caddr_cptr(call.args[i]) % L2_CNODE_SLOTS), &rule->args[i]);
            EXPECT(decode(&call, AT(CNODE_FULL, type)), SYS_ERR_OK);
            CU_ASSERT_PTR_EQUAL(call.target, of_type(type));
        }
    }
}

static void test_target_places(void)
{
    set_up();
    for (uint64_t command = 0; command < CAP_CMD_COUNT; command++) {
        if (spec_command(command) == NULL)
            continue;
        struct caps_call call = good_call(command);
        bool deletes = command == CAP_CMD_DELETE;
        unsigned type = first_of(spec_command(command)->types);
        EXPECT(decode(&call, AT(CNODE_FULL, EMPTY)), SYS_ERR_CAP_NOT_FOUND);
        EXPECT(decode(&call, AT(5, 0)), SYS_ERR_SLOT_INVALID);
        EXPECT(decode(&call, 0), SYS_ERR_SLOT_INVALID);
        EXPECT(decode(&call, ~0ul), SYS_ERR_SLOT_INVALID);
        // Only deletion changes the slot of its target, and need not look at it.
        EXPECT(decode(&call, AT(CNODE_NO_WRITE, type)), deletes ? SYS_ERR_RIGHTS : SYS_ERR_OK);
        EXPECT(decode(&call, AT(CNODE_NO_READ, type)), deletes ? SYS_ERR_OK : SYS_ERR_RIGHTS);
        static const uint8_t busy[] = {CAPFLAG_CLEARING, CAPFLAG_ZOMBIE};
        for (unsigned i = 0; i < 2; i++) {
            of_type(type)->cap.flags = busy[i];
            EXPECT(decode(&call, AT(CNODE_FULL, type)), deletes ? SYS_ERR_OK : SYS_ERR_CAP_BUSY);
            of_type(type)->cap.flags = 0;
        }
    }
}

static void expect_cap_argument(uint64_t command, uint64_t target, unsigned i,
                                const struct spec_arg *arg)
{
    struct caps_operand operand;
    bool optional = arg->kind == CAP_ARG_OPTIONAL;
    for (unsigned type = 1; type < ObjType_Num; type++) {
        struct cte *cte = of_type(type);
        bool fits = spec_has(arg->types, type);
        EXPECT(decode_arg(command, target, i, AT(CNODE_FULL, type), &operand),
               fits ? SYS_ERR_OK : SYS_ERR_CAP_TYPE);
        if (!fits)
            continue;
        CU_ASSERT_PTR_EQUAL(operand.cap, cte);
        if (AT(CNODE_FULL, type) == target)
            continue;
        for (uint8_t right = CAPRIGHTS_READ; right < CAPRIGHTS_ALL; right *= 2) {
            cte->cap.rights = CAPRIGHTS_ALL & (uint8_t)~right;
            EXPECT(decode_arg(command, target, i, AT(CNODE_FULL, type), &operand),
                   (needed_rights(arg, type) & right) != 0 ? SYS_ERR_RIGHTS : SYS_ERR_OK);
            cte->cap.rights = CAPRIGHTS_ALL;
        }
        for (uint8_t busy = CAPFLAG_CLEARING; busy <= CAPFLAG_ZOMBIE; busy *= 2) {
            cte->cap.flags = busy;
            EXPECT(decode_arg(command, target, i, AT(CNODE_FULL, type), &operand),
                   SYS_ERR_CAP_BUSY);
            cte->cap.flags = 0;
        }
        slot_set_flag(&world.caps, cte, CAPFLAG_HELD, true);
        EXPECT(decode_arg(command, target, i, AT(CNODE_FULL, type), &operand),
               arg->kept ? SYS_ERR_CAP_BUSY : SYS_ERR_OK);
        slot_set_flag(&world.caps, cte, CAPFLAG_HELD, false);
    }
    unsigned type = first_of(arg->types);
    EXPECT(decode_arg(command, target, i, AT(CNODE_FULL, EMPTY), &operand), SYS_ERR_CAP_NOT_FOUND);
    EXPECT(decode_arg(command, target, i, AT(CNODE_NO_READ, type), &operand), SYS_ERR_RIGHTS);
    EXPECT(decode_arg(command, target, i, AT(CNODE_NO_WRITE, type), &operand), SYS_ERR_OK);
    EXPECT(decode_arg(command, target, i, 0, &operand),
           optional ? SYS_ERR_OK : SYS_ERR_SLOT_INVALID);
    CU_ASSERT(!optional || operand.cap == NULL);
}

static void expect_slot_argument(uint64_t command, uint64_t target, unsigned i, bool several)
{
    struct caps_operand operand;
    EXPECT(decode_arg(command, target, i, AT(CNODE_FULL, EMPTY), &operand), SYS_ERR_OK);
    CU_ASSERT(operand.slot.slot == slot_in(cnode, EMPTY) && !operand.slot.l1);
    CU_ASSERT_EQUAL(operand.slot.room, L2_CNODE_SLOTS - EMPTY);
    EXPECT(decode_arg(command, target, i, AT(CNODE_FULL, ObjType_ID), &operand),
           several ? SYS_ERR_OK : SYS_ERR_SLOT_IN_USE);
    EXPECT(decode_arg(command, target, i, AT(CNODE_NO_WRITE, EMPTY), &operand), SYS_ERR_RIGHTS);
    EXPECT(decode_arg(command, target, i, AT(CNODE_NO_READ, EMPTY), &operand), SYS_ERR_OK);
    // The command itself knows which type comes there, and refuses it.
    EXPECT(decode_arg(command, target, i, L1(L1_EMPTY), &operand), SYS_ERR_OK);
    CU_ASSERT(operand.slot.l1);
    EXPECT(decode_arg(command, target, i, L1(CNODE_FULL), &operand),
           several ? SYS_ERR_OK : SYS_ERR_SLOT_IN_USE);
    EXPECT(decode_arg(command, target, i, 0, &operand), SYS_ERR_SLOT_INVALID);
}

static void test_arguments(void)
{
    set_up();
    const uint64_t garbage[] = {~0ul, 1, AT(300, 0), AT(5, 1), L1(1) | 1, 1ul << 63};
    for (uint64_t command = 0; command < CAP_CMD_COUNT; command++) {
        const struct spec_command *rule = spec_command(command);
        for (unsigned i = 0; rule != NULL && i < CAP_ARGS; i++) {
            const struct spec_arg *arg = &rule->args[i];
            unsigned type = first_of(rule->types);
            uint64_t target = AT(CNODE_FULL, type);
            struct caps_operand operand;
            for (unsigned g = 0; g < sizeof garbage / sizeof garbage[0]; g++)
                EXPECT(decode_arg(command, target, i, garbage[g], &operand),
                       arg->kind <= CAP_ARG_WORD ? SYS_ERR_OK : SYS_ERR_SLOT_INVALID);
            if (arg->kind == CAP_ARG_CAP || arg->kind == CAP_ARG_OPTIONAL)
                expect_cap_argument(command, target, i, arg);
            else if (arg->kind > CAP_ARG_WORD)
                expect_slot_argument(command, target, i, arg->kind == CAP_ARG_SLOTS);
        }
    }
    CU_ASSERT(caps_valid(&world.caps));
}

TEST_SUITE("decode") = {
    {"every type, command and right", test_targets},
    {"the least rights", test_least_rights},
    {"where the target is", test_target_places},
    {"every argument", test_arguments},
};
