# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# Writes the gnuplot script of one plot, that of one unit, out of all rows (as rows.awk prints them,
# behind run, mode, cores, nodes and boot). A series is the rows of one name from machines with as
# many nodes. With x=cores each machine gives one point, with another x the largest machine measured
# gives all. A point is the median over the boots of what one boot says, which is the median of its
# rows' medians. Its bar reaches from the least boot to the greatest; if there was one boot only,
# from the least minimum of its rows to the greatest 99th percentile. Against x=measurement they are
# bars.
#   awk -v run= -v only= -v unit= -v x= -v log_axes= -v title= -v x_title= -v y_title= -v base= \
#       -f names.awk -f median.awk -f series.awk ROWS
BEGIN {
    FS = "\t"
    # Wong, "Color blindness", Nature Methods 8, 2011; no two series of a plot look alike.
    colours = split("#0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9 #000000 #8b6914", colour, " ")
    shapes = split("7 5 9 11 13 6 4 8", shape, " ")
}

function quoted(text)
{
    gsub(/'/, "''", text)
    return "'" text "'"
}

function number_of(n, what)
{
    return n + 0 ? ", " n " " what (n == 1 ? "" : "s") : ""
}

$1 == run && $9 == unit && named(only, $6) {
    s = x == "measurement" ? $4 : $6 SUBSEP $4
    if (!(s in number)) {
        number[s] = ++series
        name[series] = $6
        nodes[series] = $3 == 0 ? 0 : $4 # of the host, none
    }
    s = number[s]
    mode = $2
    if (!(s in largest) || $3 + 0 > largest[s]) {
        largest[s] = $3 + 0
        if (x != "cores")
            points[s] = 0
    } else if (x != "cores" && $3 + 0 < largest[s])
        next
    at = x == "cores" ? $3 : x == "to" ? $7 : x == "size" ? $8 : "\"" $6 "\""
    key = s SUBSEP $3 SUBSEP at
    if (!(key in low)) {
        where[s, ++points[s]] = at
        keys[s, points[s]] = key
        left = x == "measurement" || (left != "" && left + 0 <= at + 0) ? left : at
        right = x == "measurement" || (right != "" && right + 0 >= at + 0) ? right : at
        low[key] = $10
        high[key] = $12
    }
    if (!((key, $5) in seen))
        boot[key, ++boots[key]] = $5
    medians[key SUBSEP $5, ++seen[key, $5]] = $11 + 0
    low[key] = $10 + 0 < low[key] + 0 ? $10 : low[key]
    high[key] = $12 + 0 > high[key] + 0 ? $12 : high[key]
}

# The line of a point: place, least, median, greatest.
function point(place, key,    b, value, least, most, values)
{
    for (b = 1; b <= boots[key]; b++) {
        value = median(medians, key SUBSEP boot[key, b], seen[key, boot[key, b]])
        values["", b] = value
        least = b == 1 || value < least ? value : least
        most = b == 1 || value > most ? value : most
    }
    if (boots[key] == 1) {
        least = low[key]
        most = high[key]
    }
    most_boots = boots[key] > most_boots ? boots[key] : most_boots
    print place, least, median(values, "", boots[key]), most
}

END {
    if (series == 0)
        exit 1
    bars = x == "measurement"
    for (s = 1; s <= series; s++) {
        print "$data" s " << END"
        for (i = 1; i <= points[s]; i++)
            point(where[s, i], keys[s, i])
        print "END"
    }
    if (mode == "deterministic" && unit == "cycles")
        unit = "cycles, each one an instruction"
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
        style = bars ? "0:3:xtic(1) with boxes" : "1:3:2:4 with yerrorlines"
        printf "%s$data%d using %s linecolor '%s'%s title %s", s == 1 ? "plot " : ", ", s, style,
               colour[(s - 1) % colours + 1],
               bars ? "" : sprintf(" pointtype %d dashtype %d", shape[(s - 1) % shapes + 1],
                                   int((s - 1) / colours) % 5 + 1),
               quoted((bars ? "median" : name[s]) number_of(x == "cores" ? 0 : largest[s], "core") \
                      number_of(nodes[s], "node") number_of(most_boots > 1 ? most_boots : 0, "boot"))
        if (bars)
            printf ", $data%d using 0:3:2:4 with yerrorbars linecolor 'black' notitle", s
    }
    print "\nset terminal pngcairo noenhanced size 900,540\nset output " quoted(base ".png") "\nreplot"
}
