// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// names: puts the table of its functions' names into a domain that has just been linked. A program
// that has no start code of Stave's, but one of its own, stays as it is.
#include <stdio.h>

#include "names.h"

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr,
                "usage: build/names FILE\nPuts the names of its functions into a domain.\n");
        return 2;
    }
    const char *error = names_add_to_file(argv[1]);
    if (error != NULL)
        fprintf(stderr, "names: %s: %s\n", argv[1], error);
    return error != NULL;
}
