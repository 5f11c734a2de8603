// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// hake on small trees: a good one, every error with its exact place, includes across parts, and
// a tree whose ninja regenerates build.ninja. Runs build/hake from the top of the repository.
#include <scratch/scratch_tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>
#include <unistd.h>

static int run_hake(void)
{
    return scratch_run("build/hake --root %s", scratch_root());
}

/// A tree with a library and a tool that uses it.
static void write_good_tree(void)
{
    scratch_write("ring/Hakefile.yaml", "parts:\n"
                                        "  - name: ring\n"
                                        "    kind: library\n"
                                        "    targets: [domain, host]\n"
                                        "    include: include\n"
                                        "    sources: [ring.c]\n");
    scratch_write("ring/include/ring/ring.h",
                  "#pragma once\nint ring(void);\nextern int ring_count;\n");
    scratch_write("ring/ring_private.h", "#pragma once\n");
    scratch_write("ring/ring.c", "#include <ring/ring.h>\n#include \"ring_private.h\"\n"
                                 "int ring_count = 1;\nint ring(void)\n{\n    return 7;\n}\n");
    scratch_write("bell/Hakefile.yaml", "parts:\n"
                                        "  - name: bell\n"
                                        "    kind: tool\n"
                                        "    deps: [ring]\n"
                                        "    sources: [bell.c]\n"
                                        "  - name: clapper\n"
                                        "    kind: plugin\n"
                                        "    deps: [ring]\n"
                                        "    sources: [clapper.c]\n");
    // A plug-in may refer to data of its library, which only position-independent code can.
    scratch_write("bell/clapper.c", "#include <ring/ring.h>\n"
                                    "__attribute__((visibility(\"default\"))) int clap(void)\n"
                                    "{\n    return ring() + ring_count;\n}\n");
    scratch_write("bell/bell.c", "#include <ring/ring.h>\n#include <stdio.h>\n"
                                 "int main(void)\n{\n    return ring();\n}\n");
}

static void test_good_tree(void)
{
    write_good_tree();
    CU_ASSERT_EQUAL(run_hake(), 0);
    CU_ASSERT_STRING_EQUAL(scratch_output(), "");
    CU_ASSERT_EQUAL(scratch_run("ninja -C %s -j2", scratch_root()), 0);
    CU_ASSERT_EQUAL(scratch_run("%s/build/bell", scratch_root()), 7);
    CU_ASSERT(scratch_contains("build.ninja", "build build/lib/domain/libring.a: archive"));
    CU_ASSERT(scratch_contains("build.ninja", "build build/lib/host-asan/libring.a: archive"));
    CU_ASSERT_EQUAL(scratch_run("nm -D --defined-only %s/build/clapper.so", scratch_root()), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), " T clap\n"));
    CU_ASSERT_PTR_NULL(strstr(scratch_output(), "ring")); // a plug-in shows only what it means to
    CU_ASSERT_FALSE(scratch_contains("build.ninja", "build build/lib/cpudriver"));
    CU_ASSERT_FALSE(scratch_contains("build.ninja", scratch_root()));
}

/// Options of one part reach its own sources, and no others.
static void test_cflags(void)
{
    write_good_tree();
    scratch_write("bell/bell.c", "#include <ring/ring.h>\nint unused(void);\n"
                                 "int main(void)\n{\n    int loose;\n    return LOUD;\n}\n");
    CU_ASSERT_EQUAL(run_hake(), 0);
    CU_ASSERT_EQUAL(scratch_run("ninja -C %s build/bell", scratch_root()), 1);
    scratch_write("bell/Hakefile.yaml", "parts:\n"
                                        "  - name: bell\n"
                                        "    kind: tool\n"
                                        "    deps: [ring]\n"
                                        "    sources: [bell.c]\n"
                                        "    cflags: [-Wno-unused-variable, -DLOUD=9]\n");
    CU_ASSERT_EQUAL(run_hake(), 0);
    CU_ASSERT_EQUAL(scratch_run("ninja -C %s build/bell", scratch_root()), 0);
    CU_ASSERT_EQUAL(scratch_run("%s/build/bell", scratch_root()), 9);
    CU_ASSERT_EQUAL(scratch_run("grep -c DLOUD %s/build.ninja", scratch_root()), 0);
    CU_ASSERT_STRING_EQUAL(scratch_output(), "1\n");
}

