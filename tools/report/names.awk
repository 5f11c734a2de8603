# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# named(names, name): whether a row's name is among `names`, which | separates and of which each may
# be a beginning that * ends. None: all are.
function named(names, name,    list, i, begin)
{
    if (names == "")
        return 1
    split(names, list, "|")
    for (i in list) {
        begin = list[i]
        if (name == begin || (sub(/\*$/, "", begin) && index(name, begin) == 1))
            return 1
    }
    return 0
}
