// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The fed model. Its outputs are memory streams.
#include "trace.h"

#include "bench/mark.h"

#include <stdlib.h>
#include <string.h>

#define USER_PC 0x400000u
#define DRIVER_PC 0xffffffff80200000u

static struct config config;
static struct model model;
static char *text, *csv;
static size_t text_bytes, csv_bytes;

void trace_begin(unsigned cores)
{
    config = (struct config){
        .cores = cores,
        .text = open_memstream(&text, &text_bytes),
        .csv = open_memstream(&csv, &csv_bytes),
    };
    model_init(&model, &config);
}

void trace_end(void)
{
    model_free(&model);
    fclose(config.text);
    fclose(config.csv);
    free(text);
    free(csv);
}

struct model *trace_model(void)
{
    return &model;
}

static const struct site *site_of(uint64_t pc, const char *bytes, size_t count)
{
    return model_site(&model, pc, IMAGE_NONE, (const uint8_t *)bytes, count);
}

static const struct site *plain_site(bool driver)
{
    return site_of(driver ? DRIVER_PC : USER_PC, "\x90", 1);
}

void trace_run(unsigned core, unsigned count, bool driver)
{
    for (unsigned i = 0; i < count; i++)
        model_instruction(&model, core, plain_site(driver));
}

static void trace_access(unsigned core, uint64_t paddr, bool driver, bool write)
{
    trace_run(core, 1, driver);
    model_access(&model, core, plain_site(driver), paddr, paddr, 8, write);
}

void trace_read(unsigned core, uint64_t paddr, bool driver)
{
    trace_access(core, paddr, driver, false);
}

void trace_write(unsigned core, uint64_t paddr, bool driver)
{
    trace_access(core, paddr, driver, true);
}

void trace_mark(unsigned core, unsigned op, unsigned what)
{
    char bytes[8] = {0x0f, 0x1f, (char)0x84, 0x00};
    uint32_t displacement = BENCH_MARK_BASE | what << 4 | op;
    memcpy(bytes + 4, &displacement, sizeof(displacement));
    model_instruction(&model, core, site_of(USER_PC, bytes, sizeof(bytes)));
}

void trace_pause(unsigned core, uint64_t pc)
{
    model_instruction(&model, core, site_of(pc, "\xf3\x90", 2));
}

void trace_fence(unsigned core, const char *bytes, size_t count)
{
    model_instruction(&model, core, site_of(USER_PC, bytes, count));
}

const char *trace_text(void)
{
    fflush(config.text);
    return text;
}

const char *trace_csv(void)
{
    fflush(config.csv);
    return csv;
}
