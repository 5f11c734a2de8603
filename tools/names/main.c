// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// names: puts the table of its functions' names into a domain that has just been linked. A program
// that has no start code of Stave's, but one of its own, stays as it is.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static int failed(const char *path, const char *what)
{
    fprintf(stderr, "names: %s: %s\n", path, what);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr,
                "usage: build/names FILE\nPuts the names of its functions into a domain.\n");
        return 2;
    }
    FILE *stream = fopen(argv[1], "r+b");
    struct names_file file = {NULL, 0};
    long size = -1;
    if (stream != NULL && fseek(stream, 0, SEEK_END) == 0) {
        size = ftell(stream);
        rewind(stream);
    }
    file.bytes = size > 0 ? malloc((size_t)size) : NULL;
    if (file.bytes == NULL || fread(file.bytes, 1, (size_t)size, stream) != (size_t)size)
        return failed(argv[1], "cannot be read");
    file.count = (size_t)size;
    if (!names_has_place(&file)) {
        free(file.bytes);
        return 0;
    }
    const char *error = names_add(&file);
    if (error != NULL)
        return failed(argv[1], error);
    rewind(stream);
    if (fwrite(file.bytes, 1, file.count, stream) != file.count || fclose(stream) != 0)
        return failed(argv[1], "cannot be written");
    free(file.bytes);
    return 0;
}