/// Headers may need a library that a target lacks: there it is not linked.
static void test_lacking_target(void)
{
    write_good_tree();
    scratch_write("desk/include/desk.h", "#pragma once\n");
    scratch_write("desk/lamp.c", "int ring(void)\n{\n    return 1;\n}\n");
    scratch_write("desk/Hakefile.yaml", "parts:\n"
                                        "  - name: lamp\n"
                                        "    kind: library\n"
                                        "    targets: [cpudriver]\n"
                                        "    sources: [lamp.c]\n"
                                        "  - name: desk\n"
                                        "    kind: headers\n"
                                        "    deps: [lamp]\n"
                                        "    include: include\n");
    scratch_write("bell/Hakefile.yaml", "parts:\n"
                                        "  - name: bell\n"
                                        "    kind: tool\n"
                                        "    deps: [desk, ring]\n"
                                        "    sources: [bell.c]\n"
                                        "  - name: chair\n"
                                        "    kind: library\n"
                                        "    targets: [cpudriver, host]\n"
                                        "    deps: [desk]\n"
                                        "    sources: [clapper.c]\n");
    scratch_write("bell/clapper.c", "#include <desk.h>\nint clap = 1;\n");
    CU_ASSERT_EQUAL(run_hake(), 0);
    CU_ASSERT(scratch_contains("build.ninja",
                               "with/cpudriver/chair: phony "
                               "build/lib/cpudriver/libchair.a with/cpudriver/lamp"));
    CU_ASSERT_FALSE(scratch_contains("build.ninja", "with/host/lamp"));
    CU_ASSERT_EQUAL(scratch_run("ninja -C %s -j2", scratch_root()), 0);
    CU_ASSERT_EQUAL(scratch_run("%s/build/bell", scratch_root()), 7);
}

static void test_deterministic(void)
{
    write_good_tree();
    CU_ASSERT_EQUAL(run_hake(), 0);
    scratch_run("cp %s/build.ninja %s/first; touch -d @1000 %s/build.ninja", scratch_root(),
                scratch_root(), scratch_root());
    CU_ASSERT_EQUAL(run_hake(), 0);
    CU_ASSERT_EQUAL(scratch_run("cmp %s/build.ninja %s/first", scratch_root(), scratch_root()), 0);
    scratch_run("stat -c %%Y %s/build.ninja", scratch_root());
    CU_ASSERT_STRING_EQUAL(scratch_output(), "1000\n"); // unchanged content is not written
}

static void test_arguments(void)
{
    CU_ASSERT_EQUAL(scratch_run("build/hake --help"), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "usage: build/hake"));
    CU_ASSERT_EQUAL(scratch_run("build/hake --nonsense"), 2);
    CU_ASSERT_EQUAL(scratch_run("build/hake surplus"), 2);
    CU_ASSERT_EQUAL(scratch_run("build/hake --root %s/missing", scratch_root()), 1);
}

