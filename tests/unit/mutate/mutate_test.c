// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// mutants: what it finds in a source, and what it says of a small tree with one test that sees some
// of its mutants and not others. Runs build/mutants from the top of the repository.
#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>

#include <scratch/scratch_tree.h>

#include "mutate.h"
#include "verdicts.h"

/// How many mutants of the text an operator makes, all operators with NULL.
static size_t count(const char *text, const char *operator)
{
    struct mutants mutants = mutants_of(text);
    size_t n = 0;
    for (size_t i = 0; i < mutants.count; i++)
        n += operator== NULL || strcmp(mutants.items[i].operator, operator) == 0;
    mutants_free(&mutants);
    return n;
}

/// Whether the only mutant of `operator` makes `body` of the function into `now`.
static bool makes(const char *operator, const char * body, const char *now)
{
    char text[256], wanted[256];
    snprintf(text, sizeof(text), "void f(int a)\n{\n%s\n}\n", body);
    snprintf(wanted, sizeof(wanted), "void f(int a)\n{\n%s\n}\n", now);
    struct mutants mutants = mutants_of(text);
    bool good = count(text, operator) == 1;
    for (size_t i = 0; i < mutants.count; i++) {
        char *made = mutant_apply(&mutants.items[i], text);
        if (strcmp(mutants.items[i].operator, operator) == 0)
            good &= strcmp(made, wanted) == 0;
        free(made);
    }
    mutants_free(&mutants);
    return good;
}

static void each_operator_changes_one_thing(void)
{
    CU_ASSERT(makes("relation", "a = b < c;", "a = b <= c;"));
    CU_ASSERT(makes("relation", "a = b >= c;", "a = b > c;"));
    CU_ASSERT(makes("relation", "a = b == c;", "a = b != c;"));
    CU_ASSERT(makes("logic", "a = b && c;", "a = b || c;"));
    CU_ASSERT(makes("arithmetic", "a = b - c;", "a = b + c;"));
    CU_ASSERT(makes("arithmetic", "a = b & c;", "a = b | c;"));
    CU_ASSERT(makes("arithmetic", "a = b << c;", "a = b >> c;"));
    CU_ASSERT(makes("arithmetic", "a--;", "a++;"));
    CU_ASSERT(makes("constant", "a = 7;", "a = (7 + 1);"));
    CU_ASSERT(makes("constant", "a = true;", "a = false;"));
    CU_ASSERT(makes("condition", "if (a) b(); else c();", "if (!(a)) b(); else c();"));
    CU_ASSERT(makes("branches", "a = b ? c(d, e) : f;", "a = b ? f : c(d, e);"));
    CU_ASSERT(makes("return", "return a + b;", "return 0;"));
    CU_ASSERT(makes("return", "return SYS_ERR_OK;", "return 1;"));
    CU_ASSERT(makes("call", "if (a) g(a, b);", "if (a) (void)0;"));
    CU_ASSERT(makes("call", "(void)g(a);", "(void)0;"));
    CU_ASSERT(makes("store", "x->y[3].z = a;", "(void)0;"));
    CU_ASSERT(makes("store", "*a |= b;", "(void)0;"));
}

static void what_is_no_code_stays(void)
{
    CU_ASSERT(count("int x = 1 < 2;\nenum { A = 1 };\nstruct s { int a[3]; };\n", NULL) == 0);
    CU_ASSERT(count("struct __attribute__((packed)) s { int a[3]; };\n", NULL) == 0);
    CU_ASSERT(count("static const int t[] = {1, 2};\n_Static_assert(1 < 2, \"\");\n", NULL) == 0);
    CU_ASSERT(count("#define F(a) { if (a < \\\n 1) g(); }\n", NULL) == 0);
    const char *const none[] = {
        "// a < 1",
        "/* a = 1; */",
        "#if A < 1\n#endif",
        "\"a < \\\" 1\";",
        "'<';",
        "_Static_assert(1 < 2, \"\");",
        "enum { B = 1 };",
        "struct { int a[3]; } x;",
        "static const int t[] = {1, 2};",
        "return;",
        "struct s *a = b;",
        "a = -b;" /* but the store */,
        "kassert(a);",
        "sizeof(a[0]);",
        "kassert(a < 1 && g(a) != 0);",
        "assert(a <= b); // A1",
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
        char text[128];
        snprintf(text, sizeof(text), "void f(int a)\n{\n%s\n}\n", none[i]);
        CU_ASSERT(count(text, NULL) == (strcmp(none[i], "a = -b;") == 0));
    }
}

