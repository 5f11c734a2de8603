// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// stave-boot: builds boot images and boots them in QEMU or Bochs. This file finds the platform and the
// image, has the one built or the other booted, and prints what went wrong. options.h describes
// the command line, image.h the image, run.h a boot.
//
// Files are looked for beside the program: <its folder>/<platform>.iso is the image,
// <its folder>/../platforms/<platform>.yaml the platform.
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "count.h"
#include "direct.h"
#include "files.h"
#include "image.h"
#include "modules.h"
#include "options.h"
#include "platform.h"
#include "run.h"

#define PLATFORM_DEFAULT "pc"

static bool modules_are_there(const struct modules *modules, struct report *report)
{
    char what[64];
    bool there = files_is_there(modules->cpudriver, "CPU driver", report);
    for (unsigned i = 0; i < modules->count && there; i++) {
        snprintf(what, sizeof(what), "module %s", modules->items[i].name);
        there = files_is_there(modules->items[i].path, what, report);
    }
    return there;
}

/// Find the folder with the files of an image. With the output among them paths stay as short as they
/// were given, which the build's depfile needs.
static bool find_build_folder(const struct options *options, const struct platform *platform,
                              char *folder, struct report *report)
{
    char path[FILES_PATH_MAX];
    if (options->build != NULL)
        return files_path(folder, report, "%s", options->build);
    if (!files_path(path, report, "%s", options->output) ||
        !files_path(folder, report, "%s", dirname(path)) ||
        !files_path(path, report, "%s/%s", folder, platform->cpudriver))
        return false;
    return access(path, R_OK) == 0 || files_program_folder(folder, report);
}

/// Build an image on behalf of `stave-boot image`.
static int main_image(const struct options *options, struct report *report)
{
    char folder[FILES_PATH_MAX];
    struct modules modules;
    struct platform *platform = platform_load(options->platform, report);
    if (platform == NULL)
        return RUN_STATUS_ARGUMENTS;
    bool built = find_build_folder(options, platform, folder, report) &&
                 modules_collect(&modules, platform, folder, NULL, 0, report);
    if (built) {
        built = image_build(&modules, options->output, report) &&
                (options->depfile == NULL ||
                 image_write_depfile(&modules, options->platform, options->output, options->depfile,
                                     report));
        modules_free(&modules);
    }
    platform_free(platform);
    return built ? 0 : RUN_STATUS_DIED;
}

static struct platform *find_platform(const struct options *options, const char *build_folder,
                                      struct report *report)
{
    char path[FILES_PATH_MAX];
    const char *name = options->platform != NULL ? options->platform : PLATFORM_DEFAULT;
    return files_named(path, report, build_folder, "platforms", name) ? platform_load(path, report)
                                                                      : NULL;
}

/// Run the file with the plug-in, if that is wanted.
static int boot_counted(const struct options *options, const struct machine *machine,
                        const struct modules *modules, const char *file, const char *folder,
                        const char *build_folder, struct report *report)
{
    struct options counted = *options;
    if (!options->count && !options->audit && options->behalf == NULL)
        return run_machine(options, machine, file, report);
    if (!count_prepare(&counted, machine, modules, folder, build_folder, report))
        return RUN_STATUS_ARGUMENTS;
    return count_finish(options, folder, run_machine(&counted, machine, file, report));
}

/// Put the commands of --run among the modules.
static bool add_commands(const struct options *options, struct modules *modules, const char *folder,
                         struct report *report)
{
    char path[FILES_PATH_MAX];
    if (!files_path(path, report, "%s/commands", folder) ||
        !files_write(path, options->run, report))
        return false;
    modules_add_commands(modules, path);
    return true;
}

/// Build a file for this boot alone: --direct's, or an image with the modules of --module or the
/// commands for --bochs.
static int boot_temporary(const struct options *options, const struct machine *machine,
                          struct modules *modules, const char *build_folder, struct report *report)
{
    char folder[FILES_PATH_MAX];
    char file[FILES_PATH_MAX];
    int status = RUN_STATUS_DIED;
    if (!files_make_temporary(folder, report))
        return status;
    if (files_path(file, report, "%s/boot", folder) &&
        (!options->bochs || add_commands(options, modules, folder, report)) &&
        (options->direct ? direct_build(modules, machine->memory_mib, file, report)
                         : image_build(modules, file, report)))
        status = boot_counted(options, machine, modules, file, folder, build_folder, report);
    files_remove_all(folder);
    return status;
}

static int boot_image(const struct options *options, const struct machine *machine,
                      const struct platform *platform, const char *build_folder,
                      struct report *report)
{
    char image[FILES_PATH_MAX];
    bool fits = options->image != NULL
                    ? files_path(image, report, "%s", options->image)
                    : files_path(image, report, "%s/%s.iso", build_folder, platform->name);
    if (fits && access(image, R_OK) != 0)
        fits = report_set(report, "there is no image %s: build it with ninja", image);
    return fits ? run_machine(options, machine, image, report) : RUN_STATUS_ARGUMENTS;
}

static int boot_platform(const struct options *options, const struct platform *platform,
                         const char *build_folder, struct report *report)
{
    struct modules modules;
    struct machine machine;
    struct machine defaults = platform_machine(platform);
    if (!machine_resolve(&options->machine, &defaults, &machine, report))
        return RUN_STATUS_ARGUMENTS;
    if (!options->direct && !options->bochs && options->modules_count == 0)
        return boot_image(options, &machine, platform, build_folder, report);
    if (!modules_collect(&modules, platform, build_folder, options->modules, options->modules_count,
                         report))
        return RUN_STATUS_ARGUMENTS;
    int status = modules_are_there(&modules, report)
                     ? boot_temporary(options, &machine, &modules, build_folder, report)
                     : RUN_STATUS_ARGUMENTS;
    modules_free(&modules);
    return status;
}

static int main_boot(const struct options *options, struct report *report)
{
    char build_folder[FILES_PATH_MAX];
    if (!files_program_folder(build_folder, report))
        return RUN_STATUS_DIED;
    struct platform *platform = find_platform(options, build_folder, report);
    if (platform == NULL)
        return RUN_STATUS_ARGUMENTS;
    int status = boot_platform(options, platform, build_folder, report);
    platform_free(platform);
    return status;
}

/// A standard descriptor that the caller closed would be given to the first pipe made.
static void open_standard_descriptors(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    close(fd);
}

int main(int argc, char *argv[])
{
    open_standard_descriptors();
    struct options options;
    struct report report = {0};
    int status = RUN_STATUS_ARGUMENTS;
    if (options_parse(&options, argc, argv, &report)) {
        if (options.help) {
            fputs(options_help, stdout);
            return 0;
        }
        status = options.build_image ? main_image(&options, &report) : main_boot(&options, &report);
    }
    if (report.text[0] != '\0') {
        fprintf(stderr, "stave-boot: %s%s\n", report.text,
                status == RUN_STATUS_ARGUMENTS ? "; try --help" : "");
    }
    return status;
}
