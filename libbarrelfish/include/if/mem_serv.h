// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests to a core's memory server, over LMP (barrelfish/lmp_rpc.h). Memory is given back by
// deleting the last capability that covers it; there is no request for that.
#pragma once

enum mem_serv_op {
    /// words: 1 bytes, 2 alignment in bytes (a power of two, at least a page), 3 least base,
    ///        4 first address beyond (0: any).
    /// reply: 1 base, 2 bytes; capability: RAM. The memory's content is undefined.
    /// errors: LIB_ERR_RAM_ALLOC_WRONG_SIZE not whole pages or no alignment; LIB_ERR_RAM_ALLOC
    /// none.
    MEM_SERV_ALLOC = 1,
    /// reply: 1 free bytes, 2 free bytes and those handed out.
    MEM_SERV_AVAILABLE,
    /// words: 1 domain ID, which has ended. From the monitor and spawnd of this core only.
    /// errors: SYS_ERR_RIGHTS.
    MEM_SERV_FORGET,
    /// words: 1 domain ID. reply: 1 bytes, 2 pieces that it was ever given.
    /// errors: SPAWN_ERR_NO_DOMAIN it has asked for nothing.
    MEM_SERV_ACCOUNT,
    /// words: 1 domain ID; cap: frame of a page, where the server keeps that domain's struct
    /// info_memory (kpi/info.h) up to date until MEM_SERV_FORGET. From the monitor and spawnd of
    /// this core only, which must not revoke the frame before.
    /// errors: SYS_ERR_RIGHTS; LIB_ERR_INVALID_ARGS no such frame, or it has one already;
    /// LIB_ERR_MALLOC_FAIL too many domains; those of vspace_map_one_frame().
    MEM_SERV_INFO,
};
