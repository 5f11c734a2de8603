// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Access to a boot module's bytes, through the frame in MODULECN.
#include "barrelfish/bootmodule.h"

#include "barrelfish/vspace_common.h"

struct capref bootmodule_frame(const struct bootinfo_module *module)
{
    return (struct capref){cnode_module, module->slot};
}

errval_t bootmodule_map(const struct bootinfo_module *module, const void **image)
{
    void *mapped;
    if (module->bytes == 0)
        return ELF_ERR_EMPTY;
    if (module->slot >= L2_CNODE_SLOTS)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = vspace_map_one_frame_attr(&mapped, module->bytes, bootmodule_frame(module),
                                             VREGION_FLAGS_READ, NULL, NULL);
    if (err_is_ok(err))
        *image = mapped;
    return err;
}
