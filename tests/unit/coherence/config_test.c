// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The configuration that stave-boot writes: a good one, and each mistake.
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <testlib/testlib.h>

#define CPUDRIVER "image build/cpudriver.elf\n"
#define TEXT "text /dev/null\n"

static struct config config;
static char wrong[256];

static void close_config(void)
{
    images_free(&config.images);
    FILE *files[] = {config.text, config.csv, config.audit};
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (files[i] != NULL)
            fclose(files[i]);
}

static bool reads(const char *text)
{
    char path[] = "/tmp/coherence-XXXXXX";
    int fd = mkstemp(path);
    wrong[0] = '\0';
    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    bool ok = config_read(&config, path, wrong, sizeof(wrong));
    unlink(path);
    return ok;
}

static void refused(const char *text, const char *word)
{
    CU_ASSERT_FALSE(reads(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(wrong, word));
    close_config();
}

static void test_good(void)
{
    CU_ASSERT(reads("cores 255\n" CPUDRIVER "image README.md\n" TEXT "csv /dev/null\n"
                    "node 0 128\nnode 128 127\ncosts a machine\ncost far 77\ncost mhz 1000000\n"));
    CU_ASSERT_EQUAL(config.cores, 255);
    CU_ASSERT_EQUAL(config.images.count, 1); // a module that is no ELF file has no names
    CU_ASSERT(config.text != NULL && config.csv != NULL && config.audit == NULL);
    CU_ASSERT(config.node[127] == 0 && config.node[128] == 1 && config.node[254] == 1);
    CU_ASSERT(config.costs.far == 77 && config.costs.mhz == 1000000 && config.costs.near == 0);
    CU_ASSERT_STRING_EQUAL(config.costs_name, "a machine");
    close_config();
}

static void test_audit_alone(void)
{
    CU_ASSERT(reads("cores 4\n" CPUDRIVER "audit /dev/null\n"));
    CU_ASSERT(config.text == NULL && config.audit != NULL);
    close_config();
}

static void test_refused(void)
{
    refused("cores 256\n", "'cores 256'");
    refused("cores 0\n", "'cores 0'");
    refused("cores 4x\n", "'cores 4x'");
    refused("image README.md\n", "'image README.md'");
    refused("text /no/such/folder/x\n", "'text /no/such/folder/x'");
    refused("colour red\n", "'colour red'");
    refused("node 0\n", "'node 0'");
    refused("node 250 6\n", "'node 250 6'");
    refused("node 256 0\n", "'node 256 0'");
    refused("cost far -1\n", "'cost far -1'");
    refused("cost beauty 1\n", "'cost beauty 1'");
    refused("cost far\n", "'cost far'");
    refused("cores\n", "'cores '");
    refused("cores 4\n" TEXT, "missing");
    refused("cores 4\n" CPUDRIVER, "missing");
    refused(CPUDRIVER TEXT, "missing");
    CU_ASSERT_FALSE(config_read(&config, "no such file", wrong, sizeof(wrong)));
}

TEST_SUITE("config") = {
    {"good", test_good},
    {"audit alone", test_audit_alone},
    {"mistakes", test_refused},
};
