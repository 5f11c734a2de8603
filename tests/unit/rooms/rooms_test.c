// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// rooms on a small tree that hake and ninja have built. The tree is right at first; each case
// writes one thing anew that makes it wrong, or that looks wrong and is not. Runs build/hake and
// build/rooms from the top of the repository.
#include <stdio.h>
#include <string.h>
#include <testlib/testlib.h>

#include <scratch/scratch_tree.h>

/// cellar below hall, both below the program; attic is a folder within hall.
static void write_good_tree(void)
{
    scratch_write("house/cellar/Hakefile.yaml", "parts:\n"
                                                "  - name: cellar\n"
                                                "    kind: library\n"
                                                "    targets: [domain]\n"
                                                "    include: include\n"
                                                "    sources: [dig.c, fill.c]\n");
    scratch_write("house/cellar/include/cellar/cellar.h",
                  "#pragma once\nint dig(int), fill(int);\nextern int depth;\n");
    scratch_write("house/cellar/dig.c", "#include <cellar/cellar.h>\nint depth;\n"
                                        "int dig(int x)\n{\n    return x + fill(x);\n}\n");
    scratch_write("house/cellar/fill.c", "#include <cellar/cellar.h>\n"
                                         "int fill(int x)\n{\n    return x * 3;\n}\n");
    scratch_write("house/hall/Hakefile.yaml",
                  "parts:\n"
                  "  - name: hall\n"
                  "    kind: library\n"
                  "    targets: [domain]\n"
                  "    deps: [cellar]\n"
                  "    sources: [hall.c, attic/attic.c, arch/x86_64/door.S]\n");
    scratch_write("house/hall/hall.c", "#include <cellar/cellar.h>\nint attic(int), door(int);\n"
                                       "int hall(int x)\n{\n"
                                       "    return dig(x) + attic(x) + door(x);\n}\n");
    scratch_write("house/hall/attic/attic.c", "#include <cellar/cellar.h>\n"
                                              "int attic(int x)\n{\n    return x + depth;\n}\n");
    scratch_write("house/hall/arch/x86_64/door.S", ".text\n.globl door\ndoor:\n    ret\n");
    scratch_write("house/main/Hakefile.yaml", "parts:\n"
                                              "  - name: front\n"
                                              "    kind: domain\n"
                                              "    deps: [hall]\n"
                                              "    sources: [main.c]\n");
    scratch_write("house/main/main.c", "int hall(int);\n"
                                       "int main(void)\n{\n    return hall(1);\n}\n"
                                       "int knock(void)\n{\n    return 1;\n}\n"
                                       "void __assert_fail(const char *what, const char *file, "
                                       "int line, const char *function)\n{\n    for (;;)\n"
                                       "        line += *what + *file + *function;\n}\n");
}

/// Hakes and compiles: objects are enough, the program needs no start.
static void build(void)
{
    int status = scratch_run("build/hake --root %s", scratch_root());
    CU_ASSERT_EQUAL(status, 0);
    status = scratch_run("cd %s && ninja $(grep -o 'build/obj/domain[^ :]*\\.o' build.ninja | "
                         "sort -u)",
                         scratch_root());
    CU_ASSERT_EQUAL(status, 0);
    if (status != 0)
        printf("%s\n", scratch_output());
}

static int run_rooms(const char *options)
{
    build();
    return scratch_run("build/rooms --root %s %s house", scratch_root(), options);
}

static void check(int status, int expected, const char *message)
{
    CU_ASSERT_EQUAL(status, expected);
    if (strstr(scratch_output(), message) == NULL) {
        printf("\nexpected: %s\nprinted:  %s", message, scratch_output());
        CU_FAIL("message");
    }
}

