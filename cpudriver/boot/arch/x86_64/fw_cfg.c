// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The firmware configuration device of QEMU (its docs/specs/fw_cfg), polled: the runner leaves the
// shell commands there.

#include "boot.h"

#include "arch/cpu.h"
#include "lib/string.h"
#include "machine/panic.h"

#define FW_CFG_SELECT 0x510u
#define FW_CFG_DATA 0x511u
#define FW_CFG_SIGNATURE 0x00u
#define FW_CFG_DIRECTORY 0x19u
#define FW_CFG_NAME_BYTES 56u
#define FW_CFG_COMMANDS "opt/stave/run"

static void fw_cfg_read(void *buffer, size_t bytes)
{
    uint8_t *at = buffer;
    for (size_t i = 0; i < bytes; i++)
        at[i] = cpu_in8(FW_CFG_DATA);
}

static uint32_t fw_cfg_read_be32(void)
{
    uint8_t b[4];
    fw_cfg_read(b, sizeof(b));
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

int fw_cfg_read_commands(char *buffer, size_t max)
{
    char signature[4];
    cpu_out16(FW_CFG_SELECT, FW_CFG_SIGNATURE);
    fw_cfg_read(signature, sizeof(signature));
    if (memcmp(signature, "QEMU", sizeof(signature)) != 0)
        return -1;
    cpu_out16(FW_CFG_SELECT, FW_CFG_DIRECTORY);
    for (uint32_t left = fw_cfg_read_be32(); left > 0; left--) {
        uint32_t bytes = fw_cfg_read_be32();
        uint8_t head[4]; // selector, big-endian, and two reserved bytes
        char name[FW_CFG_NAME_BYTES];
        fw_cfg_read(head, sizeof(head));
        fw_cfg_read(name, sizeof(name));
        if (memcmp(name, FW_CFG_COMMANDS, sizeof(FW_CFG_COMMANDS)) != 0)
            continue;
        cpu_out16(FW_CFG_SELECT, (uint16_t)(head[0] << 8 | head[1]));
        if (bytes > max)
            boot_fail("%u bytes of shell commands; at most %lu are possible", bytes, max);
        fw_cfg_read(buffer, bytes);
        return (int)bytes;
    }
    return -1;
}
