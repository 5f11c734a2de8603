// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What ninja does with the build.ninja of a whole little machine: CPU driver, domain on musl,
// image, tests on the host and boot tests, and the summary that they end in. The stave-boot of
// this tree is a few lines; the domain, being static and on Linux' own system calls, runs here.
#include <scratch/scratch_tree.h>
#include <stdio.h>
#include <string.h>
#include <testlib/testlib.h>

static const char stave_boot[] =
    "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
    "int main(int argc, char **argv)\n{\n"
    "    if (argc == 1) {\n        return puts(\"it runs\") < 0;\n    }\n"
    "    if (strcmp(argv[1], \"image\") == 0 && argc == 8) {\n"
    "        FILE *deps = fopen(argv[7], \"w\");\n"
    "        fprintf(deps, \"%s: build/domains/hi\\n\", argv[5]);\n"
    "        return fclose(deps) + fclose(fopen(argv[5], \"w\"));\n"
    "    }\n"
    "    if (strcmp(argv[1], \"differ\") == 0) {\n"
    "        return printf(\"%d\\n\", getpid()) < 0;\n"
    "    }\n"
    "    if (strcmp(argv[1], \"quoted\") == 0) {\n"
    "        return strcmp(argv[2], \"it's $5 and \\\"x\\\"\");\n"
    "    }\n"
    "    if (strcmp(argv[1], \"--platform\") == 0) {\n"
    "        return strcmp(argv[2], argv[3]);\n"
    "    }\n"
    "    return atoi(argv[1]);\n}\n";

static void write_machine(void)
{
    scratch_run("mkdir -p %s/tests/lib && cp tests/lib/run-test tests/lib/check-style "
                "tests/lib/summary %s/tests/lib",
                scratch_root(), scratch_root());
    scratch_write(".clang-format", "DisableFormat: true\n");
    scratch_write("boot/Hakefile.yaml", "parts:\n"
                                        "  - name: stave-boot\n"
                                        "    kind: tool\n"
                                        "    sources: [boot.c]\n"
                                        "  - name: pc\n"
                                        "    kind: image\n"
                                        "    platform: pc.yaml\n");
    scratch_write("boot/boot.c", stave_boot);
    scratch_write("boot/pc.yaml", "modules:\n  - name: hi\n");
    scratch_write("kernel/Hakefile.yaml", "parts:\n"
                                          "  - name: cpudriver\n"
                                          "    kind: cpudriver\n"
                                          "    sources: [kernel.c]\n"
                                          "    linker_script: kernel.ld\n");
    scratch_write("kernel/kernel.c", "#include <limits.h>\n#include <stdint.h>\n"
                                     "void start(void);\nvoid start(void)\n{\n    for (;;) {\n"
                                     "    }\n}\n");
    scratch_write("kernel/kernel.ld",
                  "ENTRY(start)\nSECTIONS { . = 0xffffffff80100000; .text : { *(.text*) } }\n");
    scratch_write("hi/Hakefile.yaml", "parts:\n"
                                      "  - name: crt\n"
                                      "    kind: library\n"
                                      "    targets: [domain]\n"
                                      "    sources: [start.S, go.c]\n"
                                      "  - name: hi\n"
                                      "    kind: domain\n"
                                      "    deps: [crt]\n"
                                      "    sources: [hi.c]\n");
    scratch_write("hi/start.S", ".globl _start\n_start:\n    mov %rsp, %rdi\n    call go\n"
                                ".section .note.GNU-stack,\"\",@progbits\n");
    scratch_write(
        "hi/go.c",
        "int main(int, char **);\n"
        "int __libc_start_main(int (*)(int, char **), int, char **);\n"
        "void go(long *sp);\n"
        "void go(long *sp)\n{\n    __libc_start_main(main, (int)*sp, (char **)(sp + 1));\n"
        "}\n");
    scratch_write("hi/hi.c", "#include <stddef.h>\n#include <stdio.h>\n"
                             "int main(void)\n{\n    return printf(\"hi %.1f\\n\", 1.5) < 0;\n}\n");
}

