// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// hake's key `interfaces`: what is made of an .if file, who may include its headers, and what is
// refused. The trees have a compiler of their own, whose files are a line long.

#include <scratch/scratch_tree.h>
#include <stdio.h>
#include <string.h>
#include <testlib/testlib.h>

static int run_hake(void)
{
    return scratch_run("build/hake --root %s", scratch_root());
}

static int run_ninja(void)
{
    return scratch_run("ninja -C %s -j2 build/bell", scratch_root());
}

static int run_bell(void)
{
    return scratch_run("%s/build/bell", scratch_root());
}

static void expect(int status, int expected, const char *printed)
{
    CU_ASSERT_EQUAL(status, expected);
    if (strcmp(scratch_output(), printed) != 0) {
        printf("\n got: %s want: %s", scratch_output(), printed);
        CU_FAIL("what is printed");
    }
}

/// Reads a number in FOLDER/NAME.if. Both headers have it, and a function of the source returns it.
static const char compiler[] =
    "#include <stdio.h>\n#include <string.h>\n#include <sys/stat.h>\n"
    "static const char *folder;\nstatic char name[64];\nstatic int value;\n"
    "static void make(const char *before, const char *after, const char *text)\n{\n"
    "    char path[256];\n"
    "    snprintf(path, sizeof path, \"%s/%s%s%s\", folder, before, name, after);\n"
    "    FILE *out = fopen(path, \"w\");\n"
    "    fprintf(out, \"#define NAME %s\\n#define VALUE %d\\n%s\\n\", name, value, text);\n"
    "    fclose(out);\n}\n"
    "int main(int argc, char **argv)\n{\n"
    "    if (argc != 5 || strcmp(argv[1], \"compile\") || strcmp(argv[2], \"--folder\"))\n"
    "        return 2;\n"
    "    folder = argv[3];\n"
    "    sscanf(strrchr(argv[4], '/') + 1, \"%63[a-z]\", name);\n"
    "    FILE *in = fopen(argv[4], \"r\");\n"
    "    if (fscanf(in, \"%d\", &value) != 1)\n        return 1;\n"
    "    fclose(in);\n"
    "    char path[256];\n"
    "    snprintf(path, sizeof path, \"%s/if\", folder);\n"
    "    mkdir(folder, 0777);\n    mkdir(path, 0777);\n"
    "    make(\"if/\", \"_defs.h\", \"enum { DEFINED = VALUE };\");\n"
    "    make(\"if/\", \"_rpcclient_defs.h\", \"enum { CALLED = VALUE };\");\n"
    "    make(\"\", \".c\", \"int NAME(void) { return VALUE; }\");\n"
    "    return 0;\n}\n";

/// A library with an interface, and a tool upon it.
static void write_tree(void)
{
    scratch_write("flounder/main.c", compiler);
    scratch_write("flounder/Hakefile.yaml", "parts:\n  - name: flounder\n    kind: tool\n"
                                            "    sources: [main.c]\n");
    scratch_write("post/Hakefile.yaml", "parts:\n  - name: post\n    kind: library\n"
                                        "    targets: [host]\n    sources: [box.c]\n"
                                        "    interfaces: [letters/mail.if]\n");
    scratch_write("post/letters/mail.if", "7\n");
    scratch_write("post/box.c", "#include <if/mail_rpcclient_defs.h>\nint mail(void);\n"
                                "int box(void)\n{\n    return mail() + CALLED;\n}\n");
    scratch_write("bell/Hakefile.yaml", "parts:\n  - name: bell\n    kind: tool\n"
                                        "    deps: [post]\n    sources: [bell.c]\n");
    scratch_write("bell/bell.c", "#include <if/mail_defs.h>\nint box(void);\n"
                                 "int main(void)\n{\n    return box() + DEFINED;\n}\n");
}

static void test_built(void)
{
    write_tree();
    expect(run_hake(), 0, "");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_EQUAL(run_bell(), 7 + 7 + 7);
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "no work to do"));
}

/// A changed .if file, and a changed compiler, make all anew that stands on it.
static void test_rebuilt(void)
{
    write_tree();
    expect(run_hake(), 0, "");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    scratch_write("post/letters/mail.if", "1\n");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_EQUAL(run_bell(), 1 + 1 + 1);
    scratch_run("sed -i 's/DEFINED = VALUE/DEFINED = 9/' %s/flounder/main.c", scratch_root());
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_EQUAL(run_bell(), 1 + 1 + 9);
    scratch_write("post/letters/mail.if", "none\n");
    CU_ASSERT_EQUAL(run_ninja(), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "post/letters/mail.if"));
}

/// Sources are optional then, and a dependency of a dependency has headers too.
static void test_interfaces_alone(void)
{
    write_tree();
    scratch_write("post/Hakefile.yaml", "parts:\n  - name: post\n    kind: library\n"
                                        "    targets: [host]\n    deps: [van]\n"
                                        "    interfaces: [letters/mail.if]\n");
    scratch_write("van/Hakefile.yaml", "parts:\n  - name: van\n    kind: library\n"
                                       "    targets: [host]\n    interfaces: [x.if, y.if]\n");
    scratch_write("van/x.if", "20\n");
    scratch_write("van/y.if", "30\n");
    scratch_write("bell/bell.c", "#include <if/y_defs.h>\nint mail(void), x(void), y(void);\n"
                                 "int main(void)\n{\n"
                                 "    return mail() + x() + y() + DEFINED;\n}\n");
    expect(run_hake(), 0, "");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_EQUAL(run_bell(), 7 + 20 + 30 + 30);
}