static void test_good_tree(void)
{
    write_good_tree();
    check(run_rooms("--names"), 0, "\n0 faults\n");
    // From hall: dig; from attic: the variable; door is in hall's own room.
    static const char *const rows[] = {
        "house/hall                       house/cellar                           1         1",
        "house/hall/attic                 house/cellar                           1         1",
        "house/hall                       house/hall/attic                       1         0",
        "house/hall/attic/attic.c -> house/cellar/dig.c: depth\n",
        "house/main/main.c -> house/hall/hall.c: hall\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(0, 0, rows[i]);
    CU_ASSERT_PTR_NULL(strstr(scratch_output(), "house/hall/arch"));
}

/// What one file, written anew, makes of the tree.
static const struct {
    const char *path, *text;
    int status;
    const char *message;
} cases[] = {
    // Two files in a circle want a reason, which stands in the opening comment and says something.
    {"house/cellar/fill.c",
     "#include <cellar/cellar.h>\nint fill(int x)\n{\n    return x ? dig(x) : 0;\n}\n", 1,
     "R3: a circle of 2 files in house/cellar, none of which says `// Circle: why`:\n"
     "    house/cellar/dig.c house/cellar/fill.c\n1 faults\n"},
    {"house/cellar/fill.c",
     "// Fills.\n// Circle: digging fills.\n#include <cellar/cellar.h>\n"
     "int fill(int x)\n{\n    return x ? dig(x) : 0;\n}\n",
     0, "\n0 faults\n"},
    {"house/cellar/fill.c",
     "// Fills.\n// Circle: \n#include <cellar/cellar.h>\n"
     "int fill(int x)\n{\n    return x ? dig(x) : 0;\n}\n",
     1, "R3: a circle of 2 files"},
    {"house/cellar/fill.c",
     "#include <cellar/cellar.h>\n// Circle: too late.\n"
     "int fill(int x)\n{\n    return x ? dig(x) : 0;\n}\n",
     1, "R3: a circle of 2 files"},
    // A tail call is a jump.
    {"house/cellar/fill.c",
     "#include <cellar/cellar.h>\nint fill(int x)\n{\n    return dig(x + 1);\n}\n", 1,
     "R3: a circle of 2 files"},
    // The address of a function is no call, in code or in a table; a variable is needed by any use.
    {"house/cellar/fill.c",
     "#include <cellar/cellar.h>\nint fill(int x)\n{\n    return ((long)(void *)dig & x) != "
     "0;\n}\n",
     0, "\n0 faults\n"},
    {"house/cellar/fill.c",
     "#include <cellar/cellar.h>\nint (*const table[])(int) = {dig};\n"
     "int fill(int x)\n{\n    return x;\n}\n",
     0, "\n0 faults\n"},
    {"house/cellar/fill.c",
     "#include <cellar/cellar.h>\nint fill(int x)\n{\n    return ((long)&depth & x) != 0;\n}\n", 1,
     "R3: a circle of 2 files"},
    // From a folder back to the one that holds it.
    {"house/hall/attic/attic.c",
     "int hall(int);\nint attic(int x)\n{\n    return hall(x - 1);\n}\n", 1,
     "R1: rooms in a circle:\n    house/hall\n    house/hall/attic\n"
     "R2: a circle of 2 files in 2 rooms:\n    house/hall/hall.c house/hall/attic/attic.c\n"
     "2 faults\n"},
    // Rooms in a circle, and files not.
    {"house/hall/arch/x86_64/door.S", ".text\n.globl door, ring\ndoor:\n    ret\nring:\n    ret\n",
     0, "\n0 faults\n"},
    {"house/hall/attic/attic.c", "int door(int);\nint attic(int x)\n{\n    return door(x);\n}\n", 1,
     "R1: rooms in a circle:\n    house/hall\n    house/hall/attic\n1 faults\n"},
    // The assembler's labels among instructions are functions too.
    {"house/hall/arch/x86_64/door.S", ".text\n.globl door\ndoor:\n    mov $hall, %eax\n    ret\n",
     0, "\n0 faults\n"},
    {"house/hall/arch/x86_64/door.S", ".text\n.globl door\ndoor:\n    jmp hall\n", 1,
     "R3: a circle of 2 files in house/hall, none of which says `// Circle: why`:\n"
     "    house/hall/hall.c house/hall/arch/x86_64/door.S\n1 faults\n"},
    {"house/hall/hall.c",
     "int door(int), attic(int);\nint hall(int x)\n{\n    return ((long)(void *)door & x) + "
     "attic(x);\n}\n",
     0, "\n0 faults\n"},
    // Against the order: into a library, and into the only program that has this one.
    {"house/cellar/fill.c",
     "#include <cellar/cellar.h>\nint attic(int);\n"
     "int fill(int x)\n{\n    return attic(x + 1);\n}\n",
     1,
     "R4: against the order: house/cellar/fill.c uses attic of house/hall/attic/attic.c, and "
     "'hall' is not among the deps of 'cellar'\n"},
    {"house/hall/hall.c", "int knock(void);\nint hall(int x)\n{\n    return x + knock();\n}\n", 1,
     "R4: against the order: house/hall/hall.c uses knock of house/main/main.c, and 'front' is not "
     "among the deps of 'hall'\n"},
    // An assertion is against no order, also where the tree has what it calls.
    {"house/cellar/fill.c",
     "#include <assert.h>\n#include <cellar/cellar.h>\n"
     "int fill(int x)\n{\n    assert(x != 1);\n    return x;\n}\n",
     0, "\n0 faults\n"},
    // A part's own definition comes before another's, as the linker has it.
    {"house/hall/attic/attic.c",
     "int fill(int x)\n{\n    return x;\n}\nint attic(int x)\n{\n    return x;\n}\n", 0,
     "\n0 faults\n"},
};

static void test_cases(void)
{
    write_good_tree();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = cases[i].path;
        CU_ASSERT_EQUAL(scratch_run("cd %s && cp %s good", scratch_root(), path), 0);
        scratch_write(path, cases[i].text);
        check(run_rooms(""), cases[i].status, cases[i].message);
        CU_ASSERT_EQUAL(scratch_run("build/rooms --root %s --measure house", scratch_root()), 0);
        CU_ASSERT_EQUAL(scratch_run("cd %s && cp good %s", scratch_root(), path), 0);
    }
}

