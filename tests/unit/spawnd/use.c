// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Clients over LMP, and what the console gets.
#include "use.h"

#include <stdio.h>
#include <string.h>

void ask(domainid_t who, enum spawnd_op op, uint64_t word1, uint64_t word2, uint64_t word3)
{
    machine_request(who, (const uint64_t[SPAWND_WORDS]){op, word1, word2, word3}, NULL_CAP);
}

bool answered(domainid_t who, errval_t err, uint64_t word1, uint64_t word2)
{
    uint64_t words[SPAWND_WORDS] = {0};
    bool came = machine_reply(who, words);
    bool same = came && words[0] == err && words[1] == word1 && words[2] == word2;
    if (!same)
        printf("\n  %s %lx %lx %lx\n", came ? "answer" : "no answer", words[0], words[1], words[2]);
    return same;
}

bool unanswered(domainid_t who)
{
    uint64_t words[SPAWND_WORDS];
    return !machine_reply(who, words);
}

void say_strings(domainid_t who, const char *strings, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += SPAWND_PIECE_BYTES) {
        size_t piece = bytes - at < SPAWND_PIECE_BYTES ? bytes - at : SPAWND_PIECE_BYTES;
        uint64_t words[SPAWND_WORDS] = {SPAWND_STRINGS, at | piece << 32};
        memcpy(&words[SPAWND_PIECE_WORD], strings + at, piece);
        machine_request(who, words, NULL_CAP);
        CU_ASSERT_TRUE(answered(who, SYS_ERR_OK, 0, 0));
    }
}

domainid_t start(domainid_t who)
{
    uint64_t words[SPAWND_WORDS] = {1};
    say_strings(who, "prog", 5);
    ask(who, SPAWND_SPAWN, 1, 0, 0);
    CU_ASSERT(machine_reply(who, words) && words[0] == SYS_ERR_OK);
    machine.log[0] = '\0';
    return (domainid_t)words[1];
}

void print(domainid_t who, const char *text, bool more)
{
    uint64_t words[SPAWND_WORDS] = {SPAWND_PRINT, strlen(text) | (more ? SPAWND_PRINT_MORE : 0)};
    memcpy(&words[SPAWND_PIECE_WORD], text, strlen(text));
    machine_request(who, words, NULL_CAP);
}

void settle(void)
{
    do {
        machine_run();
    } while (machine_forgotten(FORGETS_MAX) > 0);
}

void die(domainid_t id)
{
    machine_death((const uint64_t[]){DEATH_STOPPED, id}, 2);
    settle();
}

bool console_got(const char *text)
{
    static char got[65536];
    uint64_t words[UMP_PAYLOAD_WORDS];
    uint16_t ctrl;
    size_t used = 0;
    bool begins = true;
    while (peer_recv(machine_console(), words, &ctrl)) {
        if (ctrl == CONSOLE_FLUSH) {
            got[used++] = '?';
            continue;
        }
        size_t bytes = ctrl >> 8;
        CU_ASSERT((ctrl & 0x7f) == CONSOLE_WRITE && bytes <= CONSOLE_TEXT_BYTES);
        if (begins)
            got[used++] = '[';
        memcpy(got + used, words, bytes);
        used += bytes;
        begins = (ctrl & CONSOLE_MORE) == 0;
        if (begins)
            got[used++] = ']';
        CU_ASSERT(begins || bytes == CONSOLE_TEXT_BYTES);
    }
    memcpy(got + used, begins ? "" : "+", begins ? 1 : 2);
    bool same = strcmp(got, text) == 0;
    if (!same)
        printf("\n  console  %s\n  expected %s\n", got, text);
    return same;
}
