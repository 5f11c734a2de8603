// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Makes domains out of static ELF images in memory, on this core: for init, monitors and spawnd,
// which hold what a new domain needs. All memory of a new domain is one piece of RAM, cut at
// offsets, so that few invocations make it and nothing is left over when it is destroyed.
// What a new domain finds, and where, is in kpi/spawn.h and kpi/capabilities.h.
#pragma once

#include "barrelfish/caddr.h"
#include "kpi/spawn.h"

/// Rights to a service's endpoint: to send, but neither to revoke nor to pass it on.
#define SPAWN_RIGHTS_SERVICE (CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT)

/// What a new domain is to be. Pointers are needed during spawn_load() only; so are capabilities,
/// which stay the caller's. NULL_CAP: the domain gets none.
struct spawn_params {
    const void *image; ///< ELF file
    size_t image_bytes;
    /// Frame that holds the image from its start, to be read and executed: segments that are not
    /// written are mapped from it, one copy for all domains, but for one whose last page reaches
    /// beyond the image. NULL_CAP: they are copied like the others.
    struct capref image_frame;
    size_t argc, envc;
    const char *const *argv; ///< argv[0] is the domain's name
    const char *const *envp;
    domainid_t domain_id;
    uint32_t group;            ///< number of the group that begins with it (KERNEL_CMD_BEGIN_GROUP)
    uint32_t flags;            ///< SPAWN_FLAG_; with BOOTINFO `bootinfo` is needed
    bool modulecn, supercn;    ///< make these (empty) CNodes too
    struct capref death_ep;    ///< told of its death by the CPU driver
    struct capref bootinfo;    ///< frame with struct bootinfo; mapped to read, given to read
    struct capref kernel_info; ///< any Kernel; the domain gets it with the right to read only
    struct capref kernel;      ///< Kernel to be copied with all rights: trusted base only
    /// Copy what the caller itself holds of the machine (TASKCN's slots KERNEL, IRQ, IO, PHYSADDR
    /// and on): spawnds, and modules that the platform trusts with it. Then `kernel` must be
    /// NULL_CAP.
    bool machine;
    /// Unbadged; minted with the domain ID and SPAWN_RIGHTS_SERVICE.
    struct capref monitor_ep, mem_serv_ep, spawnd_ep;
};

/// A domain made by this library. `selfep` may be used to mint endpoints of it; all belong to it.
struct spawn_info {
    struct capref ram;    ///< all that it was made of
    struct capref rootcn; ///< its L1CNode
    struct capref dispatcher;
    struct capref selfep; ///< its self endpoint, unbadged
    struct capref info;   ///< frame of its exposed information; its spawner alone can write there
    domainid_t domain_id;
    genpaddr_t base; ///< memory that it was made of
    gensize_t bytes;
    unsigned destroying;  ///< private: how far spawn_destroy_step() has come ...
    errval_t destroy_err; ///< ... and its first error
};

/// Make a domain, not running yet. On failure nothing is left of it and *si is untouched.
/// Errors: SPAWN_ERR_ARGS; under SPAWN_ERR_LOAD one of ELF_ERRORS (kpi/errors.h), or one of
/// ram_alloc_bytes(), slot_alloc() or the CPU driver.
LIB_MUST_CHECK errval_t spawn_load(struct spawn_info *si, const struct spawn_params *params);

struct bootinfo_module;

/// The same out of a boot module in the domain's MODULECN: fills in the image of *params. Errors:
/// SPAWN_ERR_NO_MODULE: it is NULL, as of bootmodule_find(); those of spawn_load().
LIB_MUST_CHECK errval_t spawn_load_module(struct spawn_info *si,
                                          const struct bootinfo_module *module,
                                          struct spawn_params *params);

/// A slot of the new domain's capability space: in the L2CNode of its L1 slot `root_slot`
/// (ROOTCN_SLOT_). May be used as the destination of any capability operation.
struct capref spawn_slot(const struct spawn_info *si, cslot_t root_slot, cslot_t slot);

/// Copy a capability into the new domain.
LIB_MUST_CHECK errval_t spawn_add_cap(const struct spawn_info *si, cslot_t root_slot, cslot_t slot,
                                      struct capref cap);

/// The same with these rights and this badge (0: none).
LIB_MUST_CHECK errval_t spawn_mint_cap(const struct spawn_info *si, cslot_t root_slot, cslot_t slot,
                                       struct capref cap, uint64_t rights, uint64_t badge);

/// Move a capability into the new domain; its slot is freed if it came from slot_alloc().
LIB_MUST_CHECK errval_t spawn_give_cap(const struct spawn_info *si, cslot_t root_slot, cslot_t slot,
                                       struct capref cap);

/// Let it run.
LIB_MUST_CHECK errval_t spawn_run(const struct spawn_info *si);

/// Stop the domain and delete everything that it and si hold. Goes on after errors and returns the
/// first.
errval_t spawn_destroy(struct spawn_info *si);

/// One bounded step of it, but for the RAM. SYS_ERR_AGAIN: more remain; else only `ram` is left of *si:
/// to be deleted, which returns it, or to be freed once the memory server has taken it.
LIB_MUST_CHECK errval_t spawn_destroy_step(struct spawn_info *si);
