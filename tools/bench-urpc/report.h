// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What bench-urpc prints: a table, CSV, or the calibration of a model.
#pragma once

#include "rounds.h"

// What is printed of one measurement, for each of its items.
struct result {
    const struct measurement *measurement;
    double min, median, p99; // ticks
};

// Sums up each measurement; sorts its times.
void report_sum_up(const struct rounds *rounds, struct result *results);

void report_table(const struct rounds *rounds, const struct result *results);
void report_csv(const struct rounds *rounds, const struct result *results);
void report_calibration(const struct rounds *rounds, const struct result *results);
