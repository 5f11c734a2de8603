// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Error codes: one flat list. STAVE_ERRORS(X) gives each code with its words, so that the
// enumeration and the message table (libbarrelfish's err_getstring) cannot drift apart. ELF_ERRORS(X)
// is the part of it that says why a program was refused; the CPU driver, which loads the first one,
// has these words too (elf_error_text() in kpi/elf.h).

#pragma once

#include "kpi/types.h"

// clang-format off
#define ELF_ERRORS(X) \
    X(ELF_ERR_EMPTY, "the file is empty: 0 bytes") \
    X(ELF_ERR_MAGIC, "not an ELF file") \
    X(ELF_ERR_TRUNCATED, "the file ends before its headers or segments do: it is cut off") \
    X(ELF_ERR_32_BIT, "a 32-bit program: Stave runs 64-bit ones only") \
    X(ELF_ERR_ENCODING, "not a little-endian ELF file of version 1") \
    X(ELF_ERR_MACHINE, "for another processor than x86-64") \
    X(ELF_ERR_OBJECT, "an object file that is not linked yet") \
    X(ELF_ERR_TYPE, "neither an executable nor a shared object") \
    X(ELF_ERR_DYNAMIC, "dynamically linked: link it with -static -no-pie") \
    X(ELF_ERR_PIE, "position-independent: link it with -static -no-pie") \
    X(ELF_ERR_FOREIGN, "without Stave's note: a program for Linux? Build it as a part of kind domain") \
    X(ELF_ERR_PHDRS, "program headers missing, too many or of a wrong size") \
    X(ELF_ERR_MEMSZ, "a segment is smaller in memory than in the file") \
    X(ELF_ERR_OUTSIDE_USER, "a segment is outside the addresses of programs") \
    X(ELF_ERR_MISALIGNED, "a segment's offset and address differ within the page") \
    X(ELF_ERR_OVERLAP, "segments overlap, share a page or do not ascend") \
    X(ELF_ERR_WRITE_EXECUTE, "a segment is both writable and executable") \
    X(ELF_ERR_TOO_LARGE, "its segments are larger than a program may be") \
    X(ELF_ERR_SPREAD, "its segments are spread over too many page tables") \
    X(ELF_ERR_NO_SEGMENT, "no segment to load") \
    X(ELF_ERR_ENTRY, "the entry point is not in an executable segment") \
    X(ELF_ERR_TLS, "malformed thread-local storage")

