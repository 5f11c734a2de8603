// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// From a boot module to a domain. The module is mapped, from the frame in MODULECN, only meanwhile, so
// that what a spawner holds does not depend on what it has started.
#include "barrelfish/bootmodule.h"

#include "barrelfish/spawn.h"
#include "barrelfish/vspace_common.h"

static struct capref frame_of(const struct bootinfo_module *module)
{
    return (struct capref){cnode_module, module->slot};
}

static errval_t map(const struct bootinfo_module *module, const void **image)
{
    void *mapped;
    if (module->bytes == 0)
        return ELF_ERR_EMPTY;
    if (module->slot >= L2_CNODE_SLOTS)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = vspace_map_one_frame_attr(&mapped, module->bytes, frame_of(module),
                                             VREGION_FLAGS_READ, NULL, NULL);
    if (err_is_ok(err))
        *image = mapped;
    return err;
}

errval_t spawn_load_module(struct spawn_info *si, const struct bootinfo_module *module,
                           struct spawn_params *params)
{
    if (module == NULL)
        return SPAWN_ERR_NO_MODULE;
    errval_t err = map(module, &params->image);
    if (err_is_fail(err))
        return err_push(err, SPAWN_ERR_LOAD);
    params->image_bytes = module->bytes;
    params->image_frame = frame_of(module);
    err = spawn_load(si, params);
    (void)vspace_unmap(params->image);
    params->image = NULL;
    return err;
}