/// Hakefiles that are wrong, and what hake must say about them. a.c exists.
static const struct {
    const char *text, *message;
} wrong[] = {
    {"", "Hakefile.yaml:1:1: error: no parts\n"},
    {"parts: [\n", "Hakefile.yaml:2:1: error: did not find expected node content\n"},
    {"part: []\n", "Hakefile.yaml:1:1: error: Unexpected key: part; there are: parts, platform\n"},
    {"platform: pc.yaml\nparts:\n  - name: a\n    kind: tool\n    sources: [a.c]\n",
     "Hakefile.yaml:1:11: error: no such file: pc.yaml\n"},
    {"platform: a.c\nparts:\n  - name: a\n    kind: tool\n    sources: [b.c]\n",
     "Hakefile.yaml:5:15: error: no such file: b.c\n"},
    {"parts:\n  - name: a\n    kind: boot_test\n    args: [x]\n    platform: ../pc.yaml\n",
     "Hakefile.yaml:5:15: error: '../pc.yaml' is outside the part's folder\n"
     "Hakefile.yaml:2:5: error: a part of kind boot_test needs the tool 'stave-boot'\n"},
    {"parts:\n  - name: a\n    kind: tool\n    colour: red\n    sources: [a.c]\n",
     "Hakefile.yaml:4:5: error: Unexpected key: colour; there are: name, kind, targets, deps, "
     "include, sources, cflags, linker_script, libs, sanitizers, suite, args, status, repeat, "
     "platform, data, includes_private, interfaces\n"},
    {"parts:\n  - name: a\n    kind: tol\n    sources: [a.c]\n",
     "Hakefile.yaml:3:11: error: Invalid ENUM value: tol; there are: headers, library, cpudriver, "
     "domain, tool, plugin, test, boot_test, image\n"},
    {"parts:\n  - name: a\n    kind: library\n    targets: [host, hots]\n    sources: [a.c]\n",
     "Hakefile.yaml:4:21: error: Unknown flag: hots; there are: cpudriver, domain, host\n"},
    {"parts:\n  - name: a\n    kind: tool\n    deps: ring\n    sources: [a.c]\n",
     "Hakefile.yaml:4:11: error: Expecting SEQUENCE, got event: SCALAR\n"},
    {"parts:\n  - name: a\n    kind: tool\n    kind: tool\n    sources: [a.c]\n",
     "Hakefile.yaml:4:5: error: Mapping field already seen: kind\n"},
    {"parts:\n  - kind: tool\n    sources: [a.c]\n",
     "Hakefile.yaml:2:5: error: missing key: name\n"},
    {"parts:\n  - name: a\n    kind: tool\n", "Hakefile.yaml:2:5: error: missing key: sources\n"},
    {"parts:\n  - name: a\n    sources: [a.c]\n", "Hakefile.yaml:2:5: error: missing key: kind\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c]\n    targets: [host]\n",
     "Hakefile.yaml:5:5: error: a part of kind tool has no key targets; there are: name, kind, "
     "deps, "
     "sources, cflags, libs\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c]\n    cflags: [-O0, -I..]\n",
     "Hakefile.yaml:5:19: error: '-I..' is not one option like -Wno-unused, -DX=1, -O0, "
     "-fno-inline, -msse4 or -std=c99\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c]\n    cflags: [\"-O0 -I..\"]\n",
     "Hakefile.yaml:5:14: error: '-O0 -I..' is not one option like -Wno-unused, -DX=1, -O0, "
     "-fno-inline, -msse4 or -std=c99\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c]\n    cflags: ['-Wl,x']\n",
     "Hakefile.yaml:5:14: error: '-Wl,x' is not one option like -Wno-unused, -DX=1, -O0, "
     "-fno-inline, -msse4 or -std=c99\n"},
    {"parts:\n  - name: a\n    kind: headers\n    include: .\n    cflags: [-O0]\n",
     "Hakefile.yaml:5:5: error: a part of kind headers has no key cflags; there are: name, kind, "
     "deps, include\n"},
    {"parts:\n  - name: a b\n    kind: tool\n    sources: [a.c]\n",
     "Hakefile.yaml:2:11: error: name 'a b' has other characters than a-z 0-9 _ -\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c, b.c]\n",
     "Hakefile.yaml:4:20: error: no such file: b.c\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [../a.c]\n",
     "Hakefile.yaml:4:15: error: '../a.c' is outside the part's folder\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.o]\n",
     "Hakefile.yaml:4:15: error: 'a.o' is neither .c nor .S\n"},
    {"parts:\n  - name: a\n    kind: headers\n    include: inc\n",
     "Hakefile.yaml:4:14: error: no such folder: inc\n"},
    {"parts:\n  - name: a\n    kind: cpudriver\n    sources: [a.c]\n    linker_script: k.ld\n",
     "Hakefile.yaml:5:20: error: no such file: k.ld\n"},
    {"parts:\n  - name: a\n    kind: test\n    sources: [a.c]\n    includes_private: [x]\n",
     "Hakefile.yaml:5:24: error: no such folder: x\n"},
    {"parts:\n  - name: a\n    kind: test\n    sources: [a.c]\n    data: [x]\n",
     "Hakefile.yaml:5:12: error: no such file: x\n"},
    {"parts:\n  - name: a\n    kind: test\n    sources: [a.c]\n    args: [x, \"y\\nz\"]\n",
     "Hakefile.yaml:5:15: error: an argument is one line\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: ['$a.c']\n",
     "Hakefile.yaml:4:15: error: '$a.c' has a character that ninja or the shell reads\n"},
    {"words\n", "Hakefile.yaml:1:1: error: Expecting MAPPING, got event: SCALAR\n"},
    {"parts:\n  - words\n", "Hakefile.yaml:2:5: error: Expecting MAPPING, got event: SCALAR\n"},
    {"parts:\n  - [name]: a\n", "Hakefile.yaml:2:5: error: a Hakefile cannot have this here\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c, [b.c]]\n",
     "Hakefile.yaml:4:20: error: Expecting STRING, got event: SEQUENCE_START\n"},
    {"parts:\n  - name: lib\n    kind: tool\n    sources: [a.c]\n",
     "Hakefile.yaml:2:11: error: build/lib is a folder\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c, a.c]\n",
     "Hakefile.yaml:4:20: error: 'a.c' stands here twice\n"},
    {"parts:\n  - name: a\n    kind: boot_test\n    args: [x]\n",
     "Hakefile.yaml:2:5: error: a part of kind boot_test needs the tool 'stave-boot'\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c]\n"
     "  - name: a\n    kind: tool\n    sources: [a.c]\n",
     "Hakefile.yaml:5:11: error: duplicate part 'a', first at Hakefile.yaml:2\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c]\n    deps: [b]\n",
     "Hakefile.yaml:5:12: error: unknown part: b\n"},
    {"parts:\n  - name: a\n    kind: tool\n    sources: [a.c]\n"
     "  - name: b\n    kind: tool\n    sources: [a.c]\n    deps: [a]\n",
     "Hakefile.yaml:8:12: error: 'a' is a tool: a tool cannot depend on it\n"},
    {"parts:\n  - name: a\n    kind: plugin\n    sources: [a.c]\n"
     "  - name: b\n    kind: tool\n    sources: [a.c]\n    deps: [a]\n",
     "Hakefile.yaml:8:12: error: 'a' is a plugin: a tool cannot depend on it\n"},
    {"parts:\n  - name: a\n    kind: plugin\n    sources: [a.c]\n    linker_script: a.c\n",
     "Hakefile.yaml:5:5: error: a part of kind plugin has no key linker_script; there are: name, "
     "kind, "
     "deps, sources, cflags, libs\n"},
    {"parts:\n  - name: a\n    kind: library\n    targets: [host]\n    sources: [a.c]\n"
     "  - name: b\n    kind: domain\n    sources: [a.c]\n    deps: [a]\n",
     "Hakefile.yaml:9:12: error: library 'a' lacks target domain, which 'b' needs\n"},
    {"parts:\n  - name: a\n    kind: library\n    targets: [host]\n    sources: [a.c]\n"
     "  - name: b\n    kind: library\n    targets: [host, cpudriver]\n    sources: [a.c]\n"
     "    deps: [a]\n",
     "Hakefile.yaml:10:12: error: library 'a' lacks target cpudriver, which 'b' needs\n"},
    {"parts:\n  - name: a\n    kind: library\n    targets: [host]\n    sources: [a.c]\n"
     "    deps: [b]\n"
     "  - name: b\n    kind: library\n    targets: [host]\n    sources: [a.c]\n    deps: [a]\n",
     "Hakefile.yaml:11:12: error: dependency cycle: 'b' needs 'a', which needs it in turn\n"},
    {"parts:\n  - name: a\n    kind: library\n    targets: [host]\n    sources: [a.c]\n"
     "    deps: [a]\n",
     "Hakefile.yaml:6:12: error: dependency cycle: 'a' needs 'a'\n"},
};

