// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shell's language: each kind of quoting, each end of a command, each error, and random text,
// of which every byte must be taken and no word may lie outside of the command.
#include <parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <testlib/testlib.h>

static struct shell_command command;

/// The commands of `text`, words in <>, one command in a line: a form in which they compare easily.
static const char *parsed(const char *text, int status)
{
    static char result[4096];
    size_t used = 0;
    CU_ASSERT_PTR_NULL(shell_fault(text, &command));
    result[0] = '\0';
    while (shell_parse(&text, status, &command)) {
        CU_ASSERT_PTR_NULL(command.argv[command.argc]);
        for (unsigned i = 0; i < command.argc; i++)
            used += (size_t)sprintf(result + used, "<%s>", command.argv[i]);
        used += (size_t)sprintf(result + used, command.background ? "&\n" : "\n");
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
    const char *text = "a;echo $?";
    CU_ASSERT_TRUE(shell_parse(&text, 0, &command));
    CU_ASSERT_TRUE(shell_parse(&text, 5, &command));
    CU_ASSERT_STRING_EQUAL(command.argv[1], "5");
}

static void expect_fault(const char *text, const char *fault)
{
    const char *found = shell_fault(text, &command);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_STRING_EQUAL(found, fault);
}

/// Whatever comes before what cannot be read.
static void test_faults(void)
{
    char text[64];
    expect_fault("a 'b; c", "a ' is missing");
    expect_fault("a; b; c \"b\nc", "a \" is missing");
    expect_fault("&\nb", "no command is before &");
    expect_fault("a;; &", "no command is before &");
    char words[3 * (SHELL_WORDS_MAX + 1)] = "a;b\n";
    for (unsigned i = 0; i <= SHELL_WORDS_MAX; i++)
        memcpy(words + 4 + 2 * i, "w ", 3);
    snprintf(text, sizeof(text), "a command has more than %u words", SHELL_WORDS_MAX);
    expect_fault(words, text);
    words[4 + 2 * SHELL_WORDS_MAX] = '\0';
    CU_ASSERT_PTR_NULL(shell_fault(words, &command));
    CU_ASSERT_EQUAL(command.argc, SHELL_WORDS_MAX);
}

static void test_long(void)
{
    static char word[SHELL_TEXT_BYTES + 16];
    memset(word, 'x', SHELL_TEXT_BYTES - 1);
    const char *text = word;
    CU_ASSERT_PTR_NULL(shell_fault(word, &command));
    CU_ASSERT_TRUE(shell_parse(&text, 0, &command));
    CU_ASSERT_EQUAL(strlen(command.argv[0]), SHELL_TEXT_BYTES - 1);
    memcpy(word + SHELL_TEXT_BYTES - 1, "\nb", 3);
    CU_ASSERT_PTR_NULL(shell_fault(word, &command));
    memcpy(word + SHELL_TEXT_BYTES - 3, "$?", 3); // three bytes where the status is long
    expect_fault(word, "a command is longer than 2,047 bytes");
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
        if (line == NULL)
            abort();
        for (size_t i = 0; i < length; i++)
            line[i] = letters[test_random_below(&random, sizeof(letters) - 1)];
        line[length] = '\0';
        const char *text = line, *before = line;
        bool readable = shell_fault(line, &command) == NULL;
        while (readable && shell_parse(&text, 1, &command)) {
            bool inside = text > before && text <= line + length;
            for (unsigned i = 0; i < command.argc; i++) {
                inside =
                    inside && command.argv[i] >= command.text &&
                    command.argv[i] + strlen(command.argv[i]) < command.text + sizeof(command.text);
            }
            CU_ASSERT_TRUE(inside);
            before = text;
        }
        CU_ASSERT_TRUE(!readable || text == line + length);
        free(line);
    }
}

TEST_SUITE("parse") = {
    {"words", test_words},        {"ends of commands", test_ends}, {"quotes", test_quotes},
    {"exit status", test_status}, {"faults", test_faults},         {"long commands", test_long},
    {"random text", test_random},
};
