# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# Writes the gnuplot script of one plot out of all rows (as rows.awk prints them, behind run, mode,
# cores and nodes). A series is the rows of one name from machines with as many nodes. With x=cores
# each machine gives one point, with another x the largest machine measured gives all. Rows at one
# point are put together: the least minimum, the median of the medians, the greatest 99th
# percentile. Against x=measurement they are bars.
#   awk -v run= -v only= -v x= -v log_axes= -v title= -v x_title= -v y_title= -v base= \
#       -f median.awk -f series.awk ROWS
BEGIN {
    FS = "\t"
    split(only, names, "|")
}

function shown(name,    i, begin)
{
    if (only == "")
        return 1
    for (i in names) {
        begin = names[i]
        if (name == begin || (sub(/\*$/, "", begin) && index(name, begin) == 1))
            return 1
    }
    return 0
}

function quoted(text)
{
    gsub(/'/, "''", text)
    return "'" text "'"
}

function count(n, what)
{
    return n + 0 ? ", " n " " what (n == 1 ? "" : "s") : ""
}

$1 == run && shown($5) {
    s = x == "measurement" ? $4 : $5 SUBSEP $4
    if (!(s in number)) {
        number[s] = ++series
        name[series] = $5
        nodes[series] = $3 == 0 ? 0 : $4 # of the host, none
    }
    s = number[s]
    if (!($8 in units)) {
        units[$8] = 1
        unit = unit (unit == "" ? "" : ", ") $8 \
               ($2 == "deterministic" && $8 == "cycles" ? ", each one an instruction" : "")
    }
    if (x != "cores" && $3 != largest[s]) { # machines come in order of size
        largest[s] = $3
        points[s] = 0
    }
    at = x == "cores" ? $3 : x == "to" ? $6 : x == "size" ? $7 : "\"" $5 "\""
    key = s SUBSEP $3 SUBSEP at
    if (!(key in low)) {
        where[s, ++points[s]] = at
        keys[s, points[s]] = key
        left = x == "measurement" || (left != "" && left + 0 <= at + 0) ? left : at
        right = x == "measurement" || (right != "" && right + 0 >= at + 0) ? right : at
        low[key] = $9
        high[key] = $11
        seen[key] = 0
    }
    medians[key, ++seen[key]] = $10 + 0
    low[key] = $9 + 0 < low[key] + 0 ? $9 : low[key]
    high[key] = $11 + 0 > high[key] + 0 ? $11 : high[key]
}

END {
    if (series == 0)
        exit 1
    bars = x == "measurement"
    for (s = 1; s <= series; s++) {
        print "$data" s " << END"
        for (i = 1; i <= points[s]; i++) {
            key = keys[s, i]
            print where[s, i], low[key], median(medians, key, seen[key]), high[key]
        }
        print "END"
    }
    print "set title " quoted(title) "\nset xlabel " quoted(x_title)
    print "set ylabel " quoted(y_title " (" unit ")")
    print "set grid\nset key below height 1\nset style fill solid 0.5\nset boxwidth 0.6"
    # Some room at both ends, so that no point lies on the frame.
    if (log_axes ~ /x/)
        print "set logscale x 2\nset xrange [" left / 1.2 ":" right * 1.2 "]"
    else if (!bars)
        print "set xrange [" left - (right - left + 1) / 30 ":" right + (right - left + 1) / 30 "]"
    print (log_axes ~ /y/ ? "set logscale y" : "set yrange [0:*]")
    print (bars ? "set xtics rotate by -25" : "")
    print "set terminal svg noenhanced size 900,540 background 'white'\nset output " quoted(base ".svg")
    for (s = 1; s <= series; s++) {
        style = bars ? "0:3:xtic(1) with boxes" : "1:3:2:4 with yerrorlines pointtype 7"
        printf "%s$data%d using %s title %s", s == 1 ? "plot " : ", ", s, style,
               quoted((bars ? "median" : name[s]) count(x == "cores" ? 0 : largest[s], "core") \
                      count(nodes[s], "node"))
        if (bars)
            printf ", $data%d using 0:3:2:4 with yerrorbars linecolor 'black' notitle", s
    }
    print "\nset terminal pngcairo noenhanced size 900,540\nset output " quoted(base ".png") "\nreplot"
}