static void test_wrong_hakefiles(void)
{
    scratch_write("a.c", "int a;\n");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        scratch_write("Hakefile.yaml", wrong[i].text);
        int status = run_hake();
        if (status != 1 || strcmp(scratch_output(), wrong[i].message) != 0) {
            printf("\ncase %zu: status %d\n got: %s want: %s", i, status, scratch_output(),
                   wrong[i].message);
            CU_FAIL("wrong Hakefile");
        }
    }
    CU_ASSERT_EQUAL(access("build.ninja", F_OK), 0); // the repository's own, where tests run
    CU_ASSERT_FALSE(scratch_contains("build.ninja", "rule")); // nothing was written
}

/// One line put into one file of the good tree, and what hake must say.
static const struct {
    const char *path, *text, *message;
} includes[] = {
    {"bell/bell.c", "#include <ring/ring.h>\n#include \"../ring/ring_private.h\"\n",
     "bell/bell.c:2:10: error: 'ring/ring_private.h' is private to ring/Hakefile.yaml\n"},
    {"bell/bell.c", "#include \"../loose.h\"\n",
     "bell/bell.c:1:10: error: 'loose.h' is in no part's folder\n"},
    {"bell/bell.c", "#include \"lost.h\"\n", "bell/bell.c:1:10: error: 'lost.h' not found\n"},
    {"bell/bell.c", "#include <stdio.h>\n#include <sys/types.h>\n", ""},
    {"bell/bell.c", "  #  include <hall/hall.h>\n",
     "bell/bell.c:1:14: error: 'hall/hall.h' belongs to part 'hall', which is not among the deps "
     "of "
     "'bell'\n"},
    {"bell/bell.c", "#include \"hall/hall.h\"\n",
     "bell/bell.c:1:10: error: 'hall/hall.h' belongs to part 'hall', which is not among the deps "
     "of "
     "'bell'\n"},
    {"bell/unlisted.h", "\n\n#include <hall/hall.h>\n",
     "bell/unlisted.h:3:10: error: 'hall/hall.h' belongs to part 'hall', which is not among the "
     "deps of 'bell'\n"},
    {"ring/include/ring/ring.h", "#include <hall/hall.h>\n",
     "ring/include/ring/ring.h:1:10: error: 'hall/hall.h' belongs to part 'hall', which is not "
     "among the deps of 'ring'\n"},
};

