// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// `ninja bench` without machines: tools/report/report on canned rows, in a temporary folder. The
// page has every plot and needs no network, and whatever goes wrong is named on it and costs the
// exit status, but no other measurement.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define DATA "tests/system/report/"

static char folder[] = "/tmp/system-report-XXXXXX";

/// What a file of the output holds, and how long it is; to be freed.
static struct host_output slurp(const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/out/%s", folder, name);
    return host_run((const char *const[]){"cat", path, NULL});
}

static bool check_starts(const char *name, const char *magic)
{
    struct host_output file = slurp(name);
    bool good = CHECK(file.status == 0) && CHECK(file.bytes > 1000) &&
                CHECK(memcmp(file.text, magic, strlen(magic)) == 0);
    free(file.text);
    return good;
}

static struct host_output report_run(const char *boot, const char *boots, const char *option)
{
    char output[256];
    snprintf(output, sizeof(output), "%s/out", folder);
    return host_run((const char *const[]){"tools/report/report", "--list", DATA "measurements",
                                          "--boot", boot, "--output", output, "--boots", boots,
                                          option, NULL});
}

static void check_has(const struct host_output *page, const char *text)
{
    if (!CHECK(strstr(page->text, text) != NULL))
        fprintf(stderr, "  missing: %s\n", text);
}

/// What is there whether or not something else fails.
static void check_page(const struct host_output *page)
{
    static const char *const plots[] = {"by-size", "by-core", "by-name", "by-channel", "counted"};
    for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++) {
        char name[64];
        snprintf(name, sizeof(name), "plots/%s.svg", plots[i]);
        check_has(page, name);
        CHECK(check_starts(name, "<?xml"));
        snprintf(name, sizeof(name), "plots/%s.png", plots[i]);
        check_has(page, name);
        CHECK(check_starts(name, "\x89PNG"));
    }
    CHECK(strstr(page->text, "http") == NULL);
    CHECK(strstr(page->text, "<trip>") == NULL);
    check_has(page, "<th>processor of the host</th>");
    check_has(page, "<th>commit</th>");
    check_has(page, "<th>compiler</th>");
    check_has(page, "<th>kernel of the host</th>");
    check_has(page, "@misc{stave-");
    check_has(page, "Canned, by 'size'");
    check_has(page, "<b>It means:</b> a &lt; b");
    check_has(page, "<b>It does not mean:</b> c");
    check_has(page, "<p class=\"absent\">Not in this image.</p>");
    check_has(page, "csv/good-machine-4c4n.1.csv");
    // Medians 20, 40 and 30 against 90.
    check_has(page, "<td>2 cores, parallel</td><td>round trip</td><td class=\"n\">30</td>");
    check_has(page, "<td class=\"n\">0.333</td>");
    // 30 measured; 450.9 and 650.9 modelled.
    check_has(page, "<td>a canned prediction</td><td class=\"n\">30.0</td>"
                    "<td class=\"n\">550.9</td><td class=\"n\">18.36</td>"
                    "<td class=\"contradicted\">not within a quarter</td>");
    check_has(page, "<p class=\"holds\">Canned, and true. Here: 1.00, at most 1.5; so this "
                    "<b>holds</b>.</p>");
    check_has(page, "<p class=\"contradicted\">Canned, and false. Here: 30.00, at most 29; so this "
                    "<b>is contradicted by the numbers</b>.</p>");
}

