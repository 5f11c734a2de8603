# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# Holds a statement of the page against the numbers on it, and prints `holds` or `contradicted` and
# the number that decides. Each row's name on machines with as many nodes is judged by itself; the
# worst decides. Kinds:
#   flat       the greatest median of a series is at most `limit` times its least
#   below      no median is above `limit`
#   linear     of the medians divided by x (which must be above 0), as flat
# With most > 0 only machines of up to so many cores count. Exit status 1: there is nothing to judge.
#   awk -v run= -v only= -v x= -v kind= -v limit= -v most= -f names.awk -f median.awk -f claim.awk ROWS
BEGIN { FS = "\t" }

$1 == run && named(only, $6) && (!most || $3 + 0 <= most + 0) {
    at = x == "cores" ? $3 : x == "to" ? $7 : $8
    if (kind == "linear" && at + 0 <= 0)
        next
    key = $6 SUBSEP $4 SUBSEP at
    if (!(key in count)) {
        order[++keys] = key
        series_of[key] = $6 SUBSEP $4
        place[key] = at
    }
    values[key, ++count[key]] = $11 + 0
}

END {
    if (keys == 0)
        exit 1
    for (i = 1; i <= keys; i++) {
        key = order[i]
        s = series_of[key]
        value = median(values, key, count[key]) / (kind == "linear" ? place[key] : 1)
        if (!(s in least) || value < least[s])
            least[s] = value
        if (!(s in greatest) || value > greatest[s])
            greatest[s] = value
    }
    for (s in least) {
        judged = kind == "below" ? greatest[s] : least[s] > 0 ? greatest[s] / least[s] : 1
        worst = judged > worst ? judged : worst
    }
    printf "%s %.2f\n", worst <= limit ? "holds" : "contradicted", worst
}