#define STAVE_ERRORS(X) \
    X(SYS_ERR_OK, "success") \
    X(SYS_ERR_AGAIN, "one bounded step is done and more remain: call again") \
    X(SYS_ERR_ILLEGAL_INVOCATION, "the capability's type has no such command") \
    X(SYS_ERR_ARGS, "an argument is out of its range") \
    X(SYS_ERR_CAP_NOT_FOUND, "no capability at this address") \
    X(SYS_ERR_CAP_TYPE, "the capability has the wrong type") \
    X(SYS_ERR_CAP_BUSY, "the capability is being revoked, deleted or cleared") \
    X(SYS_ERR_RIGHTS, "the capability or the binding lacks the right") \
    X(SYS_ERR_SLOT_INVALID, "no slot at this capability address") \
    X(SYS_ERR_SLOT_IN_USE, "the destination slot is in use") \
    X(SYS_ERR_CNODE_TYPE, "this CNode cannot hold a capability of this type") \
    X(SYS_ERR_INVALID_RETYPE, "the retype graph does not allow this") \
    X(SYS_ERR_RETYPE_RANGE, "size, alignment or range of the retype is invalid") \
    X(SYS_ERR_REVOKE_FIRST, "an overlapping descendant exists") \
    X(SYS_ERR_HAS_COPIES, "the operation needs the only copy") \
    X(SYS_ERR_LAST_COPY, "the only copy would go, and its object with it") \
    X(SYS_ERR_REMOTE, "other cores hold copies: ask the monitor") \
    X(SYS_ERR_NO_COPY, "capabilities of this type cannot be copied") \
    X(SYS_ERR_VNODE_SLOT, "page-table entry out of range or in the kernel's half") \
    X(SYS_ERR_VNODE_IN_USE, "the page-table entry is in use") \
    X(SYS_ERR_VNODE_LEVEL, "this object cannot be mapped at this level") \
    X(SYS_ERR_VNODE_FLAGS, "mapping flags exceed the capability's rights") \
    X(SYS_ERR_LMP_BUF_OVERFLOW, "the receiver's endpoint buffer is full: try later") \
    X(SYS_ERR_LMP_NO_TARGET, "the endpoint's dispatcher cannot receive") \
    X(SYS_ERR_LMP_CAPTRANSFER_SRC, "the capability to send was not found") \
    X(SYS_ERR_LMP_CAPTRANSFER_DST, "the receiver has no empty slot for a capability: try later") \
    X(SYS_ERR_DISP_FRAME, "the dispatcher frame is unsuitable") \
    X(SYS_ERR_DISP_NOT_READY, "the dispatcher lacks a capability space, address space or frame") \
    X(SYS_ERR_DISP_RUNNING, "the dispatcher is set up or has run already") \
    X(SYS_ERR_NO_VECTOR, "no free interrupt vector on this core") \
    X(SYS_ERR_NO_LISTENER, "nobody listens on this interrupt or vector") \
    X(SYS_ERR_CORE_INVALID, "no such core, or it has been started") \
    X(SYS_ERR_CORE_DATA, "the new core's boot information is invalid") \
    X(SYS_ERR_IO_PORT, "I/O port out of the capability's range") \
    X(SYS_ERR_USER_POINTER, "a buffer is not mapped in user space") \
    X(LIB_ERR_MALLOC_FAIL, "out of heap memory") \
    X(LIB_ERR_SLOT_ALLOC_NO_SPACE, "no free capability slot") \
    X(LIB_ERR_RAM_ALLOC, "the memory server has no such memory") \
    X(LIB_ERR_RAM_ALLOC_LIMIT, "the domain's memory limit does not allow this") \
    X(LIB_ERR_RECLAIM_BUSY, "memory of this domain is being reclaimed already, or of too many") \
    X(LIB_ERR_RAM_ALLOC_WRONG_SIZE, "size of memory requested is invalid") \
    X(LIB_ERR_VSPACE_FULL, "no free range of virtual addresses") \
    X(LIB_ERR_VSPACE_INUSE, "the range of virtual addresses is in use") \
    X(LIB_ERR_VREGION_NOT_FOUND, "no region mapped at this address") \
    X(LIB_ERR_MEMOBJ_INUSE, "the memory object is mapped, or answers a page fault") \
    X(LIB_ERR_PAGEFAULT, "nothing answers this page fault") \
    X(LIB_ERR_PMAP, "a page table could not be made or changed") \
    X(LIB_ERR_NO_EVENT, "no event is pending") \
    X(LIB_ERR_CHAN_ALREADY_REGISTERED, "an event is registered on this channel already") \
    X(LIB_ERR_CHAN_NOT_REGISTERED, "no event is registered on this channel") \
    X(LIB_ERR_CHAN_CLOSED, "the other side of the channel is gone") \
    X(LIB_ERR_NO_LMP_MSG, "no LMP message") \
    X(LIB_ERR_NO_UMP_MSG, "no UMP message") \
    X(LIB_ERR_UMP_FULL, "the ring is full: try later") \
    X(LIB_ERR_UMP_PEER, "the peer broke the ring's protocol") \
    X(LIB_ERR_UMP_BUFSIZE, "the ring's size or alignment is invalid") \
    X(LIB_ERR_ENDPOINT_ALLOC, "no room for an endpoint in the dispatcher frame") \
    X(LIB_ERR_THREAD_CREATE, "a thread could not be made") \
    X(LIB_ERR_THREAD_JOIN, "the thread cannot be joined") \
    X(LIB_ERR_NOT_IMPLEMENTED, "this library does not offer that") \
    X(LIB_ERR_BIND_REFUSED, "the service refused the binding") \
    X(LIB_ERR_RPC_REPLY, "the server's reply is malformed") \
    X(LIB_ERR_TIMEOUT, "the time has passed and no event has come") \
    X(LIB_ERR_BIND_TIMEOUT, "the server has not answered the binding in time: it dispatches no events") \
    X(LIB_ERR_SEND_TIMEOUT, "the ring stayed full: the peer has read nothing in time") \
    X(LIB_ERR_RECV_TIMEOUT, "the peer has sent nothing in time") \
    X(LIB_ERR_LOOKUP_TIMEOUT, "nobody has registered the name in time") \
    X(LIB_ERR_INVALID_ARGS, "an argument of the library call is invalid") \
    X(FLOUNDER_ERR_TX_BUSY, "the binding has a message that waits for room: try later") \
    X(FLOUNDER_ERR_TX_MSG_SIZE, "an argument is longer than its interface allows") \
    X(FLOUNDER_ERR_RX_INVALID, "the message breaks its interface's declaration") \
    X(FLOUNDER_ERR_RX_INVALID_MSGNUM, "the interface has no message of this number") \
    X(FLOUNDER_ERR_RX_INVALID_LENGTH, "the message's length is not one that its interface allows") \
    X(FLOUNDER_ERR_RX_FRAGMENT, "a line belongs to no message, or is out of its order") \
    X(FLOUNDER_ERR_NO_HANDLER, "nobody handles this message") \
    X(FLOUNDER_ERR_CALLS, "an answer to no call, or more calls than a binding may have") \
    X(FLOUNDER_ERR_INVALID_STATE, "a message of the stubs that has no place here") \
    X(FLOUNDER_ERR_INTERFACE, "the service has another interface") \
    X(FLOUNDER_ERR_VERSION, "the service's interface has other messages") \
    ELF_ERRORS(X) \
    X(SPAWN_ERR_NO_MODULE, "no boot module has this name") \
    X(SPAWN_ERR_ARGS, "too many or too long arguments") \
    X(SPAWN_ERR_LOAD, "the program could not be loaded") \
    X(SPAWN_ERR_NO_DOMAIN, "no such domain") \
    X(SPAWN_ERR_LIMIT, "too many domains") \
    X(SPAWN_ERR_ID_IN_USE, "the domain ID still belongs to a domain that has ended") \
    X(MON_ERR_NO_CORE, "no such core, or it is not up") \
    X(MON_ERR_NO_IREF, "no service has this interface reference") \
    X(MON_ERR_LIMIT, "the monitor's table, or the domain's share of it, is full: try later") \
    X(MON_ERR_CAP_SEND, "capabilities of this type do not cross cores") \
    X(MON_ERR_PROTOCOL, "malformed message") \
    X(MON_ERR_SPAWN_LIMITED, "a domain whose memory is limited cannot spawn on other cores") \
    X(MON_ERR_START, "the core did not start") \
    X(NS_ERR_NOT_FOUND, "no service is registered under this name") \
    X(NS_ERR_EXISTS, "the name is registered already") \
    X(NS_ERR_NAME, "the name is empty or too long")
// clang-format on

enum err_code {
#define STAVE_ERROR_ENUM(code, text) code,
    STAVE_ERRORS(STAVE_ERROR_ENUM)
#undef STAVE_ERROR_ENUM
        ERR_CODES_COUNT
};

/// Bits of one code in an errval_t; err_push keeps up to five, the latest in the lowest bits.
#define ERR_CODE_BITS 12

/// The latest code of an error.
static inline enum err_code err_no(errval_t err)
{
    return (enum err_code)(err & ((1u << ERR_CODE_BITS) - 1));
}

static inline bool err_is_ok(errval_t err)
{
    return err_no(err) == SYS_ERR_OK;
}

static inline bool err_is_fail(errval_t err)
{
    return err_no(err) != SYS_ERR_OK;
}

/// Says what failed because of err; the oldest of six codes is dropped.
static inline errval_t err_push(errval_t err, enum err_code code)
{
    return (err << ERR_CODE_BITS) | (errval_t)code;
}
