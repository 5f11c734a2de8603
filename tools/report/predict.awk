# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# Writes the line of the table that puts what the clock predicts beside what was measured on the
# host: medians of the medians of all such rows, and how many times the latter the former is.
#   awk -v title= -v measured= -v modelled= -f median.awk -f predict.awk ROWS
BEGIN { FS = "\t" }

$5 == measured && $2 == "parallel" && $3 == 0 { values["measured", ++count["measured"]] = $10 }
$5 == modelled && $2 == "modelled" { values["modelled", ++count["modelled"]] = $10 }

END {
    if (!count["measured"] || !count["modelled"])
        exit
    host = median(values, "measured", count["measured"])
    clock = median(values, "modelled", count["modelled"])
    printf "<tr><td>%s</td><td class=\"n\">%.1f</td><td class=\"n\">%.1f</td><td class=\"n\">%s</td></tr>\n",
           title, host, clock, (host > 0 ? sprintf("%.2f", clock / host) : "-")
}
