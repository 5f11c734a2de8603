// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Files of costs: the schema and what it cannot express.
#include "costs.h"

#include "yaml_file.h"

#define COST_MAX 1000000u

static const cyaml_schema_field_t costs_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct costs, name, 1, 63),
    CYAML_FIELD_UINT("instruction", CYAML_FLAG_DEFAULT, struct costs, instruction),
    CYAML_FIELD_UINT("near", CYAML_FLAG_DEFAULT, struct costs, near),
    CYAML_FIELD_UINT("far", CYAML_FLAG_DEFAULT, struct costs, far),
    CYAML_FIELD_UINT("busy", CYAML_FLAG_DEFAULT, struct costs, busy),
    CYAML_FIELD_UINT("next", CYAML_FLAG_DEFAULT, struct costs, next),
    CYAML_FIELD_UINT("memory", CYAML_FLAG_DEFAULT, struct costs, memory),
    CYAML_FIELD_UINT("interrupt", CYAML_FLAG_DEFAULT, struct costs, interrupt),
    CYAML_FIELD_BOOL("read_takes", CYAML_FLAG_DEFAULT, struct costs, read_takes),
    CYAML_FIELD_UINT("mhz", CYAML_FLAG_DEFAULT, struct costs, mhz),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t costs_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct costs, costs_fields),
};

static bool check(const struct costs *costs, const char *path, struct report *report)
{
    const uint32_t values[] = {costs->instruction, costs->near,   costs->far,       costs->busy,
                               costs->next,        costs->memory, costs->interrupt, costs->mhz};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (values[i] > COST_MAX)
            return report_set(report, "%s: %u is more than %u", path, values[i], COST_MAX);
    return costs->mhz != 0 || report_set(report, "%s: mhz: 0 is no clock", path);
}

struct costs *costs_load(const char *path, struct report *report)
{
    struct costs *costs = yaml_file_load(path, "costs", &costs_schema, report);
    if (costs != NULL && !check(costs, path, report)) {
        costs_free(costs);
        return NULL;
    }
    return costs;
}

void costs_free(struct costs *costs)
{
    yaml_file_free(&costs_schema, costs);
}

void costs_write(const struct costs *costs, FILE *out)
{
    fprintf(out,
            "costs %s\ncost instruction %u\ncost near %u\ncost far %u\ncost busy %u\n"
            "cost next %u\ncost memory %u\ncost interrupt %u\ncost read_takes %d\ncost mhz %u\n",
            costs->name, costs->instruction, costs->near, costs->far, costs->busy, costs->next,
            costs->memory, costs->interrupt, costs->read_takes, costs->mhz);
}