/// n files that call one another in turn; all say why.
static void write_ring(unsigned n)
{
    char sources[128] = "", text[256];
    for (unsigned i = 0; i < n; i++) {
        snprintf(text, sizeof text,
                 "// Circle: for the test.\nint f%u(int);\nint f%u(int x)\n{\n"
                 "    return x ? f%u(x - 1) + 1 : 0;\n}\n",
                 (i + 1) % n, i, (i + 1) % n);
        char path[64];
        snprintf(path, sizeof path, "house/ring/f%u.c", i);
        scratch_write(path, text);
        snprintf(sources + strlen(sources), sizeof sources - strlen(sources), "%sf%u.c",
                 i != 0 ? ", " : "", i);
    }
    snprintf(text, sizeof text,
             "parts:\n  - name: ring\n    kind: library\n    targets: [domain]\n"
             "    sources: [%s]\n",
             sources);
    scratch_write("house/ring/Hakefile.yaml", text);
}

static void test_sizes(void)
{
    write_ring(5);
    check(run_rooms(""), 0, "\n0 faults\n");
    write_ring(6);
    check(run_rooms(""), 1,
          "R3: a circle of 6 files in house/ring:\n    house/ring/f0.c house/ring/f1.c "
          "house/ring/f2.c house/ring/f3.c house/ring/f4.c house/ring/f5.c\n1 faults\n");
}

/// An upward call by #include is hake's to refuse; rooms does not go on then.
static void test_include(void)
{
    write_good_tree();
    CU_ASSERT_EQUAL(run_rooms(""), 0);
    scratch_write("house/cellar/fill.c", "#include \"../hall/hall.c\"\n");
    CU_ASSERT_EQUAL(scratch_run("build/rooms --root %s house", scratch_root()), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "house/cellar/fill.c:1:10: error: "));
}

/// Headers make rooms needed, in a circle too, and are found as the compiler finds them.
static void test_headers(void)
{
    write_good_tree();
    scratch_write("house/hall/walls.h", "#pragma once\n");
    scratch_write("house/hall/attic/roof.h", "#pragma once\n#include \"walls.h\"\n");
    check(run_rooms("--all"), 1,
          "house/hall/attic                 house/hall                             0         1");
    check(0, 0, "R1: rooms in a circle:\n    house/hall\n    house/hall/attic\n1 faults\n");
}

/// Broken and missing objects end it with a message.
static void test_objects(void)
{
    static const char object[] = "build/obj/domain/cellar/house/cellar/fill.c.o";
    write_good_tree();
    CU_ASSERT_EQUAL(run_rooms(""), 0);
    for (unsigned size = 1; size < 1400; size += 200) {
        scratch_run("cd %s && cp %s whole && head -c %u whole >%s", scratch_root(), object, size,
                    object);
        CU_ASSERT_EQUAL(scratch_run("build/rooms --root %s house", scratch_root()), 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "rooms: build/obj/domain/cellar/"));
        scratch_run("cd %s && cp whole %s", scratch_root(), object);
    }
    CU_ASSERT_EQUAL(scratch_run("build/rooms --root %s house", scratch_root()), 0);
    scratch_delete(object);
    check(scratch_run("build/rooms --root %s house", scratch_root()), 1, "(run ninja first)\n");
}

static void test_arguments(void)
{
    write_good_tree();
    check(scratch_run("build/rooms --help"), 0, "usage: build/rooms");
    check(scratch_run("build/rooms"), 2, "usage: build/rooms");
    check(scratch_run("build/rooms --lost house"), 2, "usage: build/rooms");
    check(scratch_run("build/rooms --root %s lost", scratch_root()), 1, "no such folder: lost\n");
    check(scratch_run("build/rooms --root %s ..", scratch_root()), 1, "no such folder: ..\n");
    check(scratch_run("build/rooms --root %s/lost house", scratch_root()), 1, "cannot enter ");
}

TEST_SUITE("rooms", .set_up = scratch_create, .tear_down = scratch_remove) = {
    {"a good tree is accepted", test_good_tree},
    {"what makes it wrong, and what does not", test_cases},
    {"five files may, six may not", test_sizes},
    {"hake's refusals hold", test_include},
    {"headers", test_headers},
    {"broken objects", test_objects},
    {"arguments", test_arguments},
};
