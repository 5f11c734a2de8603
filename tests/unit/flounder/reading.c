// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Reads texts for the suites (reading.h).
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void read_text(struct reading *reading, const char *text)
{
    size_t size;
    char *copy = strdup(text);
    *reading = (struct reading){.faults = {.out = open_memstream(&reading->told, &size)}};
    CU_ASSERT_TRUE_FATAL(copy != NULL && reading->faults.out != NULL);
    reading->right = interface_parse(&reading->interface, "x.if", copy, &reading->faults);
    fclose(reading->faults.out);
    free(copy);
}

void unread(struct reading *reading)
{
    interface_free(&reading->interface);
    free(reading->told);
}

void read_right(struct reading *reading, const char *declarations)
{
    char text[8192];
    int length = snprintf(text, sizeof(text), "interface t {\n%s};\n", declarations);
    CU_ASSERT_FATAL((size_t)length < sizeof(text));
    read_text(reading, text);
    CU_ASSERT_STRING_EQUAL(reading->told, "");
    CU_ASSERT_TRUE_FATAL(reading->right);
}

const struct type *type_of(const struct reading *reading, const char *name)
{
    const struct type *type = reading->interface.types;
    while (type != NULL && strcmp(type->name, name) != 0)
        type = type->next;
    CU_ASSERT_PTR_NOT_NULL_FATAL(type);
    return type;
}

const struct operation *operation_of(const struct reading *reading, const char *name)
{
    const struct operation *operation = reading->interface.operations;
    while (operation != NULL && strcmp(operation->name, name) != 0)
        operation = operation->next;
    CU_ASSERT_PTR_NOT_NULL_FATAL(operation);
    return operation;
}

const struct argument *argument_of(const struct operation *operation, const char *name)
{
    const struct argument *argument = operation->arguments;
    while (argument != NULL && strcmp(argument->name, name) != 0)
        argument = argument->next;
    CU_ASSERT_PTR_NOT_NULL_FATAL(argument);
    return argument;
}