static void test_includes(void)
{
    for (size_t i = 0; i < sizeof includes / sizeof *includes; i++) {
        write_good_tree();
        scratch_write("hall/Hakefile.yaml", "parts:\n  - name: hall\n    kind: headers\n"
                                            "    include: include\n");
        scratch_write("hall/include/hall/hall.h", "#pragma once\n");
        scratch_write("bell/unlisted.h", "");
        scratch_write("loose.h", "");
        scratch_write(includes[i].path, includes[i].text);
        int status = run_hake();
        if (status != (*includes[i].message != '\0') ||
            strcmp(scratch_output(), includes[i].message) != 0) {
            printf("\ncase %zu: status %d\n got: %s want: %s", i, status, scratch_output(),
                   includes[i].message);
            CU_FAIL("include");
        }
    }
}

/// Dependencies count through others, and a test may look into folders that it names.
static void test_includes_allowed(void)
{
    write_good_tree();
    scratch_write("tower/Hakefile.yaml", "parts:\n"
                                         "  - name: tower\n    kind: library\n    targets: [host]\n"
                                         "    deps: [ring]\n    sources: [tower.c]\n"
                                         "  - name: unit-tower\n    kind: test\n"
                                         "    deps: [tower]\n    sources: [test.c]\n"
                                         "    includes_private: [../ring]\n");
    scratch_write("tower/tower.c", "#include <ring/ring.h>\n");
    scratch_write("tower/test.c", "#include <ring/ring.h>\n#include \"ring_private.h\"\n");
    CU_ASSERT_EQUAL(run_hake(), 0);
    CU_ASSERT_STRING_EQUAL(scratch_output(), "");
    scratch_write("tower/tower.c", "#include \"../ring/ring_private.h\"\n");
    CU_ASSERT_EQUAL(run_hake(), 1);
}