static void write_tests(const char *boot_tests)
{
    scratch_write("tests/Hakefile.yaml", boot_tests);
    scratch_write("tests/pass.c", "int main(void)\n{\n    return 0;\n}\n");
    scratch_write("tests/leak.c", "#include <stdlib.h>\nvoid *volatile keep;\n"
                                  "int main(void)\n{\n    keep = malloc(9);\n    keep = NULL;\n"
                                  "    return 0;\n}\n");
    CU_ASSERT_EQUAL_FATAL(scratch_run("build/hake --root %s", scratch_root()), 0);
}

static void run_ninja(const char *target, int expected)
{
    int status = scratch_run("ninja -C %s -j2 %s", scratch_root(), target);
    if (status != expected) {
        printf("\nninja %s: status %d\n%s", target, status, scratch_output());
        CU_FAIL("ninja");
    }
}

static bool printed(const char *text)
{
    return strstr(scratch_output(), text) != NULL;
}

static void test_builds(void)
{
    write_machine();
    CU_ASSERT_EQUAL_FATAL(scratch_run("build/hake --root %s", scratch_root()), 0);
    run_ninja("all", 0);
    CU_ASSERT_EQUAL(scratch_run("%s/build/domains/hi", scratch_root()), 0);
    CU_ASSERT_STRING_EQUAL(scratch_output(), "hi 1.5\n");
    scratch_run("readelf -lW %s/build/domains/hi", scratch_root());
    CU_ASSERT(printed("Elf file type is EXEC"));
    CU_ASSERT(printed("LOAD           0x000000 0x0000000000400000"));
    CU_ASSERT_FALSE(printed("INTERP"));
    scratch_run("readelf -hW %s/build/cpudriver.elf", scratch_root());
    CU_ASSERT(printed("0xffffffff80100000"));

    // The image depends on the domains that stave-boot says are in it.
    run_ninja("all", 0);
    CU_ASSERT(printed("no work to do"));
    scratch_write("hi/hi.c", "int main(void)\n{\n    return 4;\n}\n");
    run_ninja("all", 0);
    CU_ASSERT(printed("image build/pc.iso"));

    scratch_write("kernel/kernel.c", "#include <stdio.h>\n");
    run_ninja("build/cpudriver.elf", 1); // it has no C library
    CU_ASSERT(printed("stdio.h: No such file"));
}

static void test_platforms(void)
{
    write_machine();
    scratch_write("tests/own.yaml", "modules: []\n");
    write_tests("platform: own.yaml\n"
                "parts:\n"
                "  - name: default\n    kind: boot_test\n    args: [tests/own.yaml]\n"
                "  - name: other\n    kind: boot_test\n    args: [boot/pc.yaml]\n"
                "    platform: ../boot/pc.yaml\n");
    run_ninja("test", 0);
    CU_ASSERT(printed("2 passed, 0 failed"));
}

static void test_passing(void)
{
    write_machine();
    write_tests("parts:\n"
                "  - name: twins\n    kind: test\n    sources: [pass.c]\n"
                "    sanitizers: [address, thread]\n"
                "  - name: refused\n    kind: boot_test\n    args: ['3']\n    status: 3\n"
                "  - name: quoted\n    kind: boot_test\n"
                "    args: [quoted, \"it's $5 and \\\"x\\\"\"]\n    repeat: 2\n"
                "  - name: long\n    kind: boot_test\n    args: ['1']\n    suite: test-long\n");
    run_ninja("test", 0);
    CU_ASSERT(printed("PASS twins "));
    CU_ASSERT(printed("PASS twins-tsan "));
    CU_ASSERT(printed("PASS refused "));
    CU_ASSERT(printed("\n4 passed, 0 failed\n"));
    run_ninja("test", 0);
    CU_ASSERT_FALSE(printed("PASS"));
    CU_ASSERT(printed("\n4 passed, 0 failed\n"));
    run_ninja("test-long", 1);
    CU_ASSERT(printed("\n0 passed, 1 failed\n"));
}

