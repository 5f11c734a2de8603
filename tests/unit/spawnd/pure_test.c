// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// spawnd's pure halves: the table of domains against its invariants, the queue of those that end,
// and the strings of a client, good, wrong and random.
#include <domain_table.h>
#include <end_queue.h>
#include <kpi/spawn.h>
#include <spawn_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>
#include <words.h>

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

static struct end_queue queue;

static void test_end_queue(void)
{
    uint16_t index = 999;
    end_queue_init(&queue);
    CU_ASSERT_FALSE(end_queue_take(&queue, &index));
    for (uint16_t i = 0; i < END_QUEUE_MAX; i++)
        end_queue_add(&queue, i);
    for (unsigned i = 0; i < 3 * END_QUEUE_MAX; i++) { // Q3
        CU_ASSERT_TRUE(end_queue_take(&queue, &index));
        CU_ASSERT_EQUAL(index, i % END_QUEUE_MAX);
        end_queue_add(&queue, index);
    }
    unsigned forgotten = 0;
    while (end_queue_take(&queue, &index))
        forgotten += end_queue_forget(&queue, index);
    CU_ASSERT_EQUAL(forgotten, FORGETS_MAX); // Q2; the others wait, each once
    for (unsigned i = 0; i < END_QUEUE_MAX; i++) {
        end_queue_forgotten(&queue);
        bool waits = i + FORGETS_MAX < END_QUEUE_MAX;
        CU_ASSERT_EQUAL(end_queue_take(&queue, &index), waits);
        CU_ASSERT(!waits || (index == i + FORGETS_MAX && end_queue_forget(&queue, index)));
    }
    CU_ASSERT_EQUAL(queue.forgotten, 0);
    end_queue_forgotten(&queue); // one too many
    CU_ASSERT_EQUAL(queue.forgotten, 0);
}

static struct strings strings;
static const char *const *argv, *const *envp;

static errval_t add(const char *text, size_t bytes)
{
    errval_t err = SYS_ERR_OK;
    for (size_t at = 0; at < bytes && err_is_ok(err); at += SPAWND_PIECE_BYTES) {
        size_t piece = bytes - at < SPAWND_PIECE_BYTES ? bytes - at : SPAWND_PIECE_BYTES;
        err = strings_add(&strings, at, piece, text + at);
    }
    return err;
}

static void test_strings(void)
{
    static const char text[] = "prog\0a long argument that needs more than one piece\0\0X=1\0Y=2";
    memset(&strings, 0, sizeof(strings));
    CU_ASSERT_EQUAL(add(text, sizeof(text)), SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(strings_split(&strings, 3, 2, &argv, &envp), SYS_ERR_OK);
    CU_ASSERT_STRING_EQUAL(argv[0], "prog");
    CU_ASSERT_STRING_EQUAL(argv[1], "a long argument that needs more than one piece");
    CU_ASSERT_STRING_EQUAL(argv[2], "");
    CU_ASSERT_STRING_EQUAL(envp[0], "X=1");
    CU_ASSERT_STRING_EQUAL(envp[1], "Y=2");
    CU_ASSERT_EQUAL(add("other", 6), SYS_ERR_OK); // offset 0 begins anew
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SYS_ERR_OK);
    CU_ASSERT_STRING_EQUAL(argv[0], "other");
}

static void test_wrong_strings(void)
{
    char piece[SPAWND_PIECE_BYTES + 1] = "a";
    memset(&strings, 0, sizeof(strings));
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_add(&strings, 0, SPAWND_PIECE_BYTES + 1, piece), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_add(&strings, 1, 1, piece), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_add(&strings, 0, UINT64_MAX, piece), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_add(&strings, 0, 2, piece), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_split(&strings, 0, 1, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 1, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, UINT64_MAX, 2, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, 1, UINT64_MAX, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_add(&strings, 2, 1, piece), SYS_ERR_OK); // not ended
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, 2, 0, &argv, &envp), SPAWN_ERR_ARGS);
}

