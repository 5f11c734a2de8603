// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See caps_hooks.h.
#include "fakes/caps_hooks.h"

static bool return_remote(struct caps *caps, struct cte *last)
{
    (void)caps, (void)last;
    return true;
}

static void flush(struct caps *caps)
{
    (void)caps;
}

static void endpoint(struct caps *caps, const struct cap *cap, bool closed)
{
    (void)caps, (void)cap, (void)closed;
}

static void stop(struct caps *caps, genpaddr_t object)
{
    (void)caps, (void)object;
}

struct caps_hooks fake_caps_hooks(bool (*return_ram)(struct caps *caps, genpaddr_t base,
                                                     gensize_t bytes))
{
    return (struct caps_hooks){return_ram, return_remote, flush, endpoint, stop, stop};
}
