// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files that write C share. An interface `kv` becomes if/kv_defs.h, which its users include,
// and a source with the functions behind it. The names are those of Barrelfish's Flounder.
//
// A message on its way is a row of bytes: numbers as the machine has them, one behind the other
// without gaps; a bool one byte, an enum four; an array its length in four bytes, then its
// elements; a text its length with its end in four bytes (0: no text), then its bytes. Capabilities
// travel beside them, in order; between monitors they are descriptions among the bytes.
#pragma once

#include "flounder.h"

/// One message: a declared one, or one of the two of an rpc.
struct message {
    const struct operation *operation;
    const char *name; ///< of an rpc: with _call or _response
    unsigned number;
    bool out;       ///< it carries the operation's `out` arguments, else the others
    unsigned bytes; ///< at most
    unsigned caps;
    bool fixed; ///< always the same length
};

/// Calls `each` for the messages in their order (F2).
void messages_each(FILE *out, const struct interface *interface,
                   void (*each)(FILE *out, const struct interface *interface,
                                const struct message *message));

/// The bytes of the longest.
unsigned messages_longest(const struct interface *interface);

/// The next argument of a message, from `argument` on; NULL: none.
const struct argument *message_argument(const struct message *message,
                                        const struct argument *argument);
#define MESSAGE_ARGUMENTS(argument, message)                                                       \
    const struct argument *argument = message_argument(message, (message)->operation->arguments);  \
    argument != NULL;                                                                              \
    argument = message_argument(message, argument->next)

/// Whether a message carries a type as C has it in memory, and any value is right.
bool type_is_plain(const struct type *type);
/// Writes its name in C.
void emit_type(FILE *out, const struct interface *interface, const struct type *type);

/// The parameters of a message, each behind a comma; of an rpc, all of them, `out` ones as places.
void emit_parameters(FILE *out, const struct interface *interface, const struct message *message);
void emit_rpc_parameters(FILE *out, const struct interface *interface, const struct operation *rpc);
/// `errval_t NAME_RPC__answer(...)`, which answers a call by its number, without an end.
void emit_answer_head(FILE *out, const struct interface *interface, const struct operation *rpc);
/// `errval_t NAME_RPC__start(...)`, without an end.
void emit_start_head(FILE *out, const struct interface *interface, const struct operation *rpc);
/// A message's arguments as members of a struct, each with its memory.
void emit_members(FILE *out, const struct interface *interface, const struct message *message);
/// The same names, to pass them on.
void emit_names(FILE *out, const struct message *message);
void emit_rpc_names(FILE *out, const struct operation *rpc);

/// `verb` ("put" or "get") for a value at an address, as a statement.
void emit_value(FILE *out, const struct interface *interface, const struct type *type,
                const char *verb, const char *address);

/// `prefix`_`name` in capitals, for constants.
void emit_capitals(FILE *out, const char *prefix, const char *name);

/// emit_monitors_header.c, emit_monitors_source.c, emit_monitors_print.c: of an interface between
/// monitors.
void emit_monitors_header(FILE *out, const struct interface *interface);
void emit_monitors_source(FILE *out, const struct interface *interface, const char *header);
void emit_printers(FILE *out, const struct interface *interface);

/// emit_rights.c: what an interface with rights has, for its header; what refuses a message.
void emit_rights(FILE *out, const struct interface *interface);
void emit_denial(FILE *out, const struct interface *interface, const struct message *message);

/// emit_header.c, emit_types.c, emit_codec.c, emit_send.c, emit_receive.c, emit_source.c: of one
/// between domains; emit_types.c and emit_codec.c of both.
void emit_header(FILE *out, const struct interface *interface);
void emit_types(FILE *out, const struct interface *interface);
void emit_codecs(FILE *out, const struct interface *interface);
void emit_senders(FILE *out, const struct interface *interface);
void emit_receivers(FILE *out, const struct interface *interface);
void emit_source(FILE *out, const struct interface *interface, const char *header);
