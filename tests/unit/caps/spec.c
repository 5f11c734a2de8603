// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See spec.h. Nothing here is derived from the table that it is compared with.
#include "spec.h"

#include <string.h>

#define ALL "PR12abcdFDMXEUNSTOKCI"
#define TABLES "abcd"
#define PAGES "FDU"

#define ARG(kind, types, rights, table_rights, kept)                                               \
    {                                                                                              \
        kind, types, rights, table_rights, kept                                                    \
    }
#define WORD ARG(CAP_ARG_WORD, "", "", "", false)
#define SLOT ARG(CAP_ARG_SLOT, "", "", "", false)
#define SLOTS ARG(CAP_ARG_SLOTS, "", "", "", false)
#define CAP(types, rights) ARG(CAP_ARG_CAP, types, rights, "", false)
#define KEPT(types, rights) ARG(CAP_ARG_CAP, types, rights, "", true)
#define MAPPED(types, rights, table_rights) ARG(CAP_ARG_CAP, types, rights, table_rights, false)
#define OPTIONAL(types, rights) ARG(CAP_ARG_OPTIONAL, types, rights, "", false)
#define OPTIONAL_KEPT(types, rights) ARG(CAP_ARG_OPTIONAL, types, rights, "", true)

static const struct spec_command commands[] = {
    {0, ALL, "", {SLOT}},                     // copy
    {1, ALL, "", {SLOT}},                     // mint
    {2, ALL, "?", {WORD, WORD, WORD, SLOTS}}, // retype: the type says
    {3, ALL, "", {}},                         // delete
    {4, ALL, "g", {}},                        // revoke
    {5, ALL, "i", {}},                        // identify
    {16, TABLES, "w", {WORD, MAPPED(TABLES PAGES, "r", "rwx"), WORD, WORD, SLOT}}, // map
    {17, TABLES, "w", {CAP("M", "")}},                                             // unmap
    {18, TABLES, "r", {}},                                                         // read an entry
    {19, TABLES, "w", {WORD, CAP("M", "r"), WORD, WORD, SLOT}},                    // copy a mapping
    {20, "M", "", {}}, // modify a mapping
    {32,
     "X",
     "w",
     {KEPT("1", ""), KEPT("a", "rwx"), KEPT("F", "rw"), OPTIONAL_KEPT("E", "w")}}, // set up
    {33, "X", "w", {}},                                                            // run
    {34, "X", "w", {}},                                                            // stop
    {35, "X", "w", {WORD, SLOT}},                                                  // endpoint
    {36, "X", "r", {}},                                                            // state
    {37, "X", "w", {KEPT("F", "rw")}},                                             // information
    {38, "X", "w", {KEPT("1", "")}},                             // change the cspace
    {39, "X", "r", {}},                                          // what it waits for
    {44, "E", "w", {OPTIONAL(ALL, "g")}},                        // send
    {48, "N", "w", {}},                                          // notify
    {56, "S", "w", {WORD, CAP("T", "w")}},                       // connect
    {57, "S", "w", {}},                                          // acknowledge
    {64, "O", "r", {}},                                          // in
    {65, "O", "w", {}},                                          // out
    {80, "K", "w", {WORD, WORD, CAP("F", "rw"), CAP("C", "w")}}, // start a core
    {81, "K", "w", {KEPT("E", "w"), SLOT}},                      // make a Notify
    {82, "K", "w", {KEPT("E", "w"), SLOT}},                      // make an IRQDest
    {83, "K", "w", {}},                                          // free a vector
    {84, "K", "w", {WORD, SLOT}},                                // make what was sent
    {85, "K", "w", {CAP(ALL, "")}},                              // mark as remote
    {86, "K", "w", {WORD, KEPT("2", "w"), KEPT("E", "w")}},      // set returns
    {87, "K", "w", {SLOT}},                                      // make an ID
    {88, "K", "r", {}},                                          // counter
    {89, "K", "r", {}},                                          // translate
    {90, "K", "r", {}},                                          // core information
    {91, "K", "w", {}},                                          // forget the longest event
    {92, "K", "w", {}},                                          // halt
    {93, "K", "w", {WORD, WORD, SLOTS}},                         // reclaim
    {94, "K", "w", {}},                                          // print
    {95, "K", "w", {CAP("X", "w")}},                             // begin a group
};

