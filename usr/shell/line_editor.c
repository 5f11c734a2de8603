// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The line editor. Whatever changes the line calls one of two functions: one for the text at the
// cursor, which redraws from there, one for the whole line. The terminal needs to know only
// backspace (as "cursor left"), and bell for text that has no room and words that do not exist.
// Source of the key sequences: ECMA-48, 8.3 (CUU, CUD, CUF, CUB) and what xterm sends for Home, End
// and Delete.
#include "line_editor.h"

#include "text/utf8.h"

#include <string.h>

enum { ESCAPE_NONE, ESCAPE_SEEN, ESCAPE_BRACKET, ESCAPE_DIGIT };

#define CTRL(letter) ((letter)&0x1f)
#define KEY_DELETE 0x7f
#define KEY_ESCAPE 0x1b

void line_editor_init(struct line_editor *editor,
                      void (*put)(void *st, const char *bytes, size_t length), void *st)
{
    memset(editor, 0, sizeof(*editor));
    editor->put = put;
    editor->st = st;
}

void line_editor_complete(struct line_editor *editor, const char *prompt, completion_words_fn words,
                          void *st)
{
    editor->prompt = prompt;
    editor->words = words;
    editor->words_st = st;
}

bool line_editor_valid(const struct line_editor *editor)
{
    return editor->cursor <= editor->length && editor->length < LINE_BYTES &&
           editor->pending_count < sizeof(editor->pending) &&
           strlen(editor->text) == editor->length && editor->back <= editor->history_count &&
           editor->back <= LINE_HISTORY;
}

const char *line_editor_text(const struct line_editor *editor)
{
    return editor->text;
}

static void put_repeated(struct line_editor *editor, char c, size_t count)
{
    char bytes[64];
    memset(bytes, c, sizeof(bytes));
    for (; count > sizeof(bytes); count -= sizeof(bytes))
        editor->put(editor->st, bytes, sizeof(bytes));
    editor->put(editor->st, bytes, count);
}

static void move_to(struct line_editor *editor, size_t cursor)
{
    if (cursor < editor->cursor)
        put_repeated(editor, '\b', utf8_columns(editor->text + cursor, editor->cursor - cursor));
    else
        editor->put(editor->st, editor->text + editor->cursor, cursor - editor->cursor);
    editor->cursor = cursor;
}

/// Replaces `removed` bytes at the cursor by `inserted`, leaves the cursor behind those, and draws
/// what has changed.
static void replace(struct line_editor *editor, size_t removed, const char *inserted, size_t count)
{
    if (editor->length - removed + count >= LINE_BYTES) {
        put_repeated(editor, '\a', editor->overflowed ? 0 : 1);
        editor->overflowed = true;
        return;
    }
    char *at = editor->text + editor->cursor;
    size_t tail = editor->length - editor->cursor - removed;
    size_t columns = utf8_columns(at, editor->length - editor->cursor);
    size_t tail_columns = utf8_columns(at + removed, tail);
    memmove(at + count, at + removed, tail + 1);
    memcpy(at, inserted, count);
    editor->length += count - removed;
    editor->put(editor->st, at, count + tail);
    size_t now = utf8_columns(at, count + tail);
    size_t blanks = columns > now ? columns - now : 0;
    put_repeated(editor, ' ', blanks);
    put_repeated(editor, '\b', blanks + tail_columns);
    editor->cursor += count;
    editor->overflowed &= editor->length > 0;
}

/// A character is shown when it is whole: the terminal must not see other text within it.
static void insert_pending(struct line_editor *editor)
{
    replace(editor, 0, editor->pending, editor->pending_count);
    editor->pending_count = 0;
}

static void insert(struct line_editor *editor, char byte)
{
    editor->pending[editor->pending_count++] = byte;
    if (!utf8_unfinished(editor->pending, editor->pending_count))
        insert_pending(editor);
}

static void remove_before(struct line_editor *editor, size_t count)
{
    move_to(editor, editor->cursor - count);
    replace(editor, count, "", 0);
}

static void remove_word(struct line_editor *editor)
{
    size_t start = editor->cursor;
    while (start > 0 && editor->text[start - 1] == ' ')
        start--;
    while (start > 0 && editor->text[start - 1] != ' ')
        start--;
    remove_before(editor, editor->cursor - start);
}

static char *remembered(struct line_editor *editor, unsigned back)
{
    return editor->history[(editor->history_count - back) % LINE_HISTORY];
}

/// Shows the line that lies `back` lines in the past; 0 is the new one.
static void recall(struct line_editor *editor, unsigned back)
{
    unsigned kept = editor->history_count < LINE_HISTORY ? editor->history_count : LINE_HISTORY;
    if (back > kept)
        return;
    if (editor->back == 0)
        memcpy(editor->new_line, editor->text, LINE_BYTES);
    const char *line = back == 0 ? editor->new_line : remembered(editor, back);
    move_to(editor, 0);
    replace(editor, editor->length, line, strlen(line));
    editor->overflowed = false;
    editor->back = back;
}

void line_editor_begin(struct line_editor *editor)
{
    bool repeated = editor->history_count > 0 && strcmp(remembered(editor, 1), editor->text) == 0;
    if (editor->length > 0 && !repeated && !editor->overflowed)
        memcpy(editor->history[editor->history_count++ % LINE_HISTORY], editor->text, LINE_BYTES);
    editor->length = editor->cursor = 0;
    editor->text[0] = '\0';
    editor->overflowed = false;
    editor->back = 0;
}

static void backward(struct line_editor *editor)
{
    move_to(editor, editor->cursor - utf8_last(editor->text, editor->cursor));
}

