// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The walk over a Multiboot2 information structure; see multiboot2.h. A tag is handed to its
// reader only after its whole extent has been found inside the structure, and a reader looks at
// nothing beyond its tag. All fields are copied out with memcpy: the loader promises 8-byte
// alignment, but that is a claim too. Each step moves forward by at least eight bytes.
#include "firmware/multiboot2.h"

#include "lib/string.h"

enum {
    HEADER_BYTES = 8, // of the structure (total size, reserved) and of a tag (type, size)
    TAG_ALIGN = 8,
    MEMORY_HEADER_BYTES = 16,
    MEMORY_ENTRY_BYTES = 24,
    MODULE_HEADER_BYTES = 16,
    RSDP_V1_BYTES = 20,
};

enum tag_type {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_LOADER_NAME = 2,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_RSDP_V1 = 14,
    TAG_RSDP_V2 = 15,
};

struct tag {
    uint32_t type;
    uint32_t bytes; // the header included
    const uint8_t *start;
};

static uint32_t read32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint64_t read64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static enum multiboot2_error read_string(const struct tag *tag, uint32_t offset, const char **out)
{
    if (tag->bytes < offset)
        return MULTIBOOT2_TAG_TOO_SMALL;
    const char *text = (const char *)tag->start + offset;
    if (strnlen(text, tag->bytes - offset) == tag->bytes - offset)
        return MULTIBOOT2_BAD_STRING;
    *out = text;
    return MULTIBOOT2_OK;
}

static enum multiboot2_error read_module(const struct tag *tag, struct multiboot2_info *out)
{
    if (tag->bytes < MODULE_HEADER_BYTES)
        return MULTIBOOT2_TAG_TOO_SMALL;
    struct multiboot2_module module = {
        .start = read32(tag->start + 8),
        .end = read32(tag->start + 12),
    };
    enum multiboot2_error error = read_string(tag, MODULE_HEADER_BYTES, &module.command_line);
    if (error != MULTIBOOT2_OK)
        return error;
    if (module.end < module.start)
        return MULTIBOOT2_BAD_MODULE;
    if (out->module_count < MULTIBOOT2_MODULES_MAX)
        out->modules[out->module_count++] = module;
    else
        out->modules_dropped++;
    return MULTIBOOT2_OK;
}

static enum multiboot2_error read_memory_map(const struct tag *tag, struct multiboot2_info *out)
{
    if (tag->bytes < MEMORY_HEADER_BYTES)
        return MULTIBOOT2_TAG_TOO_SMALL;
    uint32_t entry_bytes = read32(tag->start + 8);
    if (entry_bytes < MEMORY_ENTRY_BYTES)
        return MULTIBOOT2_BAD_MEMORY_ENTRY;
    uint32_t count = (tag->bytes - MEMORY_HEADER_BYTES) / entry_bytes;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *at = tag->start + MEMORY_HEADER_BYTES + (size_t)i * entry_bytes;
        if (out->memory_count == MULTIBOOT2_MEMORY_MAX) {
            out->memory_dropped += count - i;
            break;
        }
        out->memory[out->memory_count++] = (struct memory_entry){
            .base = read64(at), .bytes = read64(at + 8), .type = read32(at + 16)};
    }
    return MULTIBOOT2_OK;
}

static enum multiboot2_error read_rsdp(const struct tag *tag, size_t rsdp_bytes,
                                       struct multiboot2_info *out)
{
    if (tag->bytes < HEADER_BYTES + rsdp_bytes)
        return MULTIBOOT2_TAG_TOO_SMALL;
    if (rsdp_bytes > out->rsdp_bytes) {
        memcpy(out->rsdp, tag->start + HEADER_BYTES, rsdp_bytes);
        out->rsdp_bytes = rsdp_bytes;
    }
    return MULTIBOOT2_OK;
}

static enum multiboot2_error read_tag(const struct tag *tag, struct multiboot2_info *out)
{
    switch (tag->type) {
    case TAG_COMMAND_LINE:
        return read_string(tag, HEADER_BYTES, &out->command_line);
    case TAG_LOADER_NAME:
        return read_string(tag, HEADER_BYTES, &out->loader_name);
    case TAG_MODULE:
        return read_module(tag, out);
    case TAG_MEMORY_MAP:
        return read_memory_map(tag, out);
    case TAG_RSDP_V1:
        return read_rsdp(tag, RSDP_V1_BYTES, out);
    case TAG_RSDP_V2:
        return read_rsdp(tag, MULTIBOOT2_RSDP_MAX, out);
    default:
        return MULTIBOOT2_OK;
    }
}

static enum multiboot2_error walk(const uint8_t *start, size_t total, struct multiboot2_info *out)
{
    size_t offset = HEADER_BYTES;
    for (;;) {
        out->error_offset = offset;
        if (offset > total || total - offset < HEADER_BYTES)
            return MULTIBOOT2_NO_END_TAG;
        struct tag tag = {.start = start + offset};
        tag.type = read32(tag.start);
        tag.bytes = read32(tag.start + 4);
        if (tag.bytes < HEADER_BYTES)
            return MULTIBOOT2_TAG_TOO_SMALL;
        if (tag.bytes > total - offset)
            return MULTIBOOT2_TAG_OVERRUN;
        if (tag.type == TAG_END)
            return out->memory_count > 0 ? MULTIBOOT2_OK : MULTIBOOT2_NO_MEMORY_MAP;
        enum multiboot2_error error = read_tag(&tag, out);
        if (error != MULTIBOOT2_OK)
            return error;
        offset += ((size_t)tag.bytes + TAG_ALIGN - 1) & ~(size_t)(TAG_ALIGN - 1);
    }
}

enum multiboot2_error multiboot2_parse(const void *info, size_t max_bytes,
                                       struct multiboot2_info *out)
{
    memset(out, 0, sizeof(*out));
    out->command_line = "";
    out->loader_name = "";
    if (max_bytes < HEADER_BYTES)
        return MULTIBOOT2_NO_ROOM;
    uint32_t total = read32(info);
    if (total < HEADER_BYTES || total > max_bytes)
        return MULTIBOOT2_BAD_TOTAL_SIZE;
    return walk(info, total, out);
}

const char *multiboot2_error_text(enum multiboot2_error error)
{
    static const char *const texts[MULTIBOOT2_ERROR_COUNT] = {
        [MULTIBOOT2_OK] = "no error",
        [MULTIBOOT2_NO_ROOM] = "information structure: no room for its header",
        [MULTIBOOT2_BAD_TOTAL_SIZE] = "information structure: its total size is wrong",
        [MULTIBOOT2_TAG_TOO_SMALL] = "tag too small for its type",
        [MULTIBOOT2_TAG_OVERRUN] = "tag reaches beyond the information structure",
        [MULTIBOOT2_NO_END_TAG] = "information structure without an end tag",
        [MULTIBOOT2_BAD_STRING] = "string without an end inside its tag",
        [MULTIBOOT2_BAD_MODULE] = "boot module ends before it starts",
        [MULTIBOOT2_BAD_MEMORY_ENTRY] = "memory map entries too small",
        [MULTIBOOT2_NO_MEMORY_MAP] = "no memory map from the boot loader",
    };
    if ((unsigned)error >= MULTIBOOT2_ERROR_COUNT)
        return "unknown error";
    return texts[error];
}
