// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A module that the platform trusts with the machine (`machine: true`): whoever starts it, it holds
// Kernel on every core, and on core 0 what the boot core's first domain has of devices.
#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "systest/systest.h"

static void expect_cap(struct capref cap, bool present, enum objtype type)
{
    struct capability info = {0};
    if (!present) {
        EXPECT_ERR(cap_identify(cap, &info), SYS_ERR_CAP_NOT_FOUND);
        return;
    }
    EXPECT_OK(cap_identify(cap, &info));
    EXPECT(info.type == type);
    EXPECT(info.rights == CAPRIGHTS_ALL);
}

int main(void)
{
    struct capref id = NULL_CAP;
    bool boot_core = disp_get_core_id() == 0;
    expect_cap(cap_kernel, true, ObjType_Kernel);
    expect_cap(cap_irq, boot_core, ObjType_IRQSrc);
    expect_cap(cap_io, boot_core, ObjType_IO);
    expect_cap(cap_physaddr, boot_core, ObjType_PhysAddr);
    EXPECT_OK(idcap_alloc(&id)); // needs Kernel with the right to write
    EXPECT_OK(cap_destroy(id));
    return test_summary("test_machine");
}
