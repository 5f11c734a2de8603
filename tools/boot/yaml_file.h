// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Reading the YAML files of people, with libcyaml: mistakes are reported as file:line:column.
#pragma once

#include <cyaml/cyaml.h>

#include "report.h"

/// Read a file by its schema. NULL on failure; else to be freed with yaml_file_free(). `what` says
/// in the message what the missing file was to be.
void *yaml_file_load(const char *path, const char *what, const cyaml_schema_value_t *schema,
                     struct report *report);

void yaml_file_free(const cyaml_schema_value_t *schema, void *data);
