// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// mutants: what the host tests would not notice. It draws mutants of the sources in some folders,
// builds the host tests that have the source in them, runs these until one fails, and lists the
// mutants with which all of them pass. All of it happens in a copy of the tree (scratch.h).
#include <fts.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"
#include "verdicts.h"

#define REPORT MUTATE_DIR "/report.txt"
#define EQUIVALENT "tools/mutate/equivalent.txt"

struct arguments {
    struct names parts;
    uint64_t seed, count, minutes, least;
    bool list, resume;
};

struct sample {
    struct candidate *items;
    size_t count;
    struct names *tests; // of each source
    size_t sources;
};

enum verdict { KILLED, SURVIVED, EQUAL, BROKEN, VERDICTS };
static const char *const verdict_names[] = {"killed", "survived", "equivalent", "not compiled"};

static void usage(FILE *out)
{
    fputs("usage: build/mutants --part PATH... [--seed N] [--count N] [--time MINUTES]\n"
          "           [--least PERCENT] [--resume] [--list]\n"
          "Makes mutants of the sources at or below each PATH; lists those that no test notices.\n"
          "Runs from the top of a built tree; works in " MUTATE_DIR "/.\n"
          "  --seed N         which mutants (default 1)\n"
          "  --count N        how many (default 40)\n"
          "  --time MINUTES   begin no mutant after this time\n"
          "  --least PERCENT  fail if fewer are killed (default 0)\n"
          "  --resume         take what " REPORT " says of those it has\n"
          "  --list           print which ones, and end\n"
          "Exit status: 0; 1 if fewer are killed; 2 if it cannot work.\n",
          out);
}

static int failed(const char *what)
{
    fprintf(stderr, "mutants: %s\n", what);
    return 2;
}

