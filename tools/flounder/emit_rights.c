// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Rights in C: a constant of each, the function that gives them to the other side of a binding, and
// the check before a message is looked at. Who has one of a message's rights may send it. A call
// without fails; a message has no answer, so its end is the binding's.
#include "emit.h"

void emit_rights(FILE *out, const struct interface *interface)
{
    if (interface->rights == NULL)
        return;
    fprintf(out, "/// Rights of a binding's other side.\nenum {\n");
    for (const struct right *right = interface->rights; right != NULL; right = right->next)
        fprintf(out, "    %s_RIGHT_%s = 0x%xu,\n", interface->name, right->name, right->bit);
    fprintf(out,
            "};\n\n/// The other side has these rights now, and no others; it begins with none.\n"
            "static inline void %1$s_allow(struct %1$s_binding *_binding, uint32_t rights)\n"
            "{\n    _binding->stub.rights = rights;\n}\n\n",
            interface->name);
}

void emit_denial(FILE *out, const struct interface *interface, const struct message *message)
{
    const struct operation *operation = message->operation;
    const char *separator = "    if ((_binding->stub.rights & (";
    if (operation->rights == 0 || message->out)
        return;
    for (const struct right *right = interface->rights; right != NULL; right = right->next)
        if ((operation->rights & right->bit) != 0) {
            fprintf(out, "%s%s_RIGHT_%s", separator, interface->name, right->name);
            separator = " | ";
        }
    fprintf(out, ")) == 0)\n        return %s;\n",
            operation->kind == OPERATION_RPC ? "flounder_denied(_row)" : "SYS_ERR_RIGHTS");
}