static void functions_with_attributes_are_found(void)
{
    CU_ASSERT(count("int f(int a) __attribute__((noinline))\n{\n    return a < b;\n}\n",
                    "relation") == 1);
    CU_ASSERT(count("struct s f(void)\n{\n    for (int i = 0; i < n; i++) g();\n}\n", NULL) == 4);
    CU_ASSERT(count("", NULL) == 0 && count("int f(void) {", NULL) == 0);
}

#define RULES                                                                                      \
    "rule cc\n  command = gcc -c $in -o $out\n"                                                    \
    "rule link\n  command = gcc $in -o $out\n"                                                     \
    "rule run\n  command = rm -f $out; $in && touch $out\n"                                        \
    "build build/obj/host/a.o: cc part/a.c\nbuild build/obj/host/b.o: cc part/b.c\n"               \
    "build build/obj/host/t.o: cc test/t.c\n"                                                      \
    "build build/test-a: link build/obj/host/a.o build/obj/host/t.o\n"                             \
    "build build/tests/test-a.pass: run build/test-a\n"                                            \
    "build check-test-a: phony build/tests/test-a.pass\n"

static void write_tree(void)
{
    scratch_create();
    scratch_write("build.ninja", RULES);
    scratch_write("build/tests/none", "");
    scratch_write("part/a.c", "int limit(int a)\n{\n    if (a > 9)\n        a -= 3;\n"
                              "    return a;\n}\n");
    scratch_write("test/t.c",
                  "int limit(int);\nint main(void)\n{\n"
                  "    return limit(12) == 9 && limit(10) == 7 && limit(9) == 9 ? 0 : 1;\n}\n");
}

static int run(const char *arguments)
{
    return scratch_run("program=$PWD/build/mutants && cd %s && $program --part part %s",
                       scratch_root(), arguments);
}

static bool says(const char *text)
{
    return strstr(scratch_output(), text) != NULL;
}

static void a_good_test_kills_all(void)
{
    write_tree();
    CU_ASSERT(run("--least 100") == 0);
    CU_ASSERT(says("7 of 7 killed (100.0%); 0 equivalent, 0 do not compile"));
    CU_ASSERT(!says("part/a.c:"));
    CU_ASSERT(scratch_contains("part/a.c", "a > 9"));
    CU_ASSERT(scratch_contains("build/mutate/tree/part/a.c", "a > 9"));
}

static void a_weak_test_lets_some_pass(void)
{
    write_tree();
    scratch_write("test/t.c", "int limit(int);\nint main(void)\n{\n    return limit(3) != 3;\n}\n");
    CU_ASSERT(run("--least 29") == 1);
    CU_ASSERT(says("part/a.c:3: relation: > -> >="));
    CU_ASSERT(says("part/a.c:3: constant: 9 -> (9 + 1)"));
    CU_ASSERT(says("part/a.c:4: store: a -= 3 -> (void)0"));
    CU_ASSERT(says("2 of 7 killed"));
    scratch_write("tools/mutate/equivalent.txt",
                  "part/a.c :: limit :: relation: > -> >= :: if (a > 9) :: nobody asks\n"
                  "part/a.c :: limit.2 :: store: a -= 3 -> (void)0 :: a -= 3; :: no second\n"
                  "part/a.c :: other :: condition: (a > 9) -> (!(a > 9)) :: if (a > 9) :: no\n"
                  "part/a.c :: limit :: constant: 9 -> (9 + 1) :: if (a > 7) :: another line\n");
    CU_ASSERT(run("") == 0);
    CU_ASSERT(says("store: a -="));
    CU_ASSERT(!says("relation: >") && says("constant: 9") && says("1 equivalent"));
}