/// Folders of one Hakefile are private to the parts that have sources there, and to those above.
static void test_includes_of_rooms(void)
{
    static const struct {
        const char *path, *text, *message;
    } cases[] = {
        {"house/up/up.c", "#include \"down/down.h\"\n#include \"shared/shared.h\"\n", ""},
        {"house/down/down.c", "#include \"down.h\"\n#include \"up/up.h\"\n",
         "house/down/down.c:2:10: error: 'house/up/up.h' belongs to part 'up', which is not among "
         "the "
         "deps of 'down'\n"},
        {"house/down/down.h", "#include \"up/up.h\"\n",
         "house/down/down.h:1:10: error: 'house/up/up.h' belongs to part 'up', which is not among "
         "the "
         "deps of 'down'\n"},
        {"house/up/up.h", "#include \"down/down.h\"\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_good_tree();
        scratch_write("house/Hakefile.yaml",
                      "parts:\n  - name: up\n    kind: library\n    targets: [host]\n"
                      "    deps: [down]\n    sources: [up/up.c]\n"
                      "  - name: down\n    kind: library\n    targets: [host]\n"
                      "    sources: [down/down.c]\n");
        scratch_write("house/up/up.c", "");
        scratch_write("house/up/up.h", "");
        scratch_write("house/down/down.c", "");
        scratch_write("house/down/down.h", "");
        scratch_write("house/shared/shared.h", "");
        scratch_write(cases[i].path, cases[i].text);
        CU_ASSERT_EQUAL(run_hake(), *cases[i].message != '\0');
        CU_ASSERT_STRING_EQUAL(scratch_output(), cases[i].message);
    }
}

/// In this tree the part `hake` is a program that becomes the hake under test, so that ninja's
/// own regeneration can be watched without compiling hake again.
static void write_self_building_tree(void)
{
    char program[4500], path[4096];
    write_good_tree();
    CU_ASSERT_PTR_NOT_NULL_FATAL(realpath("build/hake", path));
    snprintf(program, sizeof program,
             "#include <unistd.h>\nint main(int argc, char **argv)\n"
             "{\n    return execv(\"%s\", argv) + argc;\n}\n",
             path);
    scratch_write("tools/hake/main.c", program);
    scratch_write("tools/hake/Hakefile.yaml", "parts:\n  - name: hake\n    kind: tool\n"
                                              "    sources: [main.c]\n");
}

static int run_ninja(void)
{
    return scratch_run("ninja -C %s -j2 build/bell", scratch_root());
}

static void test_regenerates(void)
{
    write_self_building_tree();
    CU_ASSERT_EQUAL_FATAL(run_hake(), 0);
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_EQUAL(scratch_run("%s/build/bell", scratch_root()), 7);
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "no work to do"));

    scratch_write("hall/Hakefile.yaml", "parts:\n  - name: hall\n    kind: tool\n"
                                        "    sources: [hall.c]\n");
    scratch_write("hall/hall.c", "int main(void)\n{\n    return 0;\n}\n");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT(scratch_contains("build.ninja", "build build/hall: link-host"));
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "no work to do"));

    scratch_delete("hall/Hakefile.yaml");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_FALSE(scratch_contains("build.ninja", "build build/hall"));
}

static void test_regeneration_refuses(void)
{
    write_self_building_tree();
    CU_ASSERT_EQUAL_FATAL(run_hake(), 0);
    CU_ASSERT_EQUAL(run_ninja(), 0);
    scratch_write("bell/bell.c", "#include \"../ring/ring_private.h\"\nint main(void) {}\n");
    CU_ASSERT_NOT_EQUAL(run_ninja(), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "bell/bell.c:1:10: error: "));
    scratch_write("bell/bell.c", "int main(void)\n{\n    return 3;\n}\n");
    CU_ASSERT_EQUAL(run_ninja(), 0);
    CU_ASSERT_EQUAL(scratch_run("%s/build/bell", scratch_root()), 3);
    scratch_write("ring/include/ring/ring.h", "#pragma once\nint ring(int);\n");
    scratch_write("bell/bell.c", "#include <ring/ring.h>\nint main(void)\n{\n    return 3;\n}\n");
    CU_ASSERT_NOT_EQUAL(run_ninja(), 0); // ring.c sees its changed header
}

TEST_SUITE("hake", .set_up = scratch_create, .tear_down = scratch_remove) = {
    {"a good tree is accepted", test_good_tree},
    {"options of one part", test_cflags},
    {"a library that a target lacks", test_lacking_target},
    {"the output depends on the tree alone", test_deterministic},
    {"arguments", test_arguments},
    {"wrong Hakefiles, each with its place", test_wrong_hakefiles},
    {"includes that cross parts", test_includes},
    {"includes that are allowed", test_includes_allowed},
    {"folders of one Hakefile have a direction", test_includes_of_rooms},
    {"ninja regenerates when parts come and go", test_regenerates},
    {"ninja refuses a new wrong include", test_regeneration_refuses},
};
