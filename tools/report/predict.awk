# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# Writes the line of the table that puts what the clock predicts beside what was measured on the
# host: medians of the medians of all such rows, and how many times the latter the former is. What
# is not within a quarter is marked, since the page says that it should be.
#   awk -v title= -v measured= -v modelled= -f median.awk -f predict.awk ROWS
BEGIN { FS = "\t" }

$6 == measured && $2 == "parallel" && $3 == 0 { values["measured", ++count["measured"]] = $11 }
$6 == modelled && $2 == "modelled" { values["modelled", ++count["modelled"]] = $11 }

END {
    if (!count["measured"] || !count["modelled"])
        exit
    host = median(values, "measured", count["measured"])
    clock = median(values, "modelled", count["modelled"])
    ratio = host > 0 ? clock / host : 0
    near = ratio >= 0.75 && ratio <= 1.25
    printf "<tr><td>%s</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f</td>" \
           "<td class=\"n\">%.2f</td><td%s</td></tr>\n", title, host, clock, ratio,
           near ? ">within a quarter" : " class=\"contradicted\">not within a quarter"
}
