// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The tree on the disk: finds folders, Hakefiles and headers, in an order that depends on names
// alone, and computes with paths. build/ at the top and every name that begins with a dot are
// left out; symbolic links are not followed.
#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hake.h"

void *checked(void *memory)
{
    if (memory == NULL)
        die("out of memory");
    return memory;
}

char *format_string(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return checked(length < 0 ? NULL : text);
}

void paths_add(struct paths *paths, char *path)
{
    paths->items = checked(realloc(paths->items, (paths->count + 1) * sizeof *paths->items));
    paths->items[paths->count++] = path;
}

bool paths_has(const struct paths *paths, const char *path)
{
    for (size_t i = 0; i < paths->count; i++)
        if (strcmp(paths->items[i], path) == 0)
            return true;
    return false;
}

char *path_join(const char *dir, const char *relative)
{
    if (relative[0] == '/')
        return NULL;
    char *words = format_string("%s/%s", dir, relative);
    char *path = checked(calloc(1, strlen(words) + 2));
    char *rest = words;
    for (char *word; (word = strsep(&rest, "/")) != NULL;) {
        if (word[0] == '\0' || strcmp(word, ".") == 0)
            continue;
        if (strcmp(word, "..") == 0) {
            if (path[0] == '\0') {
                free(words);
                free(path);
                return NULL;
            }
            char *slash = strrchr(path, '/');
            *(slash != NULL ? slash : path) = '\0';
            continue;
        }
        if (path[0] != '\0')
            strcat(path, "/");
        strcat(path, word);
    }
    if (path[0] == '\0')
        strcpy(path, ".");
    free(words);
    return path;
}

char *path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? format_string(".") : format_string("%.*s", (int)(slash - path), path);
}

bool path_within(const char *path, const char *dir)
{
    size_t length = strlen(dir);
    return strcmp(dir, ".") == 0 || strcmp(path, dir) == 0 ||
           (strncmp(path, dir, length) == 0 && path[length] == '/');
}

bool path_is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

bool path_is_dir(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

char *read_file(const char *path, size_t *size)
{
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return NULL;
    char *text = NULL;
    FILE *out = checked(open_memstream(&text, size));
    char buffer[4096];
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, in)) > 0;)
        fwrite(buffer, 1, n, out);
    bool failed = ferror(in) != 0;
    fclose(in);
    fclose(out);
    if (failed) {
        free(text);
        return NULL;
    }
    return text;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void scan_dir(struct tree *tree, const char *dir)
{
    struct dirent **entries;
    int count = scandir(dir, &entries, is_wanted, by_name);
    if (count < 0)
        die("cannot read %s: %m", dir);
    paths_add(&tree->dirs, format_string("%s", dir));
    for (int i = 0; i < count; i++) {
        char *path = path_join(dir, entries[i]->d_name);
        size_t length = strlen(path);
        struct stat status;
        if (lstat(path, &status) != 0)
            continue; // removed since scandir saw it
        if (S_ISDIR(status.st_mode) && strcmp(path, "build") != 0)
            scan_dir(tree, path);
        else if (S_ISREG(status.st_mode) && strcmp(entries[i]->d_name, "Hakefile.yaml") == 0)
            paths_add(&tree->hakefiles, path);
        else if (S_ISREG(status.st_mode) && length > 2 && strcmp(path + length - 2, ".h") == 0)
            paths_add(&tree->headers, path);
        else if (S_ISREG(status.st_mode) && length > 3 && strcmp(path + length - 3, ".md") == 0)
            paths_add(&tree->texts, path);
        free(entries[i]);
    }
    free(entries);
}

void tree_scan(struct tree *tree)
{
    scan_dir(tree, ".");
}
