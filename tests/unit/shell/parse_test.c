// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shell's language: each kind of quoting, each end of a command, each error, and random text,
// of which every byte must be taken and no word may lie outside of the command.
#include <parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"

static struct shell_command command;

// The commands of `text`, words in <>, one command in a line: a form in which they compare easily.
static const char *parsed(const char *text, int status)
{
    static char result[4096];
    size_t used = 0;
    const char *error = NULL;
    enum shell_parsed kind;
    result[0] = '\0';
    while ((kind = shell_parse(&text, status, &command, &error)) != SHELL_PARSED_END) {
        if (kind == SHELL_PARSED_ERROR) {
            used += (size_t)sprintf(result + used, "! %s", error);
        } else {
            CU_ASSERT_PTR_NULL(command.argv[command.argc]);
            for (unsigned i = 0; i < command.argc; i++) {
                used += (size_t)sprintf(result + used, "<%s>", command.argv[i]);
            }
        }
        used += (size_t)sprintf(result + used,
                                kind == SHELL_PARSED_COMMAND && command.background ? "&\n" : "\n");
    }
    CU_ASSERT_EQUAL(*text, '\0');
    return result;
}

static void test_words(void)
{
    CU_ASSERT_STRING_EQUAL(parsed("", 0), "");
    CU_ASSERT_STRING_EQUAL(parsed(" \t\r\n ;; \n", 0), "");
    CU_ASSERT_STRING_EQUAL(parsed("cores", 0), "<cores>\n");
    CU_ASSERT_STRING_EQUAL(parsed("  spawn 3\thello  a b ", 0), "<spawn><3><hello><a><b>\n");
}

static void test_ends(void)
{
    CU_ASSERT_STRING_EQUAL(parsed("a;b\nc;", 0), "<a>\n<b>\n<c>\n");
    CU_ASSERT_STRING_EQUAL(parsed("a&b & c", 0), "<a>&\n<b>&\n<c>\n");
    CU_ASSERT_STRING_EQUAL(parsed("a # b ; c & d\ne", 0), "<a>\n<e>\n");
    CU_ASSERT_STRING_EQUAL(parsed("#a\n # b", 0), "");
    CU_ASSERT_STRING_EQUAL(parsed("a#b", 0), "<a#b>\n");
}

static void test_quotes(void)
{
    CU_ASSERT_STRING_EQUAL(parsed("'a b' \"c;d\" ''", 0), "<a b><c;d><>\n");
    CU_ASSERT_STRING_EQUAL(parsed("a'b'\"c\"d", 0), "<abcd>\n");
    CU_ASSERT_STRING_EQUAL(parsed("'a\nb'", 0), "<a\nb>\n");
    CU_ASSERT_STRING_EQUAL(parsed("'\\\"$?'", 7), "<\\\"$?>\n");
    CU_ASSERT_STRING_EQUAL(parsed("\"\\\"\\\\\\$?\\n\"", 7), "<\"\\$?\\n>\n");
    CU_ASSERT_STRING_EQUAL(parsed("a\\ b\\;c \\'", 0), "<a b;c><'>\n");
    CU_ASSERT_STRING_EQUAL(parsed("a\\", 0), "<a\\>\n");
    CU_ASSERT_STRING_EQUAL(parsed("a\\\nb", 0), "<a\\>\n<b>\n");
    CU_ASSERT_STRING_EQUAL(parsed("'#' \\#", 0), "<#><#>\n");
}

static void test_status(void)
{
    CU_ASSERT_STRING_EQUAL(parsed("echo $? \"s=$?\" $x $", 42), "<echo><42><s=42><$x><$>\n");
    CU_ASSERT_STRING_EQUAL(parsed("$?$?", -1), "<-1-1>\n");
    const char *text = "a;echo $?", *error;
    CU_ASSERT_EQUAL(shell_parse(&text, 0, &command, &error), SHELL_PARSED_COMMAND);
    CU_ASSERT_EQUAL(shell_parse(&text, 5, &command, &error), SHELL_PARSED_COMMAND);
    CU_ASSERT_STRING_EQUAL(command.argv[1], "5");
}

static void test_errors(void)
{
    CU_ASSERT_STRING_EQUAL(parsed("a 'b; c", 0), "! missing '\n");
    CU_ASSERT_STRING_EQUAL(parsed("a \"b\nc", 0), "! missing \"\n");
    CU_ASSERT_STRING_EQUAL(parsed("&\nb", 0), "! no command before &\n<b>\n");
    char words[3 * (SHELL_WORDS_MAX + 1)];
    for (unsigned i = 0; i <= SHELL_WORDS_MAX; i++) {
        memcpy(words + 2 * i, "w ", 3);
    }
    CU_ASSERT_STRING_EQUAL(parsed(words, 0), "! too many words\n");
    words[2 * SHELL_WORDS_MAX] = '\0';
    const char *text = words, *error;
    CU_ASSERT_EQUAL(shell_parse(&text, 0, &command, &error), SHELL_PARSED_COMMAND);
    CU_ASSERT_EQUAL(command.argc, SHELL_WORDS_MAX);
}

static void test_long(void)
{
    static char word[SHELL_TEXT_BYTES + 16];
    memset(word, 'x', SHELL_TEXT_BYTES - 1);
    const char *text = word, *error;
    CU_ASSERT_EQUAL(shell_parse(&text, 0, &command, &error), SHELL_PARSED_COMMAND);
    CU_ASSERT_EQUAL(strlen(command.argv[0]), SHELL_TEXT_BYTES - 1);
    word[SHELL_TEXT_BYTES - 1] = 'x';
    memcpy(word + SHELL_TEXT_BYTES, "\nb", 3);
    CU_ASSERT_STRING_EQUAL(parsed(word, 0), "! command too long\n<b>\n");
}

static void test_random(void)
{
    enum { ROUNDS = 20000, MOST = 80 };
    static const char letters[] = "ab $?'\"\\;&#\n\t x";
    struct test_random random;
    test_random_init(&random, 11);
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t length = test_random_below(&random, MOST);
        char *line = malloc(length + 1); // exactly as long as the text, for AddressSanitizer
        if (line == NULL) {
            abort();
        }
        for (size_t i = 0; i < length; i++) {
            line[i] = letters[test_random_below(&random, sizeof(letters) - 1)];
        }
        line[length] = '\0';
        const char *text = line, *before = line, *error;
        enum shell_parsed kind;
        while ((kind = shell_parse(&text, 1, &command, &error)) != SHELL_PARSED_END) {
            bool inside = text > before && text <= line + length;
            for (unsigned i = 0; kind == SHELL_PARSED_COMMAND && i < command.argc; i++) {
                inside =
                    inside && command.argv[i] >= command.text &&
                    command.argv[i] + strlen(command.argv[i]) < command.text + sizeof(command.text);
            }
            CU_ASSERT_TRUE(inside);
            before = text;
        }
        CU_ASSERT_PTR_EQUAL(text, line + length);
        free(line);
    }
}

CU_TestInfo parse_tests[] = {
    {"words", test_words},        {"ends of commands", test_ends},
    {"quotes", test_quotes},      {"exit status", test_status},
    {"errors", test_errors},      {"long commands", test_long},
    {"random text", test_random}, CU_TEST_INFO_NULL,
};
