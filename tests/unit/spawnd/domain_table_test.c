// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of domains against its invariants, full and in any order.
#include <domain_table.h>
#include <kpi/spawn.h>
#include <string.h>
#include <testlib/testlib.h>

#define CORE 5

static struct domain_table table;

static void test_ids(void)
{
    domain_table_init(&table, CORE);
    struct domain *first = domain_table_add(&table, 7, 0, "one", false);
    struct domain *second = domain_table_add(&table, 7, 0, "two", false);
    CU_ASSERT_EQUAL(first->id, CORE << 16 | DOMAIN_DYNAMIC);
    CU_ASSERT_EQUAL(second->id, first->id + 1);
    CU_ASSERT_EQUAL(first->parent, 7);
    CU_ASSERT_STRING_EQUAL(second->name, "two");
    CU_ASSERT_PTR_EQUAL(domain_table_find(&table, second->id), second);
    CU_ASSERT_PTR_NULL(domain_table_find(&table, 0));
    CU_ASSERT_PTR_NULL(domain_table_find(&table, second->id + 1));
    domainid_t old = first->id;
    domain_table_remove(&table, first);
    CU_ASSERT_PTR_NULL(domain_table_find(&table, old));
    CU_ASSERT_NOT_EQUAL(domain_table_add(&table, 7, 0, "three", false)->id, old); // T1
    CU_ASSERT_EQUAL(domain_table_running(&table), 2);
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

/// A command line is kept as far as it fits, whatever the arguments are.
static void test_commands(void)
{
    static char long_word[2 * SPAWND_COMMAND_BYTES];
    const char *const words[] = {"bench", "urpc", "", "1"}, *const long_words[] = {"a", long_word,
                                                                                   "b"};
    domain_table_init(&table, CORE);
    struct domain *domain = domain_table_add(&table, 7, 0, "bench", false);
    CU_ASSERT_STRING_EQUAL(domain->command, "");
    domain_set_command(domain, 4, words);
    CU_ASSERT_STRING_EQUAL(domain->command, "bench urpc  1");
    domain_set_command(domain, 2, (const char *const[]){"\x1b[7m~", "1\n2\x7f\xc3"});
    CU_ASSERT_STRING_EQUAL(domain->command, "?[7m~ 1?2??");
    memset(long_word, 'x', sizeof(long_word) - 1);
    domain_set_command(domain, 3, long_words);
    CU_ASSERT_EQUAL(strlen(domain->command), SPAWND_COMMAND_BYTES - 1);
    CU_ASSERT_EQUAL(strncmp(domain->command, "a xx", 4), 0);
    long_word[SPAWND_COMMAND_BYTES - 3] = '\0';
    domain_set_command(domain, 3, long_words);
    CU_ASSERT_EQUAL(strlen(domain->command), SPAWND_COMMAND_BYTES - 1);
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

static void test_names(void)
{
    domain_table_init(&table, CORE);
    struct domain *domain = domain_table_add(
        &table, 1, 0, "a name that is longer than what the table has room for", false);
    CU_ASSERT_EQUAL(strlen(domain->name), SPAWND_NAME_BYTES - 1);
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

static void test_full(void)
{
    domain_table_init(&table, CORE);
    struct domain *first = NULL, *second = NULL;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        struct domain *domain = domain_table_add(&table, 1, 0, "d", false);
        CU_ASSERT_PTR_NOT_NULL_FATAL(domain);
        CU_ASSERT_EQUAL(domain_table_index(&table, domain), i);
        first = i == 10 ? domain : first;
        second = i == 3 ? domain : second;
    }
    CU_ASSERT_PTR_NULL(domain_table_add(&table, 1, 0, "d", false));
    domainid_t first_id = first->id, second_id = second->id;
    first->ending = true;
    domain_table_end(&table, first, SPAWND_EXITED, 4);
    CU_ASSERT_FALSE(first->ending); // it has ended
    domain_table_end(&table, second, SPAWND_DIED, 2);
    CU_ASSERT_EQUAL(domain_table_running(&table), DOMAINS_MAX - 2);
    CU_ASSERT_EQUAL(domain_table_find(&table, first_id)->status, 4);
    CU_ASSERT_PTR_EQUAL(domain_table_add(&table, 1, 0, "new", false), first); // T3: it ended first
    CU_ASSERT_PTR_NULL(domain_table_find(&table, first_id));
    CU_ASSERT_EQUAL(domain_table_find(&table, second_id)->state, SPAWND_DIED);
    CU_ASSERT_PTR_EQUAL(domain_table_add(&table, 1, 0, "new", false), second);
    CU_ASSERT_PTR_NULL(domain_table_add(&table, 1, 0, "new", false));
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

static void test_next(void)
{
    domain_table_init(&table, CORE);
    struct domain *first = domain_table_add(&table, 1, 0, "a", false);
    struct domain *second = domain_table_add(&table, 1, 0, "b", false);
    CU_ASSERT_PTR_EQUAL(domain_table_next(&table, 0), first);
    CU_ASSERT_PTR_EQUAL(domain_table_next(&table, first->id), first);
    CU_ASSERT_PTR_EQUAL(domain_table_next(&table, first->id + 1), second);
    CU_ASSERT_PTR_NULL(domain_table_next(&table, second->id + 1));
    domain_table_end(&table, first, SPAWND_KILLED, 0);
    CU_ASSERT_PTR_EQUAL(domain_table_next(&table, 0), second);
}

static void test_random_table(void)
{
    enum { ROUNDS = 200000 };
    struct test_random random;
    test_random_init(&random, 9);
    domain_table_init(&table, CORE);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct domain *domain = &table.domains[test_random_below(&random, DOMAINS_MAX)];
        unsigned action = (unsigned)test_random_below(&random, 10);
        if (action < 5) {
            domainid_t parents[] = {1, CORE << 16 | DOMAIN_DYNAMIC | 5, 9 << 16 | 77,
                                    table.domains[round % DOMAINS_MAX].id};
            bool full = domain_table_running(&table) == DOMAINS_MAX;
            domainid_t parent = parents[test_random_below(&random, 4)];
            bool refused = domain_table_add(&table, parent, parent, "x", false) == NULL;
            CU_ASSERT(full ? refused : !refused || parent != 1);
        } else if (domain->id != 0 && action < 9 && domain->state == SPAWND_RUNNING) {
            domain_table_end(&table, domain, SPAWND_EXITED, round);
        } else if (domain->id != 0 && action == 9) {
            domain_table_remove(&table, domain);
        }
        if (round % 1000 == 0)
            CU_ASSERT_TRUE(domain_table_valid(&table));
    }
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

static unsigned add_many(domainid_t parent)
{
    unsigned count = 0;
    while (count <= DOMAINS_MAX && domain_table_add(&table, parent, parent, "d", false) != NULL)
        count++;
    return count;
}

/// T5: a domain with all that comes of it has a share, whoever of it has ended.
static void test_families(void)
{
    domain_table_init(&table, CORE);
    struct domain *root = domain_table_add(&table, DOMAIN_FIRST, 0, "root", false);
    struct domain *child = domain_table_add(&table, root->id, 0, "child", false);
    CU_ASSERT_EQUAL(add_many(child->id), FAMILY_MAX - 2);
    CU_ASSERT_EQUAL(domain_table_family(&table, child), root->id);
    CU_ASSERT_PTR_NULL(domain_table_add(&table, root->id, 0, "d", false));
    CU_ASSERT_PTR_NOT_NULL(domain_table_add(&table, DOMAIN_FIRST, 0, "another", false));
    domainid_t child_id = child->id, root_id = root->id;
    domain_table_end(&table, root, SPAWND_EXITED, 0);
    domain_table_remove(&table, root);
    table.next_number = (uint16_t)root_id; // its children's family still has this name
    CU_ASSERT_NOT_EQUAL(domain_table_add(&table, DOMAIN_FIRST, 0, "d", false)->id, root_id);
    CU_ASSERT_EQUAL(add_many(child_id), 1); // the place of the one that ended
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

/// Families of other cores have a share each, whichever of them spawns, and one together.
static void test_foreign_families(void)
{
    enum { OTHER = 3 << 16 };
    domain_table_init(&table, CORE);
    for (unsigned i = 0; i < FAMILY_MAX / 2; i++)
        CU_ASSERT_PTR_NOT_NULL(domain_table_add(&table, OTHER | 30, OTHER | 20, "d", false));
    CU_ASSERT_EQUAL(add_many(OTHER | 20), FAMILY_MAX / 2);
    CU_ASSERT_EQUAL(add_many(OTHER | 21), FOREIGN_MAX - FAMILY_MAX);
    CU_ASSERT_EQUAL(add_many(OTHER | 22), 0);
    CU_ASSERT_EQUAL(add_many(DOMAIN_OPERATOR), DOMAINS_MAX - FOREIGN_MAX);
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

/// T6: the children of one domain, whoever asks for their memory.
static void test_reclaims(void)
{
    struct domain *children[RECLAIMS_MAX + 1];
    domain_table_init(&table, CORE);
    struct domain *root = domain_table_add(&table, DOMAIN_FIRST, 0, "root", false);
    struct domain *other = domain_table_add(&table, DOMAIN_FIRST, 0, "other", false);
    for (unsigned i = 0; i <= RECLAIMS_MAX; i++) {
        children[i] =
            domain_table_add(&table, i == 0 ? root->id : children[i - 1]->id, 0, "c", false);
        CU_ASSERT_EQUAL(domain_table_may_reclaim(&table, children[i]), i < RECLAIMS_MAX);
        children[i]->reclaiming = i < RECLAIMS_MAX;
    }
    CU_ASSERT_FALSE(domain_table_may_reclaim(&table, root));
    CU_ASSERT_TRUE(domain_table_may_reclaim(&table, other));
    other->reclaiming = true;
    CU_ASSERT_FALSE(domain_table_may_reclaim(&table, other)); // once
    domain_table_end(&table, children[1], SPAWND_EXITED, 0);
    CU_ASSERT_TRUE(domain_table_may_reclaim(&table, root));
}

static void test_parents(void)
{
    domain_table_init(&table, CORE);
    struct domain *top = domain_table_add(&table, DOMAIN_OPERATOR, 0, "top", false);
    struct domain *middle = domain_table_add(&table, top->id, 0, "middle", false);
    struct domain *low = domain_table_add(&table, middle->id, 0, "low", false);
    domainid_t middle_id = middle->id, low_id = low->id;
    CU_ASSERT_TRUE(domain_table_may_end(&table, middle->id, low));
    CU_ASSERT_TRUE(domain_table_may_end(&table, top->id, low));
    CU_ASSERT_TRUE(domain_table_may_end(&table, DOMAIN_OPERATOR, low));
    CU_ASSERT_FALSE(domain_table_may_end(&table, low->id, middle));
    CU_ASSERT_FALSE(domain_table_may_end(&table, low->id, low));
    CU_ASSERT_FALSE(domain_table_may_end(&table, 0, low));
    domain_table_end(&table, middle, SPAWND_EXITED, 0);
    CU_ASSERT_EQUAL(low->parent, top->id); // T4
    CU_ASSERT_TRUE(domain_table_may_end(&table, top->id, low));
    CU_ASSERT_FALSE(domain_table_may_end(&table, middle_id, low));
    domain_table_end(&table, top, SPAWND_EXITED, 0);
    CU_ASSERT_EQUAL(domain_table_find(&table, low_id)->parent, DOMAIN_OPERATOR);
}

/// What a domain of another core has spawned belongs to who began its family, too: the parent may
/// have ended.
static void test_foreign_parents(void)
{
    enum { OTHER = 3 << 16 };
    domain_table_init(&table, CORE);
    struct domain *orphan = domain_table_add(&table, OTHER | 30, OTHER | 20, "orphan", false);
    struct domain *low = domain_table_add(&table, orphan->id, 0, "low", false);
    CU_ASSERT_TRUE(domain_table_may_end(&table, OTHER | 30, low));
    CU_ASSERT_TRUE(domain_table_may_end(&table, OTHER | 20, orphan));
    CU_ASSERT_TRUE(domain_table_may_end(&table, OTHER | 20, low));
    CU_ASSERT_FALSE(domain_table_may_end(&table, OTHER | 31, low));
    struct domain *root = domain_table_add(&table, DOMAIN_FIRST, 0, "root", false);
    CU_ASSERT_FALSE(domain_table_may_end(&table, root->id, root));
}

static void test_operator(void)
{
    domain_table_init(&table, 0);
    struct domain *shell = domain_table_add(&table, DOMAIN_FIRST, 0, "shell", true);
    CU_ASSERT_EQUAL_FATAL(shell->id, DOMAIN_OPERATOR);
    CU_ASSERT_PTR_NULL(domain_table_add(&table, DOMAIN_FIRST, 0, "shell", true));
    CU_ASSERT_EQUAL(domain_table_add(&table, DOMAIN_FIRST, 0, "x", false)->id, DOMAIN_DYNAMIC);
    struct domain *alien = domain_table_add(&table, 7 << 16 | 20, 0, "alien", false);
    CU_ASSERT_TRUE(domain_table_may_end(&table, DOMAIN_OPERATOR, alien));
    CU_ASSERT_FALSE(domain_table_may_end(&table, 7 << 16 | DOMAIN_OPERATOR, alien));
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

/// A field gets another value: that must be noticed, and nothing once it has its own again.
#define DAMAGE(field, value)                                                                       \
    do {                                                                                           \
        __typeof__(field) kept = (field);                                                          \
        (field) = (value);                                                                         \
        CU_ASSERT_FALSE(domain_table_valid(&table));                                               \
        (field) = kept;                                                                            \
        CU_ASSERT_TRUE(domain_table_valid(&table));                                                \
    } while (0)

static void test_damage(void)
{
    enum { OTHER = 3 << 16 };
    domain_table_init(&table, CORE);
    struct domain *root = domain_table_add(&table, DOMAIN_FIRST, 0, "root", false);
    struct domain *child = domain_table_add(&table, root->id, 0, "child", false);
    struct domain *alien = domain_table_add(&table, OTHER | 30, OTHER | 20, "alien", false);
    struct domain *first = domain_table_add(&table, DOMAIN_FIRST, 0, "first", false);
    struct domain *last = domain_table_add(&table, DOMAIN_FIRST, 0, "last", false);
    domain_table_end(&table, first, SPAWND_EXITED, 0);
    domain_table_end(&table, last, SPAWND_EXITED, 0);
    struct family *family = &table.families[root->family - 1];
    struct family *foreign = &table.families[alien->family - 1];
    DAMAGE(child->id, root->id);
    DAMAGE(child->id, OTHER | 17);
    DAMAGE(child->id, CORE << 16 | (DOMAIN_DYNAMIC - 1));
    DAMAGE(child->name[SPAWND_NAME_BYTES - 1], 'x');
    DAMAGE(child->family, 0);
    DAMAGE(child->family, alien->family);
    DAMAGE(child->state, SPAWND_EXITED);
    DAMAGE(first->family, root->family);
    DAMAGE(first->state, SPAWND_RUNNING);
    DAMAGE(first->ended_after, 0);
    DAMAGE(last->ended_after, (uint16_t)(domain_table_index(&table, first) + 1)); // a cycle
    DAMAGE(table.oldest, 0);
    DAMAGE(table.free_list, 0);
    DAMAGE(table.domains[DOMAINS_MAX - 1].next, table.free_list); // a cycle
    DAMAGE(table.running, 2);
    DAMAGE(table.foreign, 0);
    DAMAGE(table.foreign, 2);
    DAMAGE(table.core, CORE + 1);
    DAMAGE(family->running, 1);
    DAMAGE(family->running, 3);
    DAMAGE(family->id, OTHER | 21);
    DAMAGE(foreign->id, CORE << 16 | 16);
    DAMAGE(foreign->running, 0);
}

/// Families that are larger than they may be, with every sum right.
static void test_large_families(void)
{
    enum { OTHER = 3 << 16 };
    for (unsigned more = 0; more < 2; more++) {
        domain_table_init(&table, CORE);
        for (unsigned i = 0; i < FAMILY_MAX; i++)
            CU_ASSERT_PTR_NOT_NULL(domain_table_add(&table, OTHER | 30, OTHER | 20, "d", false));
        struct domain *extra = domain_table_add(&table, OTHER | 31, OTHER | 21, "d", false);
        if (more > 0) {
            table.families[extra->family - 1].running--;
            extra->family = table.domains[0].family;
            table.families[extra->family - 1].running++;
        }
        CU_ASSERT_EQUAL(domain_table_valid(&table), more == 0);
        domain_table_init(&table, CORE);
        for (unsigned i = 0; i < FOREIGN_MAX; i++)
            CU_ASSERT_PTR_NOT_NULL(
                domain_table_add(&table, OTHER | 30, OTHER | (20 + i / 9), "d", false));
        extra = domain_table_add(&table, DOMAIN_FIRST, 0, "d", false);
        if (more > 0) {
            table.families[extra->family - 1].id = OTHER | 90;
            table.foreign++;
        }
        CU_ASSERT_EQUAL(domain_table_valid(&table), more == 0);
    }
}

TEST_SUITE("domain table") = {
    {"IDs", test_ids},
    {"names", test_names},
    {"command lines", test_commands},
    {"a full table", test_full},
    {"the next domain", test_next},
    {"families", test_families},
    {"families of other cores", test_foreign_families},
    {"memory taken back", test_reclaims},
    {"parents", test_parents},
    {"parents on other cores", test_foreign_parents},
    {"the operator", test_operator},
    {"damage", test_damage},
    {"families that are too large", test_large_families},
    {"random use", test_random_table},
};
