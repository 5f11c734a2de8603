// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What parse.c, parse_types.c, parse_attribute.c and parse_message.c share. After a fault the rest of a declaration, a
// field or an argument is skipped, so that one run tells of all that is wrong. What returns a bool
// has told of a fault if it is false.
#pragma once

#include "lex.h"

struct parser {
    struct lexer lexer;
    struct interface *interface;
    struct faults *faults;
};

bool accept_mark(struct parser *parser, const char *mark);
/// `where`: what the mark belongs to, for the reader.
bool expect_mark(struct parser *parser, const char *mark, const char *where);
/// A name that can be one of C's: no keyword. `what` says what is named.
bool expect_name(struct parser *parser, const char *what, const char **name, struct place *place);
/// A number from 1 to `most`.
bool expect_count(struct parser *parser, const char *what, uint64_t most, unsigned *count);

/// Whether a declaration begins here: with its word, at the beginning of a line. Such a word may also
/// be the name of a type.
bool at_declaration(const struct parser *parser);
/// After a fault: goes on before the next of these marks that is in no brackets, or before the next
/// declaration.
void skip_to(struct parser *parser, const char *marks);

/// parse_types.c
bool parse_type_reference(struct parser *parser, const struct type **type);
bool parse_alias(struct parser *parser);
bool parse_typedef(struct parser *parser);

/// parse_attribute.c
bool parse_attribute(struct parser *parser, struct attribute **list);
/// Whether INTERFACE_NAME is the constant of a right.
bool is_constant_of(const struct right *right, const char *name);
/// Tells of rights whose constant is something else in C.
void interface_check_rights(struct interface *interface, struct faults *faults);

/// parse_message.c
bool parse_operation(struct parser *parser, struct attribute *attributes);
/// Whether INTERFACE_NAME is an element of an enum, or a type.
bool interface_declares(const struct interface *interface, const char *name);
/// Finds which rpcs have a plain function, INTERFACE_RPC.
void interface_find_calls(struct interface *interface, struct faults *faults);
