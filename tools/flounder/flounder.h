// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shared vocabulary of flounder's files: an interface as its .if file declares it. lex.c cuts
// the file into words, parse.c and parse_types.c make an interface of them and say all that is wrong
// in it, signature.c writes what of a message both sides must agree on, and emit_*.c write C.
//
// The language is Flounder's as Barrelfish's files use it (Barrelfish Technical Note 11, and the
// files themselves). Everything that a file can say is read or refused with its place: the parser
// is total.
//
// F1 A type is declared above its use, so that types form no circle and each has a size.
// F2 The messages of an interface are numbered from 1 in the order of the file; an rpc takes two
//    numbers, its call's and its response's.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FLOUNDER_MESSAGES_MAX 250u          ///< a number is a byte; 0 and those above are the stubs
#define FLOUNDER_FILE_BYTES_MAX 1048576u    ///< of an .if file
#define FLOUNDER_MESSAGE_BYTES_MAX 1048576u ///< of one message between two domains
#define FLOUNDER_BOUND_DEFAULT 4096u        ///< of a string or an array without a maximum
#define FLOUNDER_LINE_BYTES 56u             ///< of a message in one line of a channel
#define FLOUNDER_NAME_MAX 64u               ///< letters of a name
#define FLOUNDER_CAPS_MAX 8u                ///< of one message
#define FLOUNDER_WORDS_BYTES_MAX 2040u      ///< of one message between two monitors
#define FLOUNDER_RIGHTS_MAX 32u             ///< of an interface

/// A place in a file; line and column count from 1.
struct place {
    const char *path;
    unsigned line, column;
};

/// Memory that is freed all at once (arena.c); ends the program when there is none.
struct arena {
    struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t bytes); // zeroed
char *arena_text(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

/// faults.c: what is wrong, each with how to mend it, in the order of the file.
struct faults {
    FILE *out;
    size_t count, warnings;
};

void fault(struct faults *faults, struct place place, const char *mend, const char *what, ...)
    __attribute__((format(printf, 4, 5)));
void warning(struct faults *faults, struct place place, const char *mend, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

enum type_kind {
    TYPE_NUMBER,
    TYPE_BOOL,
    TYPE_STRING,
    TYPE_CAP,
    TYPE_ENUM,
    TYPE_STRUCT,
    TYPE_ARRAY
};

/// A field of a struct, or an element of an enum (then without a type).
struct field {
    struct field *next;
    const char *name;
    struct place place;
    const struct type *type;
};

struct type {
    struct type *next;
    const char *name;
    struct place place;
    enum type_kind kind;
    bool builtin;          ///< then c_name is its C type, else the interface's name is before it
    bool gives;            ///< of a capability: it is moved
    const char *c_name;    ///< of a builtin type
    unsigned bytes;        ///< as a message carries it
    unsigned caps;         ///< that travel beside the bytes
    const struct type *of; ///< what an alias stands for; the element of an array
    unsigned count;        ///< elements of an array or of an enum
    struct field *fields;  ///< of a struct or of an enum
};

enum shape { SHAPE_VALUE, SHAPE_TEXT, SHAPE_ARRAY };

/// An argument. A text has at most `max` bytes, its end included; an array at most `max` elements, and
/// an argument more, its length.
struct argument {
    struct argument *next;
    struct place place;
    const struct type *type;
    const char *name, *length_name;
    enum shape shape;
    unsigned max;
    bool out;
};

enum operation_kind { OPERATION_MESSAGE, OPERATION_CALL, OPERATION_RESPONSE, OPERATION_RPC };

struct parameter {
    struct parameter *next;
    const char *name, *value;
    struct place place;
};

struct attribute {
    struct attribute *next;
    const char *name;
    struct place place;
    struct parameter *parameters;
    uint32_t rights; ///< those that it names
};

/// What a binding may be allowed; its bit in a mask is its place among the interface's.
struct right {
    struct right *next;
    const char *name;
    struct place place; ///< where it is named first
    uint32_t bit;
};

struct operation {
    struct operation *next;
    enum operation_kind kind;
    const char *name;
    struct place place;
    unsigned number; ///< F2: of the message, or of the rpc's call
    bool has_call;   ///< of an rpc: its name leaves room for a plain function
    struct argument *arguments;
    struct attribute *attributes;
    uint32_t rights; ///< who has one of them may send it, or call; 0: everybody may
};

struct interface {
    struct arena arena;
    const char *path;
    const char *name, *description;
    struct place place;
    bool monitors;      ///< it is between monitors (check_monitors.c)
    struct type *types; ///< as declared
    struct operation *operations;
    struct right *rights; ///< as named
    unsigned numbers;     ///< messages, the two of each rpc counted
};

/// parse.c. Reads an interface out of `text`, which ends with a zero byte; returns whether it has no
/// fault. Free it with interface_free() in any case.
bool interface_parse(struct interface *interface, const char *path, const char *text,
                     struct faults *faults);
void interface_free(struct interface *interface);

/// types.c: builtin types, and what follows from a type. Between monitors a capability is what
/// identify tells of it.
const struct type *type_builtin(const struct interface *interface, const char *name); ///< or NULL
const char *type_near(const struct interface *interface, const char *name);           ///< or NULL
const struct type *type_base(const struct type *type); ///< behind all aliases

/// signature.c: what of a message both sides must agree on, without the names of its arguments.
void signature_print(FILE *out, const struct interface *interface,
                     const struct operation *operation);
uint64_t signature_digest(const struct interface *interface, const struct operation *operation);

/// check_monitors.c: says what is wrong in an interface between monitors.
void interface_check_monitors(const struct interface *interface, struct faults *faults);

/// diff.c: tells on `out` what of `changed` keeps clients of `old` from working; returns how many.
size_t interface_diff(const struct interface *old, const struct interface *changed, FILE *out);
