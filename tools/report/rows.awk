# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# Checks what a benchmark printed with --csv (columns by name; lines before the first header do not
# count) and prints its rows behind `prefix`, tab-separated: measurement, to, size, unit, min,
# median, p99. A column `channel` adds a word to the first. `count`, how many took part or how
# often, stands for the size where it is given. The rows with their column names, and nothing else
# that the program printed, go to the file `csv`. What is no row is said on standard error with file
# and line, and the exit status is 1.
#   awk -v prefix=... -v csv=... -f rows.awk FILE
BEGIN {
    FS = ","
    split("measurement unit min median p99", needed, " ")
}

function fail(what)
{
    printf "%s:%d: %s\n", FILENAME, FNR, what >"/dev/stderr"
    failed = 1
    exit 1
}

function field(name)
{
    return name in at ? $at[name] : ""
}

# An empty field is 0, but `needed` ones are not empty.
function number(name, needed,    text)
{
    text = field(name)
    if (text == "" && !needed)
        return 0
    if (text !~ /^[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/)
        fail(name " of '" $1 "' is '" text "', not a number")
    return text + 0
}

{ sub(/\r$/, "") }

/^measurement,/ {
    split("", at)
    for (i = 1; i <= NF; i++)
        at[$i] = i
    for (i in needed)
        if (!(needed[i] in at))
            fail("there is no column '" needed[i] "'")
    width = NF
    if ($0 != names)
        print >csv
    names = $0
    next
}

width == 0 || /^$/ { next }

{
    if (NF != width)
        fail("'" $1 "' has " NF " values in " width " columns")
    min = number("min", 1)
    median = number("median", 1)
    p99 = number("p99", 1)
    size = number(field("count") != "" ? "count" : "size", 0)
    if ($1 == "" || field("unit") == "" || min > median || median > p99)
        fail("'" $1 "': no name, no unit, or values out of order")
    name = $at["measurement"] ("channel" in at ? " " $at["channel"] : "")
    printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", prefix, name, number("to", 0), size, field("unit"), min,
           median, p99
    print >csv
    rows++
}

END {
    if (!failed && rows == 0) {
        printf "%s: no rows\n", FILENAME >"/dev/stderr"
        exit 1
    }
    exit failed
}
