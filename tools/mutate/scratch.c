// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The copy of the tree (scratch.h). Times are copied to the nanosecond, so that ninja finds nothing
// to do in it. A gcc before the real one lets warnings pass: a variable that a mutant no longer
// uses is no reason not to test it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scratch.h"

#define TREE MUTATE_DIR "/tree"
#define QUIET " >" MUTATE_DIR "/last.out 2>&1 </dev/null"

void names_add(struct names *names, const char *name)
{
    names->items = realloc(names->items, (names->count + 1) * sizeof(*names->items));
    names->items[names->count++] = strdup(name);
}

bool names_has(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/// Whether a program of the host may come of this file: objects, libraries and tests.
static bool is_of_host(const char *file)
{
    return begins(file, "build/obj/host") || begins(file, "build/lib/host") ||
           begins(file, "with/host") || begins(file, "build/test-") || begins(file, "build/unit-");
}

/// Appends to `seen` what ninja makes directly of `file`, as far as it is the host's.
static void outputs_of(const char *file, struct names *seen, struct names *tests)
{
    char command[512], line[512];
    snprintf(command, sizeof(command), "ninja -t query '%s' 2>/dev/null", file);
    FILE *answer = popen(command, "r");
    bool outputs = false;
    while (answer != NULL && fgets(line, sizeof(line), answer) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *name = line + strspn(line, " ");
        if (!outputs) {
            outputs = strcmp(name, "outputs:") == 0;
        } else if (begins(name, "build/tests/") && strstr(name, ".pass") != NULL) {
            char *test = strndup(name + 12, (size_t)(strstr(name, ".pass") - name - 12));
            if (strstr(test, "-long") == NULL && !names_has(tests, test))
                names_add(tests, test);
            free(test);
        } else if (is_of_host(name) && !names_has(seen, name)) {
            names_add(seen, name);
        }
    }
    if (answer != NULL)
        pclose(answer);
}

struct names tests_of(const char *source)
{
    struct names seen = {0}, tests = {0};
    names_add(&seen, source);
    for (size_t i = 0; i < seen.count; i++)
        outputs_of(seen.items[i], &seen, &tests);
    return tests;
}

bool scratch_copy(void)
{
    static const char script[] =
        "set -e; mkdir -p " TREE " " MUTATE_DIR "/bin; rm -rf " TREE "; mkdir " TREE "\n"
        "tar --format=posix --exclude=./" MUTATE_DIR " --exclude=./.git --exclude='./build/*.iso' "
        "--exclude='./build/system-*' -cf - . | tar -xf - -C " TREE "\n"
        "real=$(command -v gcc)\n"
        "printf '#!/bin/sh\\nexec %s \"$@\" -w -Wno-error\\n' \"$real\" > " MUTATE_DIR "/bin/gcc\n"
        "chmod +x " MUTATE_DIR "/bin/gcc\n";
    if (system(script) != 0)
        return false;
    char *bin = realpath(MUTATE_DIR "/bin", NULL), *path;
    if (bin == NULL || asprintf(&path, "%s:%s", bin, getenv("PATH")) < 0)
        return false;
    setenv("PATH", path, 1);
    free(bin);
    free(path);
    return true;
}

bool scratch_build(const struct names *tests)
{
    char command[4096] = "timeout 600 ninja -C " TREE;
    for (size_t i = 0; i < tests->count; i++)
        snprintf(command + strlen(command), sizeof(command) - strlen(command), " build/%s",
                 tests->items[i]);
    snprintf(command + strlen(command), sizeof(command) - strlen(command), QUIET);
    return system(command) == 0;
}

bool scratch_run(const char *test, unsigned seconds)
{
    char command[512];
    snprintf(command, sizeof(command), "timeout -k 5 %u ninja -C " TREE " check-%s" QUIET, seconds,
             test);
    return system(command) == 0;
}

bool scratch_write(const char *source, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), TREE "/%s", source);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    bool good = fputs(text, file) >= 0;
    return fclose(file) == 0 && good;
}

char *file_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    if (file == NULL)
        return NULL;
    if (getdelim(&text, &room, '\0', file) < 0 && text != NULL)
        text[0] = '\0';
    fclose(file);
    return text;
}
