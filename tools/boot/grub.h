// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// GRUB in the boot image: the commands that it runs, and its two core images, one for BIOS and one
// for UEFI, in the folder that becomes the ISO. Private to image.c but for the unit tests.
#pragma once

#include "modules.h"

/// The commands that GRUB runs, one per line; to be freed by the caller. NULL: out of memory.
char *grub_commands(const struct modules *modules);

/// Make tree/boot/bios.img from grub.cfg; both in `folder`.
bool grub_add_bios_loader(const char *folder, struct report *report);

/// Make tree/boot/efi.img from grub.cfg: a FAT file system with GRUB where UEFI looks for it.
bool grub_add_uefi_loader(const char *folder, struct report *report);
