// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The tables of types and of commands against spec.c, wholly: every command number with every type
// and every right missing, every argument, every pair of types, every size at its edges.
#include "spec.h"

#include <string.h>

#define COMMANDS 256u

static void test_commands(void)
{
    static const uint64_t beyond[] = {1ul << 32, 1ul << 32 | CAP_CMD_DELETE, 1ul << 63, ~0ul};
    for (uint64_t i = 0; i < COMMANDS + sizeof beyond / sizeof beyond[0]; i++) {
        uint64_t command = i < COMMANDS ? i : beyond[i - COMMANDS];
        CU_ASSERT_EQUAL(cap_command(command) != NULL, spec_command(command) != NULL);
        for (unsigned type = 1; type < ObjType_Num; type++) {
            for (uint8_t rights = 0; rights <= CAPRIGHTS_ALL; rights++)
                EXPECT(cap_command_check(command, (uint8_t)type, rights),
                       spec_check(command, type, rights));
        }
    }
}

static void test_arguments(void)
{
    for (uint64_t command = 0; command < COMMANDS; command++) {
        const struct cap_command *row = cap_command(command);
        const struct spec_command *rule = spec_command(command);
        for (unsigned i = 0; row != NULL && rule != NULL && i < CAP_ARGS; i++) {
            const struct cap_arg *arg = &row->args[i];
            const char *types = rule->args[i].types != NULL ? rule->args[i].types : "";
            const char *rights = rule->args[i].rights != NULL ? rule->args[i].rights : "";
            CU_ASSERT_EQUAL(arg->kind, rule->args[i].kind);
            const char *more = rule->args[i].table_rights;
            CU_ASSERT_EQUAL(arg->rights, spec_rights(rights));
            CU_ASSERT_EQUAL(arg->table_rights, spec_rights(more != NULL ? more : ""));
            CU_ASSERT_EQUAL(arg->kept, rule->args[i].kept);
            for (unsigned type = 0; type < 32; type++)
                CU_ASSERT_EQUAL(arg->types >> type & 1,
                                type > 0 && type < ObjType_Num && spec_has(types, type));
        }
    }
}

/// The graph is its own transitive closure, so that what can be reached can be made at once.
static void test_retype(void)
{
    for (unsigned from = 0; from < ObjType_Num; from++) {
        const struct spec_type *rule = spec_type(from);
        CU_ASSERT_EQUAL(cap_type((uint8_t)from)->retype_right, spec_rights(rule->rights));
        for (unsigned to = 0; to < 32; to++) {
            bool can = to > 0 && to < ObjType_Num && spec_has(rule->into, to);
            CU_ASSERT_EQUAL(cap_type((uint8_t)from)->retype_into >> to & 1, can);
            if (to < ObjType_Num)
                CU_ASSERT_EQUAL(cap_type_reaches((uint8_t)from, (uint8_t)to), can);
        }
    }
}

static void test_traits(void)
{
    for (unsigned type = 0; type < ObjType_Num; type++) {
        const struct cap_type *row = cap_type((uint8_t)type);
        const char *traits = spec_type(type)->traits;
        CU_ASSERT_EQUAL(row->class, spec_type(type)->class);
        CU_ASSERT_EQUAL(row->copyable, strchr(traits, 'c') != NULL);
        CU_ASSERT_EQUAL(row->sendable, strchr(traits, 's') != NULL);
        CU_ASSERT_EQUAL(row->owned, strchr(traits, 'o') != NULL);
        CU_ASSERT_EQUAL(row->leaf, strchr(traits, 'l') != NULL);
        CU_ASSERT_EQUAL(row->contains, strchr(traits, 'n') != NULL);
        CU_ASSERT_EQUAL(row->cleared, strchr(traits, 'C') != NULL);
        CU_ASSERT_EQUAL(row->returned, strchr(traits, 'R') != NULL);
        CU_ASSERT_EQUAL(row->pages, strchr(traits, 'p') != NULL);
        CU_ASSERT_EQUAL(row->pow2, strchr(traits, '2') != NULL);
        CU_ASSERT_EQUAL(row->badge_mask != 0, type == ObjType_EndPointLMP);
        CU_ASSERT_EQUAL(row->badge_mask & row->extra_mask, 0);
        // Ancestors come before what is made of them.
        for (unsigned to = 1; to < ObjType_Num; to++)
            if (to != type && spec_has(spec_type(type)->into, to))
                CU_ASSERT(row->order < cap_type((uint8_t)to)->order);
    }
}

static void test_sizes(void)
{
    for (unsigned type = 1; type < ObjType_Num; type++) {
        const struct spec_type *rule = spec_type(type);
        uint8_t t = (uint8_t)type;
        uint64_t min = rule->min, max = rule->max, align = rule->align, limit = rule->limit;
        CU_ASSERT(cap_type_fits(t, 0, min));
        CU_ASSERT(cap_type_fits(t, align, min) || align + min > limit);
        CU_ASSERT(cap_type_fits(t, limit - min, min) || (limit - min) % align != 0);
        CU_ASSERT(cap_type_fits(t, (limit - max) / align * align, max));
        CU_ASSERT_FALSE(cap_type_fits(t, 0, 0));
        CU_ASSERT_FALSE(cap_type_fits(t, 0, min - 1));
        CU_ASSERT_FALSE(cap_type_fits(t, 0, max + 1));
        CU_ASSERT_FALSE(cap_type_fits(t, 0, max + align));
        CU_ASSERT_FALSE(cap_type_fits(t, 0, min + align / 2) && align > 1);
        CU_ASSERT_FALSE(cap_type_fits(t, align / 2, min) && align > 1);
        CU_ASSERT_FALSE(cap_type_fits(t, limit, min));
        CU_ASSERT_FALSE(cap_type_fits(t, limit - min + align, min));
        CU_ASSERT_FALSE(cap_type_fits(t, -align, min));
        CU_ASSERT_FALSE(cap_type_fits(t, -align, 2 * align));
        bool power = strchr(rule->traits, '2') != NULL;
        CU_ASSERT_EQUAL(cap_type_fits(t, 0, 3 * min), 3 * min <= max && !power);
        CU_ASSERT_EQUAL(cap_type_fits(t, 0, 2 * min), 2 * min <= max);
    }
    CU_ASSERT_FALSE(cap_type_fits(ObjType_Null, 0, 1));
    for (unsigned type = ObjType_Num; type < 256; type++)
        CU_ASSERT_FALSE(cap_type_fits((uint8_t)type, 0, 4096));
}

TEST_SUITE("rules") = {
    {"commands, types and rights", test_commands},
    {"arguments", test_arguments},
    {"what may become what", test_retype},
    {"traits of types", test_traits},
    {"sizes and places", test_sizes},
};