/// Two lines are alike, in one function and in another.
static void equivalents_have_a_place(void)
{
    static const char list[] = "part/a.c :: f :: relation: < -> <= :: a = b < c; :: first of f\n"
                               "part/a.c :: g.2 :: relation: < -> <= :: a = b < c; :: last\n"
                               "part/a.c :: f.1 :: return: a -> 0 :: return a; :: has no number\n";
    const char *text = "int f(int a)\n{\na = b < c;\na = b < c;\nreturn a;\n}\n"
                       "int g(int a) __attribute__((cold))\n{\na = b < c;\na = b < c;\n}\n";
    const char *const whys[] = {"first of f", NULL, NULL, "last"};
    struct mutants mutants = mutants_of(text);
    size_t relations = 0;
    for (size_t i = 0; i < mutants.count; i++) {
        struct candidate c = {"part/a.c", text, mutants.items[i], 0};
        char *why = equivalent_why(&c, list);
        const char *wanted =
            strcmp(c.mutant.operator, "relation") == 0 ? whys[relations++ % 4] : NULL;
        CU_ASSERT((why == NULL) == (wanted == NULL));
        CU_ASSERT(why == NULL || wanted == NULL || strcmp(why, wanted) == 0);
        free(why);
    }
    CU_ASSERT(relations == 4);
    mutants_free(&mutants);
}

static void a_report_is_gone_on_from(void)
{
    write_tree();
    CU_ASSERT(run("--count 2") == 0 && says("2 of 2 killed"));
    CU_ASSERT(scratch_run("sed -i 's/ killed:/ survived:/' %s/build/mutate/report.txt",
                          scratch_root()) == 0);
    CU_ASSERT(run("--resume") == 0 && says("5 of 7 killed"));
    scratch_write("part/a.c", "int limit(int a)\n{\n    if (a > 9)\n        a -= 3;\n"
                              "    return a;\n}\n\n");
    CU_ASSERT(run("--resume") == 0 && says("7 of 7 killed")); // of another source
}

static void an_endless_loop_is_ended(void)
{
    write_tree();
    scratch_write("part/a.c",
                  "int limit(int a)\n{\n    while (a > 9)\n        a -= 3;\n    return a;\n}\n");
    scratch_write("test/t.c", "int limit(int);\nint main(void)\n{\n    limit(12);\n"
                              "    return 0;\n}\n");
    CU_ASSERT(run("") == 0 && says("1 of 7 killed"));
    CU_ASSERT(!says("store: a -= 3"));
}

static void a_source_without_test_counts(void)
{
    write_tree();
    scratch_write("part/a.c", "");
    scratch_write("part/b.c", "int b(int a)\n{\n    return a;\n}\n");
    scratch_write("test/t.c", "int main(void)\n{\n    return 0;\n}\n");
    CU_ASSERT(run("--least 1") == 1);
    CU_ASSERT(says("part/b.c:3: return: a -> 0 (no host test has it)") && says("0 of 1 killed"));
}

static void a_failing_test_or_wrong_arguments_end_it(void)
{
    write_tree();
    scratch_write("test/t.c", "int main(void)\n{\n    return 1;\n}\n");
    CU_ASSERT(run("") == 2 && says("test-a fails as it is"));
    CU_ASSERT(run("--list") == 0 && says("part/a.c:5: return: a -> 0"));
    CU_ASSERT(run("--count x") == 2 && run("--part nowhere") == 2);
    scratch_write("part/b.c", "int b(int a)\n{\n    return a;\n}\n");
    CU_ASSERT(scratch_run("program=$PWD/build/mutants && cd %s && $program --list --part part/b.c",
                          scratch_root()) == 0);
    CU_ASSERT(says("part/b.c:3: return: a -> 0") && !says("part/a.c"));
    CU_ASSERT(scratch_run("build/mutants") == 2 && says("usage:"));
    CU_ASSERT(scratch_run("build/mutants --help") == 0 && says("--resume"));
}

TEST_SUITE("mutate", .tear_down = scratch_remove) = {
    {"each operator changes one thing", each_operator_changes_one_thing},
    {"what is no code stays as it is", what_is_no_code_stays},
    {"functions with attributes are found", functions_with_attributes_are_found},
    {"a good test kills all mutants", a_good_test_kills_all},
    {"a weak test lets some pass; equivalent ones are listed", a_weak_test_lets_some_pass},
    {"equivalents have a place", equivalents_have_a_place},
    {"a report is gone on from, unless the source changed", a_report_is_gone_on_from},
    {"an endless loop is ended", an_endless_loop_is_ended},
    {"a source without a test counts", a_source_without_test_counts},
    {"a failing test or wrong arguments end it", a_failing_test_or_wrong_arguments_end_it},
};
