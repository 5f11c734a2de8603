# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# Turns what stave-boot --count-csv wrote into rows as benchmarks print them: of each measurement,
# over all cores, what one item took. A count has no least and no 99th percentile: it is the same
# each time.
BEGIN {
    FS = ","
    print "measurement,from,to,size,runs,unit,min,median,p99"
}

function row(what, unit, total,    each)
{
    each = sprintf("%.2f", total / $at["items"])
    printf "%s: %s,,,,%d,%s,%s,%s,%s\n", what, $at["what"], $at["items"], unit, each, each, each
}

NR == 1 {
    for (i = 1; i <= NF; i++)
        at[$i] = i
    next
}

$at["core"] == "all" && $at["items"] > 0 {
    row("instructions", "instructions", $at["instructions"])
    row("line transfers", "cache lines", $at["transfers"])
    row("modelled cycles", "cycles", $at["modelled_cycles"])
}