/// The point of a machine: the median over the boots, and the interval that they span; of a single
/// boot least minimum, median of the medians, greatest 99th percentile.
static void check_points(void)
{
    static const struct {
        const char *file, *texts[4];
    } plots[] = {
        {"plots/by-core.gp",
         {"<< END\n2 30 30 30\n4 30 30 30\n8 30 30 30\n", "set title 'Canned, by core'",
          "set xlabel 'cores'", "set ylabel 'time (cycles)'"}},
        {"plots/by-size.gp", {"\n8 25 25 25\n16 40 40 40\n", "set title 'Canned, by ''size'''"}},
        {"plots/counted.gp",
         {"<< END\n2 4.5 5.5 6.5\nEND\n", "set ylabel 'for each item (cache lines)'"}},
        {"plots/by-channel.gp",
         {"<< END\n\"stream a\" 30 30 30\n\"stream b\" 25.5 25.5 25.5\nEND\n"}},
        {"plots/by-boot.gp",
         {"<< END\n2 101 101.5 102\nEND\n", "set ylabel 'time (cycles)'", ", 2 boots"}},
        {"plots/by-boot-2.gp", {"<< END\n2 1 1.5 2\nEND\n", "set ylabel 'time (messages/ms)'"}},
    };
    for (size_t i = 0; i < sizeof(plots) / sizeof(plots[0]); i++) {
        struct host_output script = slurp(plots[i].file);
        for (size_t j = 0; j < 4 && plots[i].texts[j] != NULL; j++)
            check_has(&script, plots[i].texts[j]);
        free(script.text);
    }
}

/// A CSV file has rows and their names, and nothing else that a program printed.
static void check_csv(void)
{
    struct host_output csv = slurp("csv/good-machine-2c1n.2.csv"),
                       printed = slurp("log/good-machine-2c1n.2.printed");
    CHECK(strncmp(csv.text, "measurement,from,to,", 20) == 0);
    CHECK(strstr(csv.text, "does not count") == NULL);
    check_has(&csv, "round trip,0,2,8,10,cycles,10,30,90\n");
    check_has(&printed, "does not count");
    free(csv.text);
    free(printed.text);
}

/// A report beside itself, and beside one whose numbers are others.
static void compare(void)
{
    char out[256], other[256];
    snprintf(out, sizeof(out), "%s/out", folder);
    snprintf(other, sizeof(other), "%s/other", folder);
    struct host_output run =
        host_run((const char *const[]){"tools/report/compare", out, out, NULL});
    CHECK(run.status == 0);
    check_has(&run, " 0 apart, 0 of the old report's missing");
    free(run.text);
    run = host_run((const char *const[]){"cp", "-r", out, other, NULL});
    CHECK(run.status == 0);
    free(run.text);
    snprintf(out, sizeof(out), "%s/other/rows.tsv", folder);
    run = host_run((const char *const[]){
        "sed", "-i", "s/^channels\\(.*\\)\t300\t/channels\\1\t330\t/;s/^good-host/gone/", out,
        NULL});
    CHECK(run.status == 0);
    free(run.text);
    snprintf(out, sizeof(out), "%s/out", folder);
    run = host_run((const char *const[]){"tools/report/compare", out, other, NULL});
    CHECK(run.status == 0);
    check_has(&run, "330 [330, 330]");
    check_has(&run, "1.100  apart");
    check_has(&run, " 1 apart, 4 of the old report's missing");
    free(run.text);
    run = host_run((const char *const[]){"tools/report/compare", out, "/nowhere", NULL});
    CHECK(run.status == 2);
    check_has(&run, "/nowhere is no report");
    free(run.text);
}

static void good(void)
{
    struct host_output run = report_run(DATA "boot", "2", NULL), page = slurp("index.html");
    if (!CHECK(run.status == 0))
        host_show(&run);
    check_page(&page);
    check_points();
    check_csv();
    compare();
    CHECK(strstr(page.text, "class=\"failed\"") == NULL);
    free(run.text);
    free(page.text);
}

/// Results that are there are taken, without any machine; those that are not there fail.
static void resume(void)
{
    struct host_output run = report_run("false", "2", "--resume"), page = slurp("index.html");
    CHECK(run.status == 1);
    check_has(&page, "plots/by-core.svg");
    check_points();
    check_has(&run, "good-machine-8c4n.2: measured");
    check_has(&run, "unknown-2c1n.1: failed: status 1");
    free(run.text);
    free(page.text);
    run = report_run(DATA "boot", "3", "--quick");
    CHECK(run.status == 0);
    check_has(&run, "good-machine-4c4n.1: measured");
    CHECK(strstr(run.text, "good-machine-8c4n") == NULL);
    CHECK(strstr(run.text, "good-machine-4c4n.2") == NULL);
    free(run.text);
}

