// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A program whose working set is larger than the memory that it allows itself, and which is its own
// pager. Try `pager` at the prompt, or `pager --help`.
//
// What happens: the program uses the pages of a region in some pattern. Half of them have no frame
// at any time. An access to one of these is a page fault, which the CPU driver gives back to the
// domain, the library to the region's memory object, and that to pager.c: it asks the policy which
// page to give up, brings it to the store if it was written, and fetches the other. No kernel and
// no server has a say in the choice. Each access here checks all bytes of its page.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "pager.h"
#include "patterns.h"

static const struct pager_policy *const policies[] = {&pager_policy_fifo, &pager_policy_clock,
                                                      &pager_policy_mru};
static const struct pattern *const patterns[] = {&pattern_local, &pattern_scan};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WRITE_IN 4u // one of so many accesses writes

static const char usage[] =
    "usage: pager [--policy fifo|clock|mru|all] [--pattern local|scan|all]\n"
    "             [--pages N] [--frames N] [--accesses N] [--seed N]\n"
    "Uses N pages (64) with N frames (32) behind them, N times (4000), and prints what it cost:\n"
    "faults, and pages written back. By default with each policy and each pattern. The exit\n"
    "status is not 0 if a byte was wrong or the number of faults cannot be right.\n";

/// What a page must hold: the store's content at first, then that of its last writing.
struct model {
    unsigned *versions;
    unsigned touched; ///< pages that were used
    bool *used;
};

static uint8_t expected(const struct model *model, unsigned page, size_t offset)
{
    unsigned version = model->versions[page];
    return version == 0 ? store_first_content(page, offset)
                        : (uint8_t)(version * 31 + page * 7 + offset + offset / 256);
}

static bool check_page(const struct model *model, unsigned page, const volatile uint8_t *at)
{
    for (size_t i = 0; i < BASE_PAGE_SIZE; i++) {
        if (at[i] != expected(model, page, i)) {
            printf("pager: page %u, byte %zu: %u, not %u\n", page, i, at[i],
                   expected(model, page, i));
            return false;
        }
    }
    return true;
}

static bool access_page(struct model *model, unsigned page, volatile uint8_t *at, bool write)
{
    model->touched += !model->used[page];
    model->used[page] = true;
    if (!check_page(model, page, at))
        return false;
    if (write) {
        model->versions[page]++;
        for (size_t i = 0; i < BASE_PAGE_SIZE; i++)
            at[i] = expected(model, page, i);
    }
    return true;
}

static bool use_pages(struct pager *pager, struct model *model, const struct options *options,
                      const struct pattern *pattern)
{
    struct pattern_state state = {.random = options->seed, .pages = options->pages};
    for (unsigned i = 0; i < options->accesses; i++) {
        unsigned page = pattern->next(&state);
        bool write = pattern_random(&state) % WRITE_IN == 0;
        if (!access_page(model, page, pager->region + page * BASE_PAGE_SIZE, write))
            return false;
    }
    // Each page that was used came at least once, and none more often than it was used.
    bool possible = model->touched <= pager->faults && pager->faults <= options->accesses;
    printf("pager: %-5s %-5s %u accesses to %u pages, %u frames: %u faults, %u write-backs%s\n",
           pager->policy->name, pattern->name, options->accesses, model->touched,
           pager->state.frames, pager->faults, pager->write_backs,
           possible ? "" : ", which cannot be");
    return possible;
}

/// With an own store, so that each run begins alike; which is checked page by page at the end.
static errval_t run_in(struct model *model, const struct options *options,
                       const struct pager_policy *policy, const struct pattern *pattern,
                       bool *right)
{
    static struct pager pager;
    struct store store;
    errval_t err = store_start(&store, options->pages);
    if (err_is_fail(err))
        return err;
    err = pager_start(&pager, &store, options->frames, policy);
    if (err_is_ok(err)) {
        *right = use_pages(&pager, model, options, pattern);
        err = pager_end(&pager);
    }
    for (unsigned i = 0; err_is_ok(err) && i < options->pages; i++)
        *right = check_page(model, i, store.window + i * BASE_PAGE_SIZE) && *right;
    errval_t ended = store_end(&store);
    return err_is_ok(err) ? ended : err;
}

static bool run(const struct options *options, const struct pager_policy *policy,
                const struct pattern *pattern)
{
    struct model model = {.versions = calloc(options->pages, sizeof(*model.versions)),
                          .used = calloc(options->pages, sizeof(*model.used))};
    bool right = false;
    if (model.versions == NULL || model.used == NULL) {
        fprintf(stderr, "pager: no memory for %u pages\n", options->pages);
    } else {
        errval_t err = run_in(&model, options, policy, pattern, &right);
        if (err_is_fail(err)) {
            DEBUG_ERR(err, "the pager gives up");
            right = false;
        }
    }
    free(model.versions);
    free(model.used);
    return right;
}

int main(int argc, char *argv[])
{
    struct options options;
    unsigned runs = 0, wrong = 0;
    if (!options_parse(&options, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    if (options.help) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < COUNT(policies) * COUNT(patterns); i++) {
        const struct pager_policy *policy = policies[i / COUNT(patterns)];
        const struct pattern *pattern = patterns[i % COUNT(patterns)];
        if ((options.policy == NULL || strcmp(options.policy, policy->name) == 0) &&
            (options.pattern == NULL || strcmp(options.pattern, pattern->name) == 0)) {
            runs++;
            wrong += !run(&options, policy, pattern);
        }
    }
    if (runs == 0) {
        fprintf(stderr, "pager: no such policy or pattern\n");
        return 2;
    }
    return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
