// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Reads Hakefiles. Each file is read twice: by libyaml into a document, which knows the place of
// every word and reports what is not YAML; and by libcyaml into `struct part`, which checks keys
// and types against the schema below. libcyaml's own places are those of the word before, so its
// complaint ("Unexpected key: x") is looked up in the document. Which keys a kind of part needs
// or refuses is check.c's business.
#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <yaml/choices.h>

#include "hake.h"

struct parsed {
    char *platform;
    struct part *parts;
    unsigned parts_count;
};

static const cyaml_strval_t kinds[] = {
    {"headers", KIND_HEADERS}, {"library", KIND_LIBRARY},     {"cpudriver", KIND_CPUDRIVER},
    {"domain", KIND_DOMAIN},   {"tool", KIND_TOOL},           {"plugin", KIND_PLUGIN},
    {"test", KIND_TEST},       {"boot_test", KIND_BOOT_TEST}, {"image", KIND_IMAGE},
};
static const cyaml_strval_t targets[] = {
    {"cpudriver", TARGET_CPUDRIVER},
    {"domain", TARGET_DOMAIN},
    {"host", TARGET_HOST},
};
static const cyaml_strval_t sanitizers[] = {
    {"none", SANITIZER_NONE},
    {"address", SANITIZER_ADDRESS},
    {"thread", SANITIZER_THREAD},
};
static const cyaml_strval_t suites[] = {
    {"test", SUITE_TEST},
    {"test-long", SUITE_TEST_LONG},
    {"bench", SUITE_BENCH},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define CHOICE CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT
#define LIST_FIELD(member)                                                                         \
    CYAML_FIELD_SEQUENCE(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct part, member,   \
                         &string_schema, 0, CYAML_UNLIMITED)
#define STRING_FIELD(member)                                                                       \
    CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct part, member, \
                           1, CYAML_UNLIMITED)

static const cyaml_schema_value_t string_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CYAML_UNLIMITED),
};
static const cyaml_schema_field_t part_fields[] = {
    STRING_FIELD(name),
    CYAML_FIELD_ENUM("kind", CHOICE, struct part, kind, kinds, COUNT(kinds)),
    CYAML_FIELD_FLAGS("targets", CHOICE, struct part, targets, targets, COUNT(targets)),
    LIST_FIELD(deps),
    STRING_FIELD(include),
    LIST_FIELD(sources),
    LIST_FIELD(cflags),
    STRING_FIELD(linker_script),
    LIST_FIELD(libs),
    CYAML_FIELD_FLAGS("sanitizers", CHOICE, struct part, sanitizers, sanitizers, COUNT(sanitizers)),
    CYAML_FIELD_ENUM("suite", CHOICE, struct part, suite, suites, COUNT(suites)),
    LIST_FIELD(args),
    CYAML_FIELD_UINT("status", CYAML_FLAG_OPTIONAL, struct part, status),
    CYAML_FIELD_UINT("repeat", CYAML_FLAG_OPTIONAL, struct part, repeat),
    STRING_FIELD(platform),
    LIST_FIELD(data),
    LIST_FIELD(includes_private),
    LIST_FIELD(interfaces),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t part_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct part, part_fields),
};
static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_SEQUENCE("parts", CYAML_FLAG_POINTER, struct parsed, parts, &part_schema, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("platform", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct parsed,
                           platform, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct parsed, file_fields),
};

static struct place place_of_node(const struct hakefile *file, const yaml_node_t *node)
{
    return (struct place){file->path, node->start_mark.line + 1, node->start_mark.column + 1};
}

/// What libcyaml says about the first error: its message, then a place near by and the fields
/// around.
struct complaint {
    char message[200];
    struct choices_path path;
    size_t line, column;
};

static void note_complaint(cyaml_log_t level, void *context, const char *format, va_list args)
{
    struct complaint *complaint = context;
    char text[200];
    if (level != CYAML_LOG_ERROR)
        return;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    choices_note(&complaint->path, text);
    const char *mark = strstr(text, " (line: ");
    if (complaint->line != 0)
        return;
    if (mark != NULL) {
        sscanf(mark, " (line: %zu, column: %zu", &complaint->line, &complaint->column);
    } else if (complaint->message[0] == '\0' && strstr(text, "Backtrace:") == NULL) {
        const char *start = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;
        snprintf(complaint->message, sizeof complaint->message, "%s", start);
    }
}

static bool is_before(const yaml_mark_t *a, size_t line, size_t column)
{
    return a->line + 1 < line || (a->line + 1 == line && a->column + 1 < column);
}

/// The first scalar at or behind the place that libcyaml gave which is the word it complains of.
static struct place locate(const struct hakefile *file, const struct complaint *complaint)
{
    struct place place = {file->path, complaint->line, complaint->column};
    if (place.line == 0)
        return (struct place){file->path, 1, 1}; // libcyaml named no place: the file's own
    const char *colon = strrchr(complaint->message, ':');
    const yaml_node_t *found = NULL;
    for (const yaml_node_t *node = file->document.nodes.start;
         colon != NULL && node < file->document.nodes.top; node++)
        if (node->type == YAML_SCALAR_NODE &&
            strcmp((const char *)node->data.scalar.value, colon + 2) == 0 &&
            !is_before(&node->start_mark, complaint->line, complaint->column) &&
            (found == NULL || is_before(&node->start_mark, found->start_mark.line + 1,
                                        found->start_mark.column + 1)))
            found = node;
    return found != NULL ? place_of_node(file, found) : place;
}