static void failures(void)
{
    setenv("REPORT_TEST_FAILURES", "1", 1);
    struct host_output run = report_run(DATA "boot", "1", NULL), page = slurp("index.html");
    CHECK(run.status == 1);
    check_page(&page);
    check_has(&page, "malformed-2c1n.1.printed:3: median of 'round trip' is '2O', not a number");
    check_has(&page, "narrow-0c1n.1.printed:1: there is no column 'p99'");
    check_has(&page, "empty-0c1n.1.printed: no rows");
    check_has(&page, "<td>host parallel 0 1 1</td> <td class=\"failed\">failed: status 124");
    check_has(&page,
              "<code>exit 3</code></td> <td>machine parallel 2 1 1</td> <td class=\"failed\">");
    check_has(&page, "csv/after-2c1n.1.csv");
    check_has(&page, "Failed: nothing was measured");
    if (!CHECK(strstr(run.text, "6 failed, the page says what and why") != NULL))
        host_show(&run);
    free(run.text);
    free(page.text);
}

/// The peer without a network says so, and with a kernel packs an archive as cpio(5) has it.
static void peer(void)
{
    char path[512], program[6] = "";
    snprintf(path, sizeof(path), DATA "offline:%s", getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("PEER_DIR", folder, 1);
    struct host_output run = host_run((const char *const[]){"tools/peer/peer", "--help", NULL});
    CHECK(run.status == 0);
    check_has(&run, "usage: tools/peer/peer [OPTIONS of stave-boot");
    free(run.text);
    run = host_run((const char *const[]){"tools/peer/peer", NULL});
    CHECK(run.status == 2);
    check_has(&run, "no Linux kernel: linux-image-amd64 could not be downloaded");
    free(run.text);
    snprintf(path, sizeof(path), "%s/vmlinuz", folder);
    run = host_run((const char *const[]){"cp", DATA "good.csv", path, NULL});
    CHECK(run.status == 0);
    free(run.text);
    run = host_run((const char *const[]){"tools/peer/peer", "--timeout", "60", NULL});
    CHECK(run.status == 3); // no kernel after all
    free(run.text);
    snprintf(path, sizeof(path), "%s/initramfs", folder);
    run = host_run((const char *const[]){"cat", path, NULL});
    // A header of 110 bytes, the name and an end, to the next multiple of 4.
    unsigned size = 0;
    if (CHECK(run.bytes > 10000) && CHECK(memcmp(run.text, "0707010000000000", 16) == 0) &&
        CHECK(sscanf(run.text + 54, "%8x", &size) == 1) && CHECK(size < run.bytes - 116)) {
        memcpy(program, run.text + 116, 4);
        CHECK(strcmp(run.text + 110, "init") == 0);
        CHECK(strcmp(program, "\x7f"
                              "ELF") == 0);
        CHECK(memcmp(run.text + 116 + (size + 3) / 4 * 4, "070701", 6) == 0);
        CHECK(run.bytes % 4 == 0);
    }
    free(run.text);
}

int main(void)
{
    if (!CHECK(mkdtemp(folder) != NULL))
        return host_status();
    good();
    resume();
    failures();
    peer();
    static const char *const bad[][2] = {{"--what"}, {"--boots", "0"}, {"--boot", "/nope"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct host_output output =
            host_run((const char *const[]){"tools/report/report", bad[i][0], bad[i][1], NULL});
        CHECK(output.status == 2);
        free(output.text);
    }
    struct host_output removed = host_run((const char *const[]){"rm", "-r", folder, NULL});
    CHECK(removed.status == 0);
    free(removed.text);
    return host_status();
}
