// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Builds the boot image: collects the CPU driver and the modules in a temporary folder, has GRUB
// added (grub.c) and makes an ISO of it. Stands on xorriso and strip; the modules of the platform
// lose their debugging information, which GRUB would read in vain at each boot.
#include "image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "child.h"
#include "files.h"
#include "grub.h"
#include "names.h"

/// Put one of the build's ELF files into the tree without its debugging information, but with its
/// functions' names, which strip takes for that.
static bool add_stripped(const char *from, const char *to, const char *what, struct report *report)
{
    // Copied first: then a missing file is reported as such, and strip has only its own errors.
    if (!files_copy(from, to, what, report))
        return false;
    struct strvec argv = {0};
    strvec_add_all(&argv, "strip", "--strip-debug", to, NULL);
    bool done = child_run(&argv, "binutils", report);
    strvec_free(&argv);
    const char *error = done ? names_add_to_file(to) : NULL;
    return error == NULL ? done : report_set(report, "%s: %s", what, error);
}

static bool add_modules(const struct modules *modules, const char *tree, struct report *report)
{
    char to[FILES_PATH_MAX];
    char what[64];
    for (unsigned i = 0; i < modules->count; i++) {
        const struct module *module = &modules->items[i];
        snprintf(what, sizeof(what), "module %s", module->name);
        bool added = files_path(to, report, "%s/boot/modules/%s", tree, module->name) &&
                     (module->added ? files_copy(module->path, to, what, report)
                                    : add_stripped(module->path, to, what, report));
        if (!added)
            return false;
    }
    return true;
}

static bool make_tree(const struct modules *modules, const char *tree, struct report *report)
{
    char path[FILES_PATH_MAX];
    static const char *const folders[] = {"", "/boot", "/boot/modules"};
    for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (!files_path(path, report, "%s%s", tree, folders[i]) || mkdir(path, 0755) != 0)
            return report_set(report, "cannot make the folder %s", path);
    return files_path(path, report, "%s/boot/cpudriver.elf", tree) &&
           add_stripped(modules->cpudriver, path, "CPU driver", report) &&
           add_modules(modules, tree, report);
}

static bool make_iso(const char *folder, const char *output, struct report *report)
{
    struct strvec argv = {0};
    strvec_add_all(&argv, "xorriso", "-as", "mkisofs", "-quiet", "-V", "STAVE", "-b",
                   "boot/bios.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table",
                   "-eltorito-alt-boot", "-e", "boot/efi.img", "-no-emul-boot", "-o", output, NULL);
    strvec_add(&argv, "%s/tree", folder);
    bool done = child_run(&argv, "xorriso", report);
    strvec_free(&argv);
    return done;
}

static bool build_in(const struct modules *modules, const char *folder, const char *output,
                     struct report *report)
{
    char path[FILES_PATH_MAX];
    char *commands = grub_commands(modules);
    if (commands == NULL)
        return report_set(report, "out of memory");
    bool written =
        files_path(path, report, "%s/grub.cfg", folder) && files_write(path, commands, report);
    free(commands);
    return written && files_path(path, report, "%s/tree", folder) &&
           make_tree(modules, path, report) && grub_add_bios_loader(folder, report) &&
           grub_add_uefi_loader(folder, report) && make_iso(folder, output, report);
}

bool image_build(const struct modules *modules, const char *output, struct report *report)
{
    char folder[FILES_PATH_MAX];
    // One date for all files: the same inputs give the same image.
    setenv("SOURCE_DATE_EPOCH", "1767225600", 1);
    if (!files_make_temporary(folder, report))
        return false;
    bool built = build_in(modules, folder, output, report);
    files_remove_all(folder);
    return built;
}

bool image_write_depfile(const struct modules *modules, const char *platform_path,
                         const char *output, const char *depfile, struct report *report)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return report_set(report, "out of memory");
    fprintf(out, "%s: %s %s", output, platform_path, modules->cpudriver);
    for (unsigned i = 0; i < modules->count; i++)
        fprintf(out, " %s", modules->items[i].path);
    fprintf(out, "\n");
    fclose(out);
    bool written = files_write(depfile, text, report);
    free(text);
    return written;
}
