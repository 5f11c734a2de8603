// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The programs that the emulated machine may execute, and the names of what is in them. Image 0 is
// the CPU driver. All domains are linked for the same addresses, so an image is known by the bytes
// of its code: code that fits none, or several, has no name.
//
// A symbol is a number: 0 stands for none of these; images_symbol_name() gives its text.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGES_MAX 128u
#define IMAGE_NONE (-1)
#define IMAGE_CPUDRIVER 0
#define CPUDRIVER_HALF 0xffff800000000000ul // addresses from here on are the CPU driver's ...
#define CPUDRIVER_WINDOW_BYTES (1ul << 39)  // ... first a window on physical memory

struct image;

struct images {
    struct image *items[IMAGES_MAX];
    unsigned count;
    uint32_t symbols; ///< of all images
};

/// Read an ELF file. False: it cannot be read, is not one, or there are too many.
bool images_add(struct images *images, const char *path);

/// The image with these bytes of code at `vaddr`, or IMAGE_NONE.
int images_match(const struct images *images, uint64_t vaddr, const void *bytes, size_t count);

/// What lies at `vaddr` in an image: the symbol, or 0.
uint32_t images_symbol(const struct images *images, int image, uint64_t vaddr);

/// "image:symbol", valid as long as the images; "-" for 0.
const char *images_symbol_name(const struct images *images, uint32_t symbol);

/// The address of a symbol of an image by its name, or 0.
uint64_t images_address(const struct images *images, int image, const char *name);

void images_free(struct images *images);
