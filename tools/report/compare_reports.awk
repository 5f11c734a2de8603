# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# The table of `compare`: a row for each name, machine and parameter that both reports have measured.
# "apart" means that the intervals do not overlap; where a report has one boot only its interval is
# a point, and any difference is one.
#   awk -f median.awk -f compare_reports.awk OLD/rows.tsv NEW/rows.tsv
BEGIN { FS = "\t" }

FNR == 1 { report++ }

{
    key = $1 "\t" $3 "\t" $4 "\t" $6 "\t" $7 "\t" $8 "\t" $9
    if (report == 1 && !((1, key) in count))
        order[++keys] = key
    values[report SUBSEP key, ++count[report, key]] = $11 + 0
    if (!((report, key) in least) || $11 + 0 < least[report, key])
        least[report, key] = $11 + 0
    if (!((report, key) in most) || $11 + 0 > most[report, key])
        most[report, key] = $11 + 0
}

function side(report, key)
{
    return sprintf("%.6g [%.6g, %.6g]", median(values, report SUBSEP key, count[report, key]),
                   least[report, key], most[report, key])
}

END {
    printf "%-22s %5s %5s  %-34s %4s %8s %-14s %-28s %-28s %7s\n", "measurement", "cores", "nodes", "row", "to",
           "size", "unit", "old", "new", "new/old"
    for (i = 1; i <= keys; i++) {
        key = order[i]
        if (!((2, key) in count)) {
            missing++
            continue
        }
        split(key, at, "\t")
        old = median(values, 1 SUBSEP key, count[1, key])
        new = median(values, 2 SUBSEP key, count[2, key])
        apart = least[2, key] > most[1, key] || most[2, key] < least[1, key]
        differ += apart
        printf "%-22s %5d %5d  %-34s %4d %8d %-14s %-28s %-28s %7s%s\n", at[1], at[2], at[3], at[4], at[5],
               at[6], at[7], side(1, key), side(2, key), (old > 0 ? sprintf("%.3f", new / old) : "-"),
               apart ? "  apart" : ""
    }
    printf "\n%d rows, %d apart, %d of the old report's missing in the new one\n", keys - missing, differ, missing
}
