// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See scratch_tree.h. Stands on mkdtemp and popen; a failure of the surroundings (disk full, no
// shell) ends the test program, for nothing that it could then say about hake would be true.
#include <scratch/scratch_tree.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/stave-hake-XXXXXX";
static char output[65536];

static void require(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

void scratch_create(void)
{
    strcpy(root, "/tmp/stave-hake-XXXXXX");
    require(mkdtemp(root) != NULL, root);
}

void scratch_remove(void)
{
    require(scratch_run("rm -rf %s", root) == 0, root);
}

const char *scratch_root(void)
{
    return root;
}

void scratch_write(const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(full, 0755);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    require(file != NULL, full);
    require(fputs(text, file) >= 0 && fclose(file) == 0, full);
}

void scratch_delete(const char *path)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root, path);
    require(unlink(full) == 0, full);
}

bool scratch_contains(const char *path, const char *text)
{
    return scratch_run("grep -qF -- '%s' %s/%s", text, root, path) == 0;
}

int scratch_run(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(command, sizeof command - 8, format, args);
    va_end(args);
    require(length >= 0 && (size_t)length < sizeof command - 8, "command");
    strcat(command, " 2>&1");
    FILE *pipe = popen(command, "r");
    require(pipe != NULL, "popen");
    size_t size = fread(output, 1, sizeof output - 1, pipe);
    output[size] = '\0';
    int status = pclose(pipe);
    require(WIFEXITED(status), command);
    return WEXITSTATUS(status);
}

const char *scratch_output(void)
{
    return output;
}