static bool load_document(struct hakefile *file, const char *text, size_t size)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0)
        die("out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    bool loaded = yaml_parser_load(&parser, &file->document) != 0;
    if (!loaded) {
        report((struct place){file->path, parser.problem_mark.line + 1,
                              parser.problem_mark.column + 1},
               "%s", parser.problem);
    } else if (yaml_document_get_root_node(&file->document) == NULL) {
        report((struct place){file->path, 1, 1}, "no parts");
        loaded = false;
    }
    yaml_parser_delete(&parser);
    return loaded;
}

static void load_file(struct hakefile *file)
{
    size_t size;
    char *text = read_file(file->path, &size);
    if (text == NULL)
        die("cannot read %s: %m", file->path);
    struct complaint complaint = {0};
    const cyaml_config_t config = {
        .log_fn = note_complaint,
        .log_ctx = &complaint,
        .log_level = CYAML_LOG_ERROR,
        .mem_fn = cyaml_mem,
    };
    struct parsed *parsed = NULL;
    if (!load_document(file, text, size))
        return;
    cyaml_err_t error = cyaml_load_data((const uint8_t *)text, size, &config, &file_schema,
                                        (cyaml_data_t **)&parsed, NULL);
    if (error != CYAML_OK) {
        char choices[256];
        choices_print(&file_schema, &complaint.path, complaint.message, choices, sizeof choices);
        report(locate(file, &complaint), "%s%s",
               complaint.message[0] != '\0' ? complaint.message
                                            : "a Hakefile cannot have this here",
               choices);
        return;
    }
    file->parts = parsed->parts;
    file->platform = parsed->platform;
    file->parts_count = parsed->parts_count;
    free(text);
}

void tree_parse(struct tree *tree)
{
    tree->files = checked(calloc(tree->hakefiles.count + 1, sizeof *tree->files));
    for (size_t i = 0; i < tree->hakefiles.count; i++) {
        struct hakefile *file = &tree->files[i];
        file->path = tree->hakefiles.items[i];
        file->dir = path_dir(file->path);
        load_file(file);
        size_t total = tree->parts_count + file->parts_count;
        tree->parts = checked(realloc(tree->parts, (total + 1) * sizeof *tree->parts));
        for (unsigned j = 0; j < file->parts_count; j++) {
            file->parts[j].file = file;
            file->parts[j].index = j;
            if (file->parts[j].kind == KIND_BOOT_TEST && file->parts[j].platform == NULL)
                file->parts[j].platform = file->platform;
            tree->parts[tree->parts_count++] = &file->parts[j];
        }
    }
}

static const char *key_of_pair(yaml_document_t *document, const yaml_node_pair_t *pair)
{
    return (const char *)yaml_document_get_node(document, pair->key)->data.scalar.value;
}

/// A mapping's pair of nodes with this key, or NULL.
static yaml_node_pair_t *find_in(yaml_document_t *document, const yaml_node_t *mapping,
                                 const char *key)
{
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++)
        if (strcmp(key_of_pair(document, pair), key) == 0)
            return pair;
    return NULL;
}

/// The value of a key of the file itself, which is there.
static yaml_node_t *file_value(struct hakefile *file, const char *key)
{
    yaml_node_t *root = yaml_document_get_root_node(&file->document);
    return yaml_document_get_node(&file->document, find_in(&file->document, root, key)->value);
}

/// The document's mapping of a part: the schema has already made sure of the shape.
static yaml_node_t *part_node(const struct part *part)
{
    yaml_node_t *list = file_value(part->file, "parts");
    return yaml_document_get_node(&part->file->document,
                                  list->data.sequence.items.start[part->index]);
}

const char *part_key(const struct part *part, unsigned n)
{
    yaml_node_pair_t *pair = part_node(part)->data.mapping.pairs.start + n;
    return pair < part_node(part)->data.mapping.pairs.top ? key_of_pair(&part->file->document, pair)
                                                          : NULL;
}

/// The key's pair of nodes, or NULL when the part does not have the key.
static yaml_node_pair_t *find_pair(const struct part *part, const char *key)
{
    return find_in(&part->file->document, part_node(part), key);
}

struct place place_of_file_value(struct hakefile *file, const char *key)
{
    return place_of_node(file, file_value(file, key));
}

struct place place_of_part(const struct part *part)
{
    return place_of_node(part->file, part_node(part));
}

struct place place_of_key(const struct part *part, const char *key)
{
    yaml_node_pair_t *pair = find_pair(part, key);
    return pair == NULL ? place_of_part(part)
                        : place_of_node(part->file,
                                        yaml_document_get_node(&part->file->document, pair->key));
}

struct place place_of_value(const struct part *part, const char *key, int item)
{
    yaml_node_pair_t *pair = find_pair(part, key);
    if (pair == NULL)
        return place_of_part(part);
    yaml_node_t *node = yaml_document_get_node(&part->file->document, pair->value);
    if (item >= 0 && node->type == YAML_SEQUENCE_NODE)
        node = yaml_document_get_node(&part->file->document, node->data.sequence.items.start[item]);
    return place_of_node(part->file, node);
}