static bool number(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

/// Returns whether main() goes on; else *status is what it ends with.
static bool parse_arguments(int argc, char **argv, struct arguments *a, int *status)
{
    static const struct option options[] = {
        {"part", required_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 's'},
        {"count", required_argument, NULL, 'c'},
        {"time", required_argument, NULL, 't'},
        {"least", required_argument, NULL, 'e'},
        {"resume", no_argument, NULL, 'r'},
        {"list", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    bool good = true;
    *status = 2;
    for (int c; good && (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        uint64_t *value = c == 's'   ? &a->seed
                          : c == 'c' ? &a->count
                          : c == 't' ? &a->minutes
                                     : &a->least;
        if (c == 'h') {
            usage(stdout);
            *status = 0;
            return false;
        }
        if (c == 'p')
            names_add(&a->parts, optarg);
        else if (c == 'r' || c == 'l')
            *(c == 'r' ? &a->resume : &a->list) = true;
        else
            good = c != '?' && number(optarg, value);
    }
    for (; optind < argc && a->parts.count > 0; optind++)
        names_add(&a->parts, argv[optind]);
    good &= a->parts.count > 0;
    if (!good)
        usage(stderr);
    return good;
}

static void add_source(struct sample *sample, const char *source)
{
    const char *text = file_read(source);
    if (text == NULL)
        return;
    struct mutants mutants = mutants_of(text);
    sample->items =
        realloc(sample->items, (sample->count + mutants.count + 1) * sizeof(*sample->items));
    for (size_t i = 0; i < mutants.count; i++)
        sample->items[sample->count++] =
            (struct candidate){source, text, mutants.items[i], sample->sources};
    free(mutants.items);
    sample->sources++;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool find_sources(struct sample *sample, const struct names *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        size_t length = strlen(parts->items[i]), before = sample->sources;
        while (length > 1 && parts->items[i][length - 1] == '/')
            parts->items[i][--length] = '\0';
        FTS *walk =
            fts_open((char *const[]){parts->items[i], NULL}, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
        for (FTSENT *e; walk != NULL && (e = fts_read(walk)) != NULL;)
            if (e->fts_info == FTS_F && e->fts_pathlen > 2 &&
                strcmp(e->fts_path + e->fts_pathlen - 2, ".c") == 0)
                add_source(sample, strdup(e->fts_path));
        if (walk != NULL)
            fts_close(walk);
        if (sample->sources == before)
            return false;
    }
    return true;
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/// Leaves `count` of them, drawn without putting back.
static void draw(struct sample *sample, uint64_t seed, uint64_t count)
{
    for (size_t i = 0; i < count && i < sample->count; i++) {
        size_t other = i + next_random(&seed) % (sample->count - i);
        struct candidate kept = sample->items[i];
        sample->items[i] = sample->items[other];
        sample->items[other] = kept;
    }
    sample->count = count < sample->count ? count : sample->count;
}

/// What a test may take: four seconds more than three times what it took before anything was
/// changed.
struct limits {
    struct names tests;
    unsigned seconds[64];
};

static bool measure(struct limits *limits, const struct sample *sample)
{
    for (size_t i = 0; i < sample->count; i++) {
        const struct names *tests = &sample->tests[sample->items[i].tests];
        for (size_t t = 0; t < tests->count; t++)
            if (!names_has(&limits->tests, tests->items[t]) && limits->tests.count < 64)
                names_add(&limits->tests, tests->items[t]);
    }
    if (limits->tests.count > 0 && !scratch_build(&limits->tests))
        return false;
    for (size_t t = 0; t < limits->tests.count; t++) {
        time_t start = time(NULL);
        if (!scratch_run(limits->tests.items[t], 600)) {
            fprintf(stderr, "mutants: %s fails as it is\n", limits->tests.items[t]);
            return false;
        }
        limits->seconds[t] = 4 + 3 * (unsigned)(time(NULL) - start);
    }
    return true;
}

static enum verdict judge(const struct candidate *c, const struct names *tests,
                          const struct limits *limits)
{
    char *text = mutant_apply(&c->mutant, c->text);
    enum verdict verdict = SURVIVED;
    if (tests->count > 0) {
        if (!scratch_write(c->source, text) || !scratch_build(tests))
            verdict = BROKEN;
        for (size_t t = 0; t < limits->tests.count && verdict == SURVIVED; t++)
            if (names_has(tests, limits->tests.items[t]) &&
                !scratch_run(limits->tests.items[t], limits->seconds[t]))
                verdict = KILLED;
        if (!scratch_write(c->source, c->text))
            exit(failed("the copy cannot be written"));
    }
    free(text);
    return verdict;
}

/// Known without a run: no different, or in the report of an earlier run.
static enum verdict known(const struct candidate *c, const char *equivalent, const char *earlier)
{
    char *why = equivalent_why(c, equivalent), *verdict = earlier_verdict(c, earlier);
    enum verdict result = why != NULL ? EQUAL : VERDICTS;
    for (size_t i = 0; result == VERDICTS && verdict != NULL && i < VERDICTS; i++)
        if (strcmp(verdict, verdict_names[i]) == 0)
            result = (enum verdict)i;
    free(why);
    free(verdict);
    return result;
}

static void judge_all(const struct arguments *a, const struct sample *sample,
                      const struct limits *limits, size_t counts[VERDICTS])
{
    char *equivalent = file_read(EQUIVALENT), *earlier = a->resume ? file_read(REPORT) : NULL;
    time_t end = time(NULL) + (time_t)a->minutes * 60;
    FILE *report = fopen(REPORT, "w");
    for (size_t i = 0; i < sample->count && (a->minutes == 0 || time(NULL) < end); i++) {
        const struct candidate *c = &sample->items[i];
        const struct names *tests = &sample->tests[c->tests];
        enum verdict verdict = known(c, equivalent, earlier);
        if (verdict == VERDICTS)
            verdict = judge(c, tests, limits);
        counts[verdict]++;
        char *line = verdict_line(c, verdict_names[verdict]), *name = candidate_name(c);
        if (report != NULL) {
            fputs(line, report);
            fflush(report);
        }
        if (verdict == SURVIVED)
            printf("%s%s\n", name, tests->count == 0 ? " (no host test has it)" : "");
        fprintf(stderr, "%zu of %zu: %s\n", i + 1, sample->count, verdict_names[verdict]);
        fflush(stdout);
        free(line);
        free(name);
    }
    if (report != NULL)
        fclose(report);
    free(equivalent);
    free(earlier);
}

static void list(const struct sample *sample)
{
    for (size_t i = 0; i < sample->count; i++) {
        char *name = candidate_name(&sample->items[i]);
        puts(name);
        free(name);
    }
}

int main(int argc, char **argv)
{
    struct arguments a = {.seed = 1, .count = 40};
    struct sample sample = {0};
    struct limits limits = {0};
    size_t counts[VERDICTS] = {0};
    int status;
    if (!parse_arguments(argc, argv, &a, &status))
        return status;
    if (!find_sources(&sample, &a.parts))
        return failed("a folder has no sources");
    draw(&sample, a.seed, a.count);
    if (a.list) {
        list(&sample);
        return 0;
    }
    sample.tests = calloc(sample.sources, sizeof(*sample.tests));
    bool *asked = calloc(sample.sources, sizeof(*asked));
    for (size_t i = 0; i < sample.count; i++) {
        size_t source = sample.items[i].tests;
        if (!asked[source])
            sample.tests[source] = tests_of(sample.items[i].source);
        asked[source] = true;
    }
    if (!scratch_copy() || !measure(&limits, &sample))
        return failed("the copy of the tree does not build or pass (see " MUTATE_DIR "/last.out)");
    judge_all(&a, &sample, &limits, counts);
    size_t judged = counts[KILLED] + counts[SURVIVED];
    printf("%zu of %zu killed (%.1f%%); %zu equivalent, %zu do not compile; seed %llu\n",
           counts[KILLED], judged, judged > 0 ? 100.0 * (double)counts[KILLED] / (double)judged : 0,
           counts[EQUAL], counts[BROKEN], (unsigned long long)a.seed);
    return judged > 0 && counts[KILLED] * 100 < a.least * judged ? 1 : 0;
}
