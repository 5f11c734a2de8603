// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The glue between QEMU and the models: takes blocks of instructions apart as they are translated,
// and passes on each execution and each access. QEMU is started with one thread for all cores, so
// nothing here is locked. Loaded as `-plugin file=coherence.so,config=FILE` (config.h).
//
// A translation block that is executed again from its middle, because an access to a device must be
// the last of its block, is translated without call-backs for instructions: each counts once.
#include <stdio.h>
#include <string.h>

#include "behalf.h"
#include "model.h"
#include "qemu_plugin.h"

#define CODE_BYTES_MAX 8192u
#define PAGE_BYTES 4096u

int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static struct config config;
static struct model model;
static struct behalf behalf;
static struct map blocks; ///< struct behalf_block of each address and image

static void on_instruction(unsigned vcpu, void *userdata)
{
    model_instruction(&model, vcpu, userdata);
}

/// What crosses into another page counts for the first: where the second lies is not told.
static unsigned bytes_of(qemu_plugin_meminfo_t info, uint64_t vaddr)
{
    unsigned bytes = 1u << qemu_plugin_mem_size_shift(info);
    unsigned room = PAGE_BYTES - vaddr % PAGE_BYTES;
    return bytes < room ? bytes : room;
}

static void on_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *userdata)
{
    const struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, vaddr);
    if (place == NULL)
        return;
    if (qemu_plugin_hwaddr_is_io(place)) {
        if (qemu_plugin_mem_is_store(info))
            model_device_write(&model, vcpu, qemu_plugin_hwaddr_phys_addr(place));
        return;
    }
    model_access(&model, vcpu, userdata, vaddr, qemu_plugin_hwaddr_phys_addr(place),
                 bytes_of(info, vaddr), qemu_plugin_mem_is_store(info));
}

/// The audit alone looks at nothing but memory.
static void on_driver_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
                             void *userdata)
{
    const struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, vaddr);
    if (place != NULL && !qemu_plugin_hwaddr_is_io(place)) {
        model_audit(&model, vcpu, userdata, vaddr, qemu_plugin_hwaddr_phys_addr(place),
                    bytes_of(info, vaddr), qemu_plugin_mem_is_store(info));
    }
}

/// The image that a block comes from, by all of its bytes.
static int image_of(const struct qemu_plugin_tb *tb, size_t count)
{
    static uint8_t code[CODE_BYTES_MAX];
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        size_t size = qemu_plugin_insn_size(insn);
        if (bytes + size > sizeof(code))
            break;
        memcpy(code + bytes, qemu_plugin_insn_data(insn), size);
        bytes += size;
    }
    uint64_t start = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    return start >= CPUDRIVER_HALF ? IMAGE_CPUDRIVER
                                   : images_match(&config.images, start, code, bytes);
}

static void watch(struct qemu_plugin_insn *insn, const struct site *site)
{
    bool counted = config.text != NULL;
    if (counted) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_instruction, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)site);
    }
    if (counted || site->driver) {
        qemu_plugin_register_vcpu_mem_cb(insn, counted ? on_access : on_driver_access,
                                         QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, (void *)site);
    }
}

static void on_block(unsigned vcpu, void *userdata)
{
    behalf_execute(&behalf, vcpu, userdata);
}

static void on_message_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
                              void *userdata)
{
    const struct qemu_plugin_hwaddr *place = qemu_plugin_get_hwaddr(info, vaddr);
    if (place != NULL && !qemu_plugin_hwaddr_is_io(place)) {
        behalf_access(&behalf, vcpu, userdata, qemu_plugin_hwaddr_phys_addr(place),
                      bytes_of(info, vaddr), qemu_plugin_mem_is_store(info));
    }
}

static void on_mark(unsigned vcpu, void *userdata)
{
    (void)vcpu;
    uintptr_t mark = (uintptr_t)userdata; // the image, and behind it the mark
    behalf_mark(&behalf, mark & 0xf, (int)(mark >> 4));
}

static void watch_block(struct qemu_plugin_tb *tb, size_t count, int image)
{
    uint64_t start = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
    struct behalf_block *block =
        map_make(&blocks, start ^ (uint64_t)(image + 1) << 50 ^ count << 58, sizeof(*block));
    *block =
        (struct behalf_block){image, behalf_role(&config.images, image, start), (unsigned)count};
    bool moves = behalf_is_watched(block->role);
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        unsigned op, what;
        if (image >= 0 && model_decode_mark(qemu_plugin_insn_data(insn),
                                            qemu_plugin_insn_size(insn), &op, &what)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)((uintptr_t)image << 4 | op));
        }
        if (moves) {
            qemu_plugin_register_vcpu_mem_cb(insn, on_message_access, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_RW, block);
        }
    }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(tb);
    int image = image_of(tb, count);
    if (config.behalf != NULL) {
        watch_block(tb, count, image);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const struct site *site =
            model_site(&model, qemu_plugin_insn_vaddr(insn), image, qemu_plugin_insn_data(insn),
                       qemu_plugin_insn_size(insn));
        watch(insn, site);
    }
}

static void on_exit(qemu_plugin_id_t id, void *userdata)
{
    (void)id;
    (void)userdata;
    model_finish(&model);
    if (config.behalf != NULL)
        behalf_finish(&behalf);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    static const char key[] = "config=";
    char wrong[512] = "config=FILE is missing";
    (void)info;
    if (argc != 1 || strncmp(argv[0], key, strlen(key)) != 0 ||
        !config_read(&config, argv[0] + strlen(key), wrong, sizeof(wrong))) {
        fprintf(stderr, "coherence: %s\n", wrong);
        return -1;
    }
    model_init(&model, &config);
    if (config.behalf != NULL) {
        const char *missing = behalf_missing(&config.images);
        if (missing != NULL) {
            fprintf(stderr, "coherence: no program has the function %s\n", missing);
            return -1;
        }
        behalf_begin(&behalf, &config.images, config.behalf);
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit, NULL);
    return 0;
}
