# SPDX-License-Identifier: MIT
# Copyright The Stave authors
# median(values, key, n): of values[key, 1] to values[key, n]; the mean of the two in the middle.
function median(values, key, n,    i, k, v, sorted)
{
    for (i = 1; i <= n; i++) {
        v = values[key, i]
        for (k = i - 1; k > 0 && sorted[k] > v; k--)
            sorted[k + 1] = sorted[k]
        sorted[k + 1] = v
    }
    return (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2
}