static void test_failing(void)
{
    write_machine();
    write_tests("parts:\n"
                "  - name: good\n    kind: test\n    sources: [pass.c]\n"
                "  - name: leaks\n    kind: test\n    sources: [leak.c]\n"
                "  - name: dies\n    kind: boot_test\n    args: ['1']\n"
                "  - name: wavers\n    kind: boot_test\n    args: [differ]\n    repeat: 2\n");
    for (int again = 0; again < 2; again++) {
        run_ninja("test", 1);
        CU_ASSERT(printed("LeakSanitizer"));
        CU_ASSERT(printed("FAIL leaks: exit status "));
        CU_ASSERT(printed("FAIL dies: exit status 1, expected 0"));
        CU_ASSERT(printed("FAIL wavers: run 2 printed other bytes"));
        CU_ASSERT(printed("\n1 passed, 3 failed\n"));
    }
    run_ninja("check-good", 0);
    run_ninja("check-dies", 1);
    scratch_write("tests/leak.c", "int main(void)\n{\n    return 0;\n}\n");
    run_ninja("test", 1);
    CU_ASSERT(printed("PASS leaks"));
    CU_ASSERT(printed("\n2 passed, 2 failed\n"));
}

static void test_formatting(void)
{
    write_machine();
    scratch_write(".clang-format", "IndentWidth: 4\n");
    scratch_write("hi/hi.c", "int main(void) {\n  return 0;\n}\n");
    scratch_write("hi/hi.h", "int   hi;\n");
    write_tests("parts:\n  - name: good\n    kind: test\n    sources: [pass.c]\n");
    run_ninja("test", 0); // how it looks fails no test
    run_ninja("format-check", 1);
    CU_ASSERT(printed("hi/hi.c:1:17: error"));
    CU_ASSERT(printed("hi/hi.h:1:4: error"));
    run_ninja("format", 0);
    run_ninja("format-check", 0);
    CU_ASSERT(scratch_contains("hi/hi.c", "int main(void) { return 0; }"));
}

static void test_comments(void)
{
    write_machine();
    scratch_write("hi/hi.c",
                  "// The file.\n\n// A section.\n\n// Why.\n#define HI 1\n"
                  "/// What it is.\nint hi; ///< how many\n\n"
                  "/// What it does.\nint main(void)\n{\n    // Why.\n    return HI;\n}\n");
    write_tests("parts:\n  - name: good\n    kind: test\n    sources: [pass.c]\n");
    run_ninja("format-check", 0);
    scratch_write("hi/hi.c", "// The file.\n\n// What it is,\n// at length.\nint hi;\n\n"
                             "/// Fine.\nint main(void)\n{\n    /// Why.\n    return 1;\n}\n");
    run_ninja("format-check", 1);
    CU_ASSERT(printed("hi/hi.c:3: what describes a declaration begins with ///"));
    CU_ASSERT(printed("hi/hi.c:10: a comment inside a function begins with //"));
}

/// A domain and a test that do not compile keep nobody from running an image without them; one that
/// is put into the image later is built for it.
static void test_runs(void)
{
    write_machine();
    scratch_write("spare/Hakefile.yaml", "parts:\n"
                                         "  - name: spare\n    kind: domain\n    deps: [crt]\n"
                                         "    sources: [spare.c]\n"
                                         "  - name: more\n    kind: image\n"
                                         "    platform: more.yaml\n");
    scratch_write("spare/more.yaml", "modules: [{name: hi}, {name: spare}]\n");
    scratch_write("spare/spare.c", "it does not compile\n");
    CU_ASSERT_EQUAL_FATAL(scratch_run("build/hake --root %s", scratch_root()), 0);
    run_ninja("run", 0);
    CU_ASSERT(printed("it runs"));
    run_ninja("all", 1);
    scratch_write("boot/pc.yaml", "modules:\n  - name: hi\n  - name: spare\n");
    CU_ASSERT_EQUAL(scratch_run("build/hake --root %s", scratch_root()), 0);
    run_ninja("run", 1);
    scratch_write("boot/pc.yaml", "modules: : [not YAML\n");
    CU_ASSERT_EQUAL(scratch_run("build/hake --root %s", scratch_root()), 0);
}

TEST_SUITE("a machine's build", .set_up = scratch_create, .tear_down = scratch_remove) = {
    {"everything is built", test_builds},
    {"platforms of boot tests", test_platforms},
    {"tests that pass", test_passing},
    {"tests that fail", test_failing},
    {"formatting", test_formatting},
    {"comments", test_comments},
    {"running builds what is in the image", test_runs},
};