/// Two parts may have interfaces of one name; each part sees that of its dependency.
static void test_same_names(void)
{
    write_tree();
    scratch_write("aaa/Hakefile.yaml", "parts:\n  - name: aaa\n    kind: library\n"
                                       "    targets: [host]\n    interfaces: [mail.if]\n");
    scratch_write("aaa/mail.if", "99\n");
    expect(run_hake(), 0, "");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_EQUAL(run_bell(), 7 + 7 + 7);
}

/// Headers of interfaces are refused to parts without the dependency, made already or not.
static void test_refused_include(void)
{
    static const char refusal[] = "bell/bell.c:1:10: error: 'if/mail_defs.h' belongs to part "
                                  "'post', which is not among the deps of 'bell'\n";
    write_tree();
    scratch_write("bell/Hakefile.yaml", "parts:\n  - name: bell\n    kind: tool\n"
                                        "    sources: [bell.c]\n");
    expect(run_hake(), 1, refusal);
    write_tree();
    expect(run_hake(), 0, "");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    scratch_write("bell/Hakefile.yaml", "parts:\n  - name: bell\n    kind: tool\n"
                                        "    sources: [bell.c]\n");
    expect(run_hake(), 1, refusal);
    scratch_write("bell/bell.c", "#include <if/mail_rpcclient_defs.h>\n");
    expect(run_hake(), 1,
           "bell/bell.c:1:10: error: 'if/mail_rpcclient_defs.h' belongs to part 'post', which is "
           "not among the deps of 'bell'\n");
    scratch_write("bell/bell.c", "#include \"if/lost_defs.h\"\n");
    expect(run_hake(), 1, "bell/bell.c:1:10: error: 'if/lost_defs.h' not found\n");
}

/// A Hakefile that is wrong, and what hake must say about it.
static const struct {
    const char *text, *message;
} wrong[] = {
    {"    kind: library\n    targets: [host]\n    interfaces: [lost.if]\n",
     "post/Hakefile.yaml:5:18: error: no such file: post/lost.if\n"},
    {"    kind: library\n    targets: [host]\n    interfaces: [box.c]\n",
     "post/Hakefile.yaml:5:18: error: 'box.c' is no .if file\n"},
    {"    kind: library\n    targets: [host]\n    interfaces: [letters/mail.if, letters/.if]\n",
     "post/Hakefile.yaml:5:35: error: 'letters/.if' is no .if file\n"},
    {"    kind: library\n    targets: [host]\n    interfaces: [../bell/bell.if]\n",
     "post/Hakefile.yaml:5:18: error: '../bell/bell.if' is outside the part's folder\n"},
    {"    kind: library\n    targets: [host]\n    interfaces: [letters/mail.if, letters/mail.if]\n",
     "post/Hakefile.yaml:5:35: error: 'letters/mail.if' is the second interface of its name\n"},
    {"    kind: library\n    targets: [host]\n    interfaces: [letters/mail.if, mail.if]\n",
     "post/Hakefile.yaml:5:35: error: 'mail.if' is the second interface of its name\n"},
    {"    kind: tool\n    sources: [box.c]\n    interfaces: [letters/mail.if]\n",
     "post/Hakefile.yaml:5:5: error: a part of kind tool has no key interfaces; there are: name, "
     "kind, deps, sources, cflags, libs\n"},
    {"    kind: library\n    targets: [host]\n", "post/Hakefile.yaml:2:5: error: missing key: "
                                                 "sources\n"},
};

static void test_wrong(void)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[256];
        write_tree();
        scratch_delete("bell/Hakefile.yaml");
        scratch_delete("bell/bell.c");
        scratch_write("bell/bell.if", "1\n");
        scratch_write("post/mail.if", "1\n");
        scratch_write("post/letters/.if", "1\n");
        scratch_write("post/box.c", "int box;\n");
        snprintf(text, sizeof text, "parts:\n  - name: post\n%s", wrong[i].text);
        scratch_write("post/Hakefile.yaml", text);
        expect(run_hake(), 1, wrong[i].message);
    }
}

/// Without the compiler, or with a part of its name that is none.
static void test_no_compiler(void)
{
    static const char message[] =
        "post/Hakefile.yaml:6:18: error: an interface needs the tool 'flounder'\n";
    write_tree();
    scratch_delete("flounder/Hakefile.yaml");
    expect(run_hake(), 1, message);
    scratch_write("flounder/Hakefile.yaml", "parts:\n  - name: flounder\n    kind: library\n"
                                            "    targets: [host]\n    sources: [main.c]\n");
    expect(run_hake(), 1, message);
}

TEST_SUITE("interfaces", .set_up = scratch_create, .tear_down = scratch_remove) = {
    {"made and found by the part and those upon it", test_built},
    {"made anew when something changes", test_rebuilt},
    {"parts of interfaces alone", test_interfaces_alone},
    {"interfaces of one name in two parts", test_same_names},
    {"headers are refused to others", test_refused_include},
    {"wrong Hakefiles, each with its place", test_wrong},
    {"no compiler", test_no_compiler},
};
