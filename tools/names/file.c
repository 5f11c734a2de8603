// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A program's file, read and written as a whole.
#include <stdio.h>
#include <stdlib.h>

#include "names.h"

static const char *read_file(FILE *stream, struct names_file *file)
{
    long size = fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : -1;
    rewind(stream);
    file->bytes = size > 0 ? malloc((size_t)size) : NULL;
    file->count = size > 0 ? (size_t)size : 0;
    bool read = file->bytes != NULL && fread(file->bytes, 1, file->count, stream) == file->count;
    return read ? NULL : "cannot be read";
}

const char *names_add_to_file(const char *path)
{
    struct names_file file = {NULL, 0};
    FILE *stream = fopen(path, "r+b");
    if (stream == NULL)
        return "cannot be read";
    const char *error = read_file(stream, &file);
    if (error == NULL && names_has_place(&file)) {
        error = names_add(&file);
        rewind(stream);
        if (error == NULL && fwrite(file.bytes, 1, file.count, stream) != file.count)
            error = "cannot be written";
    }
    free(file.bytes);
    return fclose(stream) != 0 && error == NULL ? "cannot be written" : error;
}