static void test_string_limits(void)
{
    static char text[SPAWND_STRINGS_MAX + 1];
    memset(&strings, 0, sizeof(strings));
    memset(text, 'x', sizeof(text));
    text[SPAWND_STRINGS_MAX - 1] = '\0';
    CU_ASSERT_EQUAL(add(text, SPAWND_STRINGS_MAX + 1), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(add(text, SPAWND_STRINGS_MAX), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strlen(argv[0]), SPAWND_STRINGS_MAX - 1);
    memset(text, 0, sizeof(text));
    CU_ASSERT_EQUAL(add(text, SPAWND_COUNT_MAX + 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_split(&strings, SPAWND_COUNT_MAX + 1, 0, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, SPAWND_COUNT_MAX, 1, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(add(text, SPAWND_COUNT_MAX), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_split(&strings, SPAWND_COUNT_MAX - 1, 1, &argv, &envp), SYS_ERR_OK);
}

static void test_random_strings(void)
{
    enum { ROUNDS = 20000 };
    struct test_random random;
    test_random_init(&random, 4);
    struct strings *exact = calloc(1, sizeof(*exact)); // for AddressSanitizer
    if (exact == NULL)
        abort();
    for (unsigned round = 0; round < ROUNDS; round++) {
        char piece[SPAWND_PIECE_BYTES];
        for (size_t i = 0; i < sizeof(piece); i++)
            piece[i] = (char)test_random_below(&random, 3);
        size_t offset =
            test_random_below(&random, 4) == 0 ? test_random_below(&random, 50) : exact->used;
        (void)strings_add(exact, offset, test_random_below(&random, 45), piece);
        uint64_t argc = test_random_below(&random, 20), envc = test_random_below(&random, 20);
        if (err_is_ok(strings_split(exact, argc, envc, &argv, &envp))) {
            size_t bytes = 0;
            for (size_t i = 0; i < argc + envc; i++)
                bytes += strlen(argv[i]) + 1;
            CU_ASSERT_EQUAL(bytes, exact->used);
            CU_ASSERT_PTR_EQUAL(envp, argv + argc);
        }
    }
    free(exact);
}

static struct words words;

static bool say(const char *piece, bool more)
{
    return words_add(&words, piece, strlen(piece), more);
}

static bool printed(const char *text)
{
    bool same = words.used == strlen(text) && memcmp(words.text, text, words.used) == 0;
    words.used = 0;
    return same;
}

/// What belongs together is printed together, unless it is too long for that.
static void test_words(void)
{
    memset(&words, 0, sizeof(words));
    CU_ASSERT_TRUE(say("one\n", false));
    CU_ASSERT_TRUE(printed("one\n"));
    CU_ASSERT_FALSE(say("", false));
    CU_ASSERT_FALSE(say("two\n", true));
    CU_ASSERT_FALSE(say("three", true));
    CU_ASSERT_TRUE(say("\n", false));
    CU_ASSERT_TRUE(printed("two\nthree\n"));
    unsigned pieces = 1;
    while (!say("0123456789abcdef", true))
        pieces++;
    CU_ASSERT_EQUAL(words.used, 16 * pieces);
    CU_ASSERT(words.used > WORDS_TEXT_BYTES - SPAWND_PIECE_BYTES);
}

/// Pieces as they come from a domain: a text that has to be divided loses nothing.
static void test_long_words(void)
{
    static char text[2 * WORDS_TEXT_BYTES], got[sizeof(text) + WORDS_TEXT_BYTES];
    size_t got_bytes = 0;
    memset(&words, 0, sizeof(words));
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    for (size_t at = 0, bytes; at < sizeof(text); at += bytes) {
        bytes = sizeof(text) - at < SPAWND_PIECE_BYTES ? sizeof(text) - at : SPAWND_PIECE_BYTES;
        if (words_add(&words, text + at, bytes, at + bytes < sizeof(text))) {
            CU_ASSERT_FATAL(words.used <= WORDS_TEXT_BYTES);
            memcpy(got + got_bytes, words.text, words.used);
            got_bytes += words.used;
            words.used = 0;
        }
    }
    CU_ASSERT_EQUAL(got_bytes, sizeof(text));
    CU_ASSERT_EQUAL(memcmp(got, text, sizeof(text)), 0);
}

/// Beyond the limit nothing is printed any more, which is said once.
static void test_too_many_words(void)
{
    size_t total = 0;
    unsigned notes = 0;
    memset(&words, 0, sizeof(words));
    for (unsigned i = 0; i < 2 * WORDS_TOTAL_BYTES; i++) {
        if (say(i % 2 == 0 ? "####" : "###\n", i % 2 == 0)) {
            bool note = memchr(words.text, '.', words.used) != NULL;
            notes += note;
            total += note ? 0 : words.used;
            words.used = 0;
        }
    }
    CU_ASSERT_EQUAL(notes, 1);
    CU_ASSERT_TRUE(total <= WORDS_TOTAL_BYTES && total > WORDS_TOTAL_BYTES - 64);
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

TEST_SUITE("words") = {
    {"words", test_words},
    {"words in pieces", test_long_words},
    {"too many words", test_too_many_words},
};

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

TEST_SUITE("queue of ends") = {
    {"turns", test_end_queue},
};

TEST_SUITE("strings") = {
    {"good strings", test_strings},
    {"wrong strings", test_wrong_strings},
    {"limits", test_string_limits},
    {"random pieces", test_random_strings},
};
