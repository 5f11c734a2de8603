// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a YAML file could have had in place of a word that libcyaml refuses. libcyaml says which word
// that is, and in a backtrace the fields that it stands in, the innermost first; the schema says
// what there is. In a header, because hake must compile without a library.
#pragma once

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#define CHOICES_DEPTH_MAX 4u
#define CHOICES_WORD_BYTES 32u

/// Fields around the refused word, innermost first. All zero: none is known.
struct choices_path {
    unsigned count;
    char fields[CHOICES_DEPTH_MAX][CHOICES_WORD_BYTES];
};

/// Take note of a line of libcyaml's log, if it is one of the backtrace that names a field.
static inline void choices_note(struct choices_path *path, const char *line)
{
    char *field = path->fields[path->count % CHOICES_DEPTH_MAX];
    if (path->count < CHOICES_DEPTH_MAX && sscanf(line, " in mapping field '%31[^']", field) == 1)
        path->count++;
}

/// Private to this file: the schema of a mapping's field, or NULL. Sequences are looked through.
static inline const cyaml_schema_value_t *choices_field(const cyaml_schema_value_t *schema,
                                                        const char *name)
{
    while (schema != NULL && schema->type == CYAML_SEQUENCE)
        schema = schema->sequence.entry;
    if (schema == NULL || schema->type != CYAML_MAPPING)
        return NULL;
    const cyaml_schema_field_t *field = schema->mapping.fields;
    while (field->key != NULL && strcmp(field->key, name) != 0)
        field++;
    return field->key != NULL ? &field->value : NULL;
}

/// Private to this file: append to a list, which is cut if there is no room.
static inline void choices_add(char *text, size_t bytes, const char *word)
{
    size_t used = strlen(text);
    snprintf(text + used, bytes - used, "%s%s", used == 0 ? "; there are: " : ", ", word);
}

/// Write "; there are: ..." if libcyaml's complaint is about an unknown key or value, else nothing.
static inline void choices_print(const cyaml_schema_value_t *schema,
                                 const struct choices_path *path, const char *complaint, char *text,
                                 size_t bytes)
{
    text[0] = '\0';
    for (unsigned i = path->count; i > 0 && schema != NULL; i--)
        schema = choices_field(schema, path->fields[i - 1]);
    while (schema != NULL && schema->type == CYAML_SEQUENCE)
        schema = schema->sequence.entry;
    if (schema == NULL)
        return;
    if (strncmp(complaint, "Unexpected key", 14) == 0 && schema->type == CYAML_MAPPING)
        for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL;
             field++)
            choices_add(text, bytes, field->key);
    else if ((strncmp(complaint, "Invalid ENUM", 12) == 0 && schema->type == CYAML_ENUM) ||
             (strncmp(complaint, "Unknown flag", 12) == 0 && schema->type == CYAML_FLAGS))
        for (uint32_t i = 0; i < schema->enumeration.count; i++)
            choices_add(text, bytes, schema->enumeration.strings[i].str);
}
