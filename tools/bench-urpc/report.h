// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What bench-urpc prints: a table or CSV, and costs for the model of a machine.
#pragma once

#include "rounds.h"

#include <stdio.h>

/// What is printed of one measurement, for each of its items.
struct result {
    const struct measurement *measurement;
    double min, median, p99; // ticks
};

/// Sums up each measurement; sorts its times.
void report_sum_up(const struct rounds *rounds, struct result *results);

void report_table(const struct rounds *rounds, const struct result *results);
void report_csv(const struct rounds *rounds, const struct result *results);

/// Writes the costs as stave-boot takes them (tools/boot/costs.h).
void report_costs(const struct rounds *rounds, const struct result *results, FILE *out);