/// Bytes of the character at the cursor.
static size_t here(const struct line_editor *editor)
{
    return utf8_first(editor->text + editor->cursor, editor->length - editor->cursor);
}

static void forward(struct line_editor *editor)
{
    move_to(editor, editor->cursor + here(editor));
}

static void delete_here(struct line_editor *editor)
{
    if (editor->cursor < editor->length)
        replace(editor, here(editor), "", 0);
}

static void newer(struct line_editor *editor)
{
    if (editor->back > 0)
        recall(editor, editor->back - 1);
}

/// The last byte of an escape sequence.
static void escape_key(struct line_editor *editor, char key)
{
    switch (key) {
    case 'A':
        recall(editor, editor->back + 1);
        break;
    case 'B':
        newer(editor);
        break;
    case 'C':
        forward(editor);
        break;
    case 'D':
        backward(editor);
        break;
    case 'H':
        move_to(editor, 0);
        break;
    case 'F':
        move_to(editor, editor->length);
        break;
    case '~':
        if (editor->escape_digit == '3')
            delete_here(editor);
        else if (editor->escape_digit == '1' || editor->escape_digit == '7')
            move_to(editor, 0);
        else if (editor->escape_digit == '4' || editor->escape_digit == '8')
            move_to(editor, editor->length);
        break;
    }
}

/// Returns whether the byte belonged to an escape sequence.
static bool escape(struct line_editor *editor, char key)
{
    unsigned state = editor->escape;
    editor->escape = ESCAPE_NONE;
    if (key == KEY_ESCAPE) {
        editor->escape = ESCAPE_SEEN;
    } else if (state == ESCAPE_SEEN && (key == '[' || key == 'O')) {
        editor->escape = ESCAPE_BRACKET;
        editor->escape_digit = 0;
    } else if (state >= ESCAPE_BRACKET && ((key >= '0' && key <= '9') || key == ';')) {
        editor->escape_digit = state == ESCAPE_BRACKET ? key : 0;
        editor->escape = ESCAPE_DIGIT;
    } else if (state >= ESCAPE_BRACKET) {
        escape_key(editor, key);
    } else {
        return false;
    }
    return true;
}

static void put_text(struct line_editor *editor, const char *text)
{
    editor->put(editor->st, text, strlen(text));
}

/// Shows all words that begin like this one, and the line again below them.
static void list_words(struct line_editor *editor, bool first, const char *begun, size_t length)
{
    const char *word;
    size_t cursor = editor->cursor;
    move_to(editor, editor->length);
    put_text(editor, "\n");
    for (unsigned i = 0; (word = editor->words(editor->words_st, first, i)) != NULL; i++) {
        if (strncmp(word, begun, length) == 0) {
            put_text(editor, word);
            put_text(editor, "  ");
        }
    }
    put_text(editor, "\n");
    put_text(editor, editor->prompt);
    put_text(editor, editor->text);
    move_to(editor, cursor);
}

static void complete(struct line_editor *editor)
{
    size_t start = editor->cursor;
    while (start > 0 && strchr(" ;&", editor->text[start - 1]) == NULL)
        start--;
    const char *begun = editor->text + start;
    size_t length = editor->cursor - start;
    bool first = completion_is_first(editor->text, start);
    struct completion found = {0};
    if (editor->words != NULL)
        found = completion_find(editor->words, editor->words_st, first, begun, length);
    if (found.count == 0 || found.length < length) {
        put_text(editor, "\a");
    } else if (found.count > 1 && found.length <= length) {
        list_words(editor, first, begun, length);
    } else {
        replace(editor, 0, found.text + length, found.length - length);
        if (found.count == 1)
            replace(editor, 0, " ", 1);
    }
}

static void edit_key(struct line_editor *editor, char key)
{
    switch (key) {
    case CTRL('a'):
        move_to(editor, 0);
        break;
    case CTRL('b'):
        backward(editor);
        break;
    case CTRL('d'):
        delete_here(editor);
        break;
    case CTRL('e'):
        move_to(editor, editor->length);
        break;
    case CTRL('f'):
        forward(editor);
        break;
    case '\t':
        complete(editor);
        break;
    case CTRL('k'):
        replace(editor, editor->length - editor->cursor, "", 0);
        break;
    case CTRL('n'):
        newer(editor);
        break;
    case CTRL('p'):
        recall(editor, editor->back + 1);
        break;
    case CTRL('u'):
        remove_before(editor, editor->cursor);
        break;
    case CTRL('w'):
        remove_word(editor);
        break;
    case CTRL('h'):
    case KEY_DELETE:
        remove_before(editor, utf8_last(editor->text, editor->cursor));
        break;
    default:
        if ((unsigned char)key >= ' ')
            insert(editor, key);
        break;
    }
}

enum line_event line_editor_key(struct line_editor *editor, char key)
{
    bool second = key == '\n' && editor->after_return;
    editor->after_return = key == '\r';
    if (editor->pending_count > 0 && !utf8_continues(key))
        insert_pending(editor); // it was no character after all
    if (second || escape(editor, key))
        return LINE_MORE;
    if (key == CTRL('d') && editor->length == 0)
        return LINE_END;
    if (key == CTRL('c')) {
        editor->put(editor->st, "^C", 2);
        editor->text[0] = '\0';
        editor->length = editor->cursor = 0;
        editor->overflowed = false;
    }
    if (key == '\r' || key == '\n' || key == CTRL('c')) {
        editor->put(editor->st, "\n", 1);
        return editor->overflowed ? LINE_TOO_LONG : LINE_DONE;
    }
    edit_key(editor, key);
    return LINE_MORE;
}
