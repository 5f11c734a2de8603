// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Completion of words: what all candidates have in common.
#include "completion.h"

#include <string.h>

bool completion_is_first(const char *line, size_t length)
{
    while (length > 0 && line[length - 1] == ' ')
        length--;
    return length == 0 || strchr(";&", line[length - 1]) != NULL;
}

struct completion completion_find(completion_words_fn words, void *st, bool first,
                                  const char *begun, size_t length)
{
    struct completion found = {0};
    const char *word;
    for (unsigned i = 0; (word = words(st, first, i)) != NULL; i++) {
        if (strncmp(word, begun, length) != 0)
            continue;
        if (found.count++ == 0) {
            found.length = strnlen(word, COMPLETION_BYTES - 1);
            memcpy(found.text, word, found.length);
        }
        size_t common = 0;
        while (common < found.length && word[common] == found.text[common])
            common++;
        found.length = common;
    }
    found.text[found.length] = '\0';
    return found;
}
