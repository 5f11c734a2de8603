# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# Writes the lines of the table that puts Stave beside its peer: for each machine on which both rows
# were measured in one unit, their medians (the median of the medians, if there are several rows)
# and how many times the peer's Stave's is.
#   awk -v title= -v stave= -v peer= -f median.awk -f peer.awk ROWS
BEGIN { FS = "\t" }

function escaped(text)
{
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    return text
}

function note(side, machine)
{
    if (!(machine in seen)) {
        seen[machine] = 1
        order[++machines] = machine
        place[machine] = $3 + 0 ? $3 (($3 == 1) ? " core, " : " cores, ") $2 : $2
    }
    values[side, machine, ++count[side, machine]] = $11 + 0
    unit[machine] = $9
}

$6 == stave && $4 == 1 { note("stave", $2 SUBSEP $3 SUBSEP $9) }
$6 == peer && $4 == 1 { note("peer", $2 SUBSEP $3 SUBSEP $9) }

END {
    for (i = 1; i <= machines; i++) {
        m = order[i]
        if (!(("stave", m) in count) || !(("peer", m) in count))
            continue
        s = median(values, "stave" SUBSEP m, count["stave", m])
        p = median(values, "peer" SUBSEP m, count["peer", m])
        printf "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%d</td><td>%s</td>" \
               "<td class=\"n\">%d</td><td>%s</td><td class=\"n\">%s</td></tr>\n", escaped(title), place[m],
               escaped(stave), s, escaped(peer), p, unit[m], (p > 0 ? sprintf("%.3f", s / p) : "-")
    }
}
