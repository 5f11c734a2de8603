# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# The units of a plot's rows, a line each, in the order in which they come: each is an axis, and so a
# picture, of its own.
#   awk -v run= -v only= -f names.awk -f units.awk ROWS
BEGIN { FS = "\t" }

$1 == run && named(only, $6) && !($9 in seen) {
    seen[$9] = 1
    print $9
}
