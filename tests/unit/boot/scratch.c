// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Temporary files for tests; see scratch.h. Stands on the runner's own files.c.
#include "scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

#include "files.h"

#define PATHS 8
#define READ_BYTES_MAX (2u << 20)

static char folder[FILES_PATH_MAX];

void scratch_begin(void)
{
    struct report report = {0};
    CU_ASSERT_FATAL(files_make_temporary(folder, &report));
}

void scratch_end(void)
{
    files_remove_all(folder);
}

const char *scratch_path(const char *name)
{
    static char paths[PATHS][FILES_PATH_MAX];
    static unsigned next;
    struct report report = {0};
    char *path = paths[next++ % PATHS];
    CU_ASSERT_FATAL(files_path(path, &report, "%s/%s", folder, name));
    return path;
}

const char *scratch_write(const char *name, const char *text)
{
    struct report report = {0};
    const char *path = scratch_path(name);
    CU_ASSERT_FATAL(files_write(path, text, &report));
    return path;
}

const char *scratch_read(const char *name)
{
    static char text[READ_BYTES_MAX + 1];
    FILE *file = fopen(scratch_path(name), "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, READ_BYTES_MAX, file)] = '\0';
    fclose(file);
    return text;
}
