// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// File helpers of the runner, straight on POSIX.
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool files_path(char *path, struct report *report, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(path, FILES_PATH_MAX, format, args);
    va_end(args);
    return (length >= 0 && length < FILES_PATH_MAX) ||
           report_set(report, "%.64s...: the path is too long", path);
}

bool files_named(char *path, struct report *report, const char *build_folder, const char *folder,
                 const char *name)
{
    size_t length = strlen(name);
    if (strchr(name, '/') != NULL || (length > 5 && strcmp(name + length - 5, ".yaml") == 0))
        return files_path(path, report, "%s", name);
    return files_path(path, report, "%s/../%s/%s.yaml", build_folder, folder, name);
}

bool files_make_temporary(char *path, struct report *report)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0')
        parent = "/tmp";
    if (!files_path(path, report, "%s/stave-boot.XXXXXX", parent))
        return false;
    if (mkdtemp(path) == NULL)
        return report_set(report, "%s: %s", path, strerror(errno));
    return true;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    remove(path);
    return 0;
}

void files_remove_all(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

bool files_is_there(const char *path, const char *what, struct report *report)
{
    struct stat stat_of;
    bool there = access(path, R_OK) == 0 && stat(path, &stat_of) == 0;
    if (!there)
        return report_set(report, "%s: cannot read %s: %s", what, path, strerror(errno));
    return S_ISREG(stat_of.st_mode) || report_set(report, "%s: %s is no file", what, path);
}

static bool copy_bytes(int from_fd, int to_fd)
{
    char bytes[65536];
    ssize_t count;
    while ((count = read(from_fd, bytes, sizeof(bytes))) > 0)
        if (write(to_fd, bytes, (size_t)count) != count)
            return false;
    return count == 0;
}

bool files_copy(const char *from, const char *to, const char *what, struct report *report)
{
    int from_fd = open(from, O_RDONLY | O_CLOEXEC);
    if (from_fd < 0)
        return report_set(report, "%s: cannot read %s: %s", what, from, strerror(errno));
    int to_fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool copied = to_fd >= 0 && copy_bytes(from_fd, to_fd);
    if (!copied)
        report_set(report, "%s: cannot copy %s to %s: %s", what, from, to, strerror(errno));
    close(from_fd);
    if (to_fd >= 0 && close(to_fd) != 0)
        copied = report_set(report, "%s: %s", to, strerror(errno));
    return copied;
}

bool files_write(const char *path, const char *text, struct report *report)
{
    FILE *file = fopen(path, "w");
    bool written = file != NULL && fputs(text, file) >= 0;
    if (file != NULL && fclose(file) != 0)
        written = false;
    return written || report_set(report, "%s: %s", path, strerror(errno));
}

bool files_program_folder(char *path, struct report *report)
{
    ssize_t length = readlink("/proc/self/exe", path, FILES_PATH_MAX - 1);
    if (length < 0)
        return report_set(report, "/proc/self/exe: %s", strerror(errno));
    path[length] = '\0';
    *strrchr(path, '/') = '\0'; // the path is absolute
    return true;
}
