// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Editing of one line on a serial terminal, with a history. Pure: bytes of the keyboard go in,
// bytes for the terminal come out of a callback. Text is UTF-8 (text/utf8.h) and edited by whole
// characters; a byte that belongs to none is text too. Keys: text, backspace, Delete, arrows,
// Home, End, and Ctrl-A B D E F K N P U W with their usual meanings; Tab completes the word before
// the cursor, or shows what it can become; Ctrl-C gives the line up.
#pragma once

#include "completion.h"

#define LINE_BYTES 1024u
#define LINE_HISTORY 32u

enum line_event {
    LINE_MORE, ///< the line is not finished
    LINE_DONE, ///< Enter (or Ctrl-C, which leaves an empty line): line_editor_text() is the line
    LINE_END,  ///< Ctrl-D on an empty line
    LINE_TOO_LONG, ///< Enter, but some of the line had no room: it must not be used
};

/// Invariant: cursor <= length < LINE_BYTES, and text[length] is 0.
/// Private to line_editor.c; visible for allocation.
struct line_editor {
    void (*put)(void *st, const char *bytes, size_t length);
    void *st;
    size_t length, cursor; ///< bytes
    char text[LINE_BYTES];
    char pending[4]; ///< a character of which bytes are still to come
    unsigned pending_count;
    bool overflowed;                        ///< what did not fit was left out
    char history[LINE_HISTORY][LINE_BYTES]; ///< a ring; the oldest are overwritten
    unsigned history_count;                 ///< lines ever remembered
    unsigned back;                          ///< how far the user has gone back; 0: the new line
    char new_line[LINE_BYTES];              ///< the new line, while the user is in the history
    unsigned escape;                        ///< state of an escape sequence
    char escape_digit;
    bool after_return;
    completion_words_fn words; ///< NULL: nothing is completed
    void *words_st;
    const char *prompt; ///< shown again behind a list of words
};

void line_editor_init(struct line_editor *editor,
                      void (*put)(void *st, const char *bytes, size_t length), void *st);

/// Complete words from now on; what was shown is given in `prompt`, which is kept.
void line_editor_complete(struct line_editor *editor, const char *prompt, completion_words_fn words,
                          void *st);

/// Handle one byte. After LINE_DONE and LINE_TOO_LONG call line_editor_begin() when the line has
/// been used.
enum line_event line_editor_key(struct line_editor *editor, char key);

const char *line_editor_text(const struct line_editor *editor);

/// Begin a new line; a line that is not empty, fitted and differs from the last is remembered.
void line_editor_begin(struct line_editor *editor);

bool line_editor_valid(const struct line_editor *editor);
