// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capability types, rights, sizes of kernel objects and capability addresses, as CPU driver and
// user space agree on them. What may be retyped into what is in cpudriver/caps/rules.c.

#pragma once

#include "kpi/types.h"

enum objtype {
    ObjType_Null,
    ObjType_PhysAddr,          ///< physical memory of unknown content; never cleared
    ObjType_RAM,               ///< memory to make kernel objects and frames of
    ObjType_L1CNode,           ///< root of a capability space; holds L2CNodes only
    ObjType_L2CNode,           ///< 256 slots
    ObjType_VNode_x86_64_pml4, ///< root of an address space
    ObjType_VNode_x86_64_pdpt,
    ObjType_VNode_x86_64_pdir,
    ObjType_VNode_x86_64_ptable,
    ObjType_Frame,    ///< memory that can be mapped
    ObjType_DevFrame, ///< device memory that can be mapped
    ObjType_Mapping,  ///< entries of a VNode that map a frame or a lower VNode
    ObjType_Dispatcher,
    ObjType_EndPointLMP, ///< where a dispatcher receives messages of its own core
    ObjType_EndPointUMP, ///< memory of a channel between cores: can be mapped, not retyped
    ObjType_Notify,      ///< one interrupt vector of one core that stands for an endpoint there
    ObjType_IRQSrc,      ///< a range of global system interrupts
    ObjType_IRQDest,     ///< a vector of this core to which interrupt sources can be routed
    ObjType_IO,          ///< a range of x86 I/O ports
    ObjType_Kernel,      ///< this core's CPU driver
    ObjType_KCB,         ///< memory for CPU drivers' private pages; mapped by none (design, rule 1)
    ObjType_ID,          ///< a system-wide unique number
    ObjType_Num
};

#define CAPRIGHTS_READ 0x01u
#define CAPRIGHTS_WRITE 0x02u
#define CAPRIGHTS_EXECUTE 0x04u
#define CAPRIGHTS_GRANT 0x08u
#define CAPRIGHTS_IDENTIFY 0x10u
#define CAPRIGHTS_ALL 0x1fu

#define OBJSIZE_CTE 64
#define L2_CNODE_BITS 8
#define L2_CNODE_SLOTS (1u << L2_CNODE_BITS)
#define OBJSIZE_L2CNODE (L2_CNODE_SLOTS * OBJSIZE_CTE)
#define L1_CNODE_SLOTS_MIN 256u   ///< an L1CNode has a power of two of slots from here ...
#define L1_CNODE_SLOTS_MAX 65536u ///< ... to here
#define OBJSIZE_VNODE 8192u       ///< the table, and for each entry the slot of its Mapping
#define VNODE_ENTRIES 512u
#define OBJSIZE_DISPATCHER 4096u
/// Private pages of one CPU driver: the unit in which a KCB region is cut.
#define OBJSIZE_KCB (256u * 1024u)

/// Size as a power of two of an object of a fixed-size type in bytes; 0 where the size is free.
static inline uint8_t vnode_objbits(enum objtype type)
{
    return type >= ObjType_VNode_x86_64_pml4 && type <= ObjType_VNode_x86_64_ptable ? 13 : 0;
}

/// What identify tells of a capability. base and bytes are the memory that the object covers; their
/// meaning, and that of extra, for types without memory: IO and IRQSrc: first number and count; ID:
/// the number and 1; Notify: base = APIC ID << 8 | vector; EndPointLMP: the dispatcher's memory,
/// extra = offset of the endpoint in the dispatcher frame | badge << 32; Mapping: those of the
/// mapped object, extra = table | first entry.
struct capability {
    genpaddr_t base;
    gensize_t bytes;
    uint64_t extra;
    uint8_t type;   ///< enum objtype
    uint8_t rights; ///< CAPRIGHTS_
    uint8_t flags;  ///< CAPFLAG_
    uint8_t reserved;
    coreid_t owner; ///< the core that owns the object
    uint16_t aux;   ///< EndPointLMP: messages that its buffer holds; Mapping: entries
};
_Static_assert(sizeof(struct capability) == 32, "kpi layout");