#define END (1ul << 52)
#define PAGE 4096ul
#define MEMORY(its_min, its_max) MDB_MEMORY, its_min, its_max, PAGE, END
#define TABLE                                                                                      \
    {                                                                                              \
        "", "", "conCR", MEMORY(8192, 8192)                                                        \
    }

static const struct spec_type types[] = {
    {"", "", "", MDB_MEMORY, 0, 0, 0, 0},
    {"PD", "w", "cso", MEMORY(PAGE, END)},          // PhysAddr
    {"R12abcdFXU", "w", "csoR", MEMORY(PAGE, END)}, // RAM
    {"", "", "conCR2", MEMORY(16384, 4194304)},     // L1CNode
    {"", "", "conCR", MEMORY(16384, 16384)},        // L2CNode
    TABLE,
    TABLE,
    TABLE,
    TABLE,
    {"F", "", "csoCRp", MEMORY(PAGE, END)},                    // Frame
    {"D", "", "csop", MEMORY(PAGE, END)},                      // DevFrame
    {"", "", "l", MEMORY(PAGE, END)},                          // Mapping
    {"", "", "conCR", MEMORY(PAGE, PAGE)},                     // Dispatcher
    {"", "", "cl", MEMORY(PAGE, PAGE)},                        // EndPointLMP
    {"", "", "csoCRp", MEMORY(PAGE, END)},                     // EndPointUMP
    {"", "", "csl", MDB_NOTIFY, 1, 1, 1, 1ul << 40},           // Notify
    {"S", "", "c", MDB_IRQSRC, 1, 1ul << 32, 1, 1ul << 32},    // IRQSrc
    {"", "", "cl", MDB_IRQDEST, 1, 1, 1, 256},                 // IRQDest
    {"O", "", "cs", MDB_IO, 1, 65536, 1, 65536},               // IO
    {"", "", "cl", MDB_KERNEL, 1, 1, 1, 65536},                // Kernel
    {"C", "w", "cso", MDB_MEMORY, 0x40000, END, 0x40000, END}, // KCB
    {"", "", "csl", MDB_ID, 1, 1, 1, UINT64_MAX},              // ID
};
_Static_assert(sizeof(types) / sizeof(types[0]) == ObjType_Num, "a new type needs a rule");
_Static_assert(sizeof(SPEC_TYPES) == ObjType_Num + 1, "a new type needs a letter");

const struct spec_command *spec_command(uint64_t command)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].command == command)
            return &commands[i];
    return NULL;
}

const struct spec_type *spec_type(unsigned type)
{
    return &types[type];
}

bool spec_has(const char *set, unsigned type)
{
    return strchr(set, SPEC_TYPES[type]) != NULL;
}

uint8_t spec_rights(const char *rights)
{
    static const char letters[] = "rwxgi";
    uint8_t bits = 0;
    for (; *rights != '\0'; rights++)
        bits |= (uint8_t)(1u << (strchr(letters, *rights) - letters));
    return bits;
}

errval_t spec_check(uint64_t command, unsigned type, uint8_t rights)
{
    const struct spec_command *rule = spec_command(command);
    if (rule == NULL || !spec_has(rule->types, type))
        return SYS_ERR_ILLEGAL_INVOCATION;
    uint8_t needed = spec_rights(command == CAP_CMD_RETYPE ? types[type].rights : rule->rights);
    return (needed & ~rights) == 0 ? SYS_ERR_OK : SYS_ERR_RIGHTS;
}
