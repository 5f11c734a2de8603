// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The one thing that hake wants of a platform file: which programs are in the image, so that ninja
// builds those first. Whether the file is right is for stave-boot to say, which makes the image;
// what cannot be understood here is left out.
#include <stdlib.h>
#include <string.h>

#include "hake.h"

static yaml_node_t *value_of(yaml_document_t *document, yaml_node_t *mapping, const char *key)
{
    if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        yaml_node_t *name = yaml_document_get_node(document, pair->key);
        if (name->type == YAML_SCALAR_NODE && strcmp((char *)name->data.scalar.value, key) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static void read_modules(struct part *image, yaml_document_t *document)
{
    yaml_node_t *modules = value_of(document, yaml_document_get_root_node(document), "modules");
    if (modules == NULL || modules->type != YAML_SEQUENCE_NODE)
        return;
    for (yaml_node_item_t *item = modules->data.sequence.items.start;
         item < modules->data.sequence.items.top; item++) {
        yaml_node_t *name = value_of(document, yaml_document_get_node(document, *item), "name");
        if (name != NULL && name->type == YAML_SCALAR_NODE)
            paths_add(&image->modules, format_string("%s", (char *)name->data.scalar.value));
    }
}

void platform_read_modules(struct part *image)
{
    size_t size;
    char *text = read_file(path_join(image->file->dir, image->platform), &size);
    yaml_parser_t parser;
    yaml_document_t document;
    if (text == NULL || yaml_parser_initialize(&parser) == 0)
        die("cannot read %s", image->platform);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (yaml_parser_load(&parser, &document) != 0) {
        read_modules(image, &document);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    free(text);
}