#define CAPFLAG_REMOTE 0x01u   ///< other cores may hold copies or descendants
#define CAPFLAG_CLEARING 0x02u ///< its memory is not wholly cleared yet; not usable
#define CAPFLAG_ZOMBIE 0x04u   ///< being deleted in steps; not usable
#define CAPFLAG_OWN 0x08u  ///< EndPointLMP: made by its dispatcher for itself (kpi/dispatcher.h)
#define CAPFLAG_HELD 0x10u ///< a revocation or deletion is under way: nothing can be made of it

/// A slot's full address as system calls take it: cptr, the root of the capability space it is in
/// (the address of an L1CNode in the caller's own space; 0 is the caller's own root) and the level:
/// 1 is a slot of the L1CNode (cptr = L1 index * 256), 2 a slot of an L2CNode.
static inline uint64_t caddr_make(capaddr_t root, capaddr_t cptr, unsigned level)
{
    return (uint64_t)cptr | ((uint64_t)(root & 0x3fffffffu) << 32) | ((uint64_t)(level & 3u) << 62);
}
static inline capaddr_t caddr_cptr(uint64_t caddr)
{
    return (capaddr_t)caddr;
}
static inline capaddr_t caddr_root(uint64_t caddr)
{
    return (capaddr_t)(caddr >> 32) & 0x3fffffffu;
}
static inline unsigned caddr_level(uint64_t caddr)
{
    return (unsigned)(caddr >> 62);
}

// Every first L1 slots and TASKCN's slots of a domain. Slot 0 of TASKCN stays empty: its address is
// NULL_CAP's.
#define ROOTCN_SLOT_TASKCN 0u   ///< the slots below
#define ROOTCN_SLOT_PAGECN 1u   ///< page tables and mappings made by the spawner
#define ROOTCN_SLOT_SEGCN 2u    ///< frames of the ELF segments
#define ROOTCN_SLOT_ARGCN 3u    ///< capabilities given by the spawner's caller
#define ROOTCN_SLOT_MODULECN 4u ///< a frame for each boot module; first domains and spawnd
#define ROOTCN_SLOT_SUPERCN 5u  ///< RAM and KCB given by the CPU driver; first domains
#define ROOTCN_SLOT_ALLOC0 6u   ///< first L2CNode for the slot allocator; those after it are empty

#define TASKCN_SLOT_ROOTCN 1u     ///< L1CNode: cap_root
#define TASKCN_SLOT_DISPATCHER 2u ///< cap_dispatcher
#define TASKCN_SLOT_DISPFRAME 3u
#define TASKCN_SLOT_VROOT 4u       ///< VNode_x86_64_pml4: cap_vroot
#define TASKCN_SLOT_ARGSPAGE 5u    ///< frame with struct spawn_args
#define TASKCN_SLOT_SELFEP 6u      ///< cap_selfep: endpoint factory of this dispatcher
#define TASKCN_SLOT_MONITOREP 7u   ///< endpoint of this core's monitor for this domain
#define TASKCN_SLOT_MEMSERVEP 8u   ///< endpoint of this core's memory server for this domain
#define TASKCN_SLOT_SPAWNDEP 9u    ///< endpoint of this core's spawnd for this domain
#define TASKCN_SLOT_KERNELINFO 10u ///< Kernel with the right to read only
#define TASKCN_SLOT_KERNEL 11u     ///< Kernel with all rights; first domains, monitors, spawnds
#define TASKCN_SLOT_BOOTINFO 12u   ///< frame with struct bootinfo
// The machine: boot core's first domain (its PhysAddr: SUPERCN) and spawnd. A spawnd copies what it
// holds of it, Kernel included, to domains of modules that the platform marks `machine`.
#define TASKCN_SLOT_IRQ 13u      ///< IRQSrc of all global interrupts
#define TASKCN_SLOT_IO 14u       ///< IO of all ports
#define TASKCN_SLOT_PHYSADDR 15u ///< first of PhysAddr for all that is not RAM
