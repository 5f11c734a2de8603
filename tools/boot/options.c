// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The parser of stave-boot's command line, on getopt_long, whose own messages are replaced by ours.
// Checks each argument by itself and those that exclude one another; what needs the platform file
// (more nodes than cores, say) is checked by machine_resolve().
#include "options.h"

#include <getopt.h>
#include <string.h>

#include "bochs.h"

enum option_code {
    OPTION_PLATFORM = 256, // above every character: these options have no short form
    OPTION_OUTPUT,
    OPTION_BUILD,
    OPTION_DEPFILE,
    OPTION_IMAGE,
    OPTION_CORES,
    OPTION_MEMORY,
    OPTION_NODES,
    OPTION_RUN,
    OPTION_MODULE,
    OPTION_TIMEOUT,
    OPTION_ACCEL,
    OPTION_DIRECT,
    OPTION_DETERMINISTIC,
    OPTION_COUNT,
    OPTION_COUNT_CSV,
    OPTION_COSTS,
    OPTION_AUDIT,
    OPTION_BEHALF,
    OPTION_GDB,
    OPTION_LOG,
    OPTION_UEFI,
    OPTION_BOCHS,
    OPTION_VERBOSE,
    OPTION_QEMU_ARG,
    OPTION_HELP,
};

static const struct option image_options[] = {
    {"platform", required_argument, NULL, OPTION_PLATFORM},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"build", required_argument, NULL, OPTION_BUILD},
    {"depfile", required_argument, NULL, OPTION_DEPFILE},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static const struct option boot_options[] = {
    {"platform", required_argument, NULL, OPTION_PLATFORM},
    {"image", required_argument, NULL, OPTION_IMAGE},
    {"cores", required_argument, NULL, OPTION_CORES},
    {"memory", required_argument, NULL, OPTION_MEMORY},
    {"nodes", required_argument, NULL, OPTION_NODES},
    {"run", required_argument, NULL, OPTION_RUN},
    {"module", required_argument, NULL, OPTION_MODULE},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"accel", required_argument, NULL, OPTION_ACCEL},
    {"direct", no_argument, NULL, OPTION_DIRECT},
    {"deterministic", no_argument, NULL, OPTION_DETERMINISTIC},
    {"count", no_argument, NULL, OPTION_COUNT},
    {"count-csv", required_argument, NULL, OPTION_COUNT_CSV},
    {"costs", required_argument, NULL, OPTION_COSTS},
    {"audit", no_argument, NULL, OPTION_AUDIT},
    {"behalf", required_argument, NULL, OPTION_BEHALF},
    {"gdb", no_argument, NULL, OPTION_GDB},
    {"log", required_argument, NULL, OPTION_LOG},
    {"uefi", no_argument, NULL, OPTION_UEFI},
    {"bochs", no_argument, NULL, OPTION_BOCHS},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {"qemu-arg", required_argument, NULL, OPTION_QEMU_ARG},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

const char options_help[] =
    "Usage: stave-boot [OPTION]...            boot Stave in QEMU\n"
    "       stave-boot image --platform FILE --output ISO [--build FOLDER] [--depfile FILE]\n"
    "                                         build the boot image of a platform from the files "
    "in\n"
    "                                         FOLDER (default: the output's, if the CPU driver is\n"
    "                                         there, else this program's)\n"
    "\n"
    "  --platform NAME|FILE  the platform (default pc: platforms/pc.yaml)\n"
    "  --image FILE          the image to boot (default: the platform's, beside this program)\n"
    "  --cores N             virtual cores, 1 to 255 (default: the platform's)\n"
    "  --memory SIZE         memory, like 256M or 2G (default: the platform's, but at least\n"
    "                        24 MiB for each core and 128 MiB)\n"
    "  --nodes K             NUMA nodes, 1 to 8, that share cores and memory evenly\n"
    "  --run COMMANDS        run these shell commands, then halt; the console takes no input\n"
    "  --module FILE         add a boot module, or replace the one of that name (repeatable)\n"
    "  --timeout S           stop after S seconds; 0: never (default: never with --gdb or when\n"
    "                        a terminal is the console's input, else 600)\n"
    "  --accel KIND          auto, tcg or kvm (default auto: kvm where the processor offers it)\n"
    "  --direct              let QEMU load the platform's files instead of GRUB the image: faster\n"
    "  --deterministic       one host thread, one nanosecond per instruction: with --run, every\n"
    "                        run of the same files is identical to the byte; implies --direct\n"
    "  --count               count instructions and movements of cache lines in what a benchmark\n"
    "                        measures, and print them at the end; implies --deterministic\n"
    "  --count-csv FILE      the same, and also write them to FILE as comma-separated values\n"
    "  --costs NAME|FILE     the same, with the times of another machine than the default, host:\n"
    "                        platforms/costs/NAME.yaml\n"
    "  --audit               report memory that the CPU drivers of two cores share, and then end\n"
    "                        with status 1; implies --deterministic\n"
    "  --behalf FILE         count the instructions that a program measures and those of services\n"
    "                        and CPU drivers on its behalf, whoever else runs, and write them to\n"
    "                        FILE as comma-separated values; implies --deterministic\n"
    "  --gdb                 wait for a debugger on port 1234 before the first instruction\n"
    "  --log FILE            copy all that the console prints to FILE\n"
    "  --uefi                boot with UEFI firmware instead of BIOS\n"
    "  --bochs               boot in Bochs, slower and independent of QEMU: at most 8 cores, one\n"
    "                        node, only with --run\n"
    "  --verbose             show QEMU's command line and the firmware's text\n"
    "  --qemu-arg ARG        one more argument for QEMU (repeatable)\n"
    "  --help                show this text\n"
    "\n"
    "The console is standard input and output. On a terminal Ctrl-] stops the machine and every\n"
    "other key goes to it. A file or a pipe is data: every byte goes to the machine as it is, and\n"
    "its end, which is none of them.\n"
    "\n"
    "Exit status:\n"
    "  0 to 95  that of the commands run: of several, the last that is not 0, and 95 for a\n"
    "           larger one; Ctrl-]: 0\n"
    "  1        also: --audit has found something\n"
    "  2        also: an argument is wrong, or a file that it names is missing or malformed\n"
    "  3        also: the machine or the image could not be made, or the machine died\n"
    "  124      the time of --timeout is over\n"
    "  128+N    stopped by signal N\n";

static bool parse_accel(const char *text, enum options_accel *accel, struct report *report)
{
    static const char *const names[] = {"auto", "tcg", "kvm"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            *accel = (enum options_accel)i;
            return true;
        }
    }
    return report_set(report, "--accel: '%s' is not auto, tcg or kvm", text);
}

static bool append(const char **list, unsigned *count, unsigned max, const char *what,
                   struct report *report)
{
    if (*count == max)
        return report_set(report, "%s: more than %u times", what, max);
    list[(*count)++] = optarg;
    return true;
}

static bool parse_text(const char **text, const char *what, struct report *report)
{
    if (optarg[0] == '\0')
        return report_set(report, "%s: the argument is empty", what);
    *text = optarg;
    return true;
}

static bool parse_run(const char **run, struct report *report)
{
    if (strlen(optarg) > OPTIONS_RUN_BYTES_MAX)
        return report_set(report, "--run: longer than %u bytes", OPTIONS_RUN_BYTES_MAX);
    return parse_text(run, "--run", report);
}

/// What an option says by being there.
static void set_flag(struct options *options, int code)
{
    options->help |= code == OPTION_HELP;
    options->count |= code == OPTION_COUNT || code == OPTION_COUNT_CSV || code == OPTION_COSTS;
    options->audit |= code == OPTION_AUDIT;
    options->deterministic |=
        code == OPTION_DETERMINISTIC || code == OPTION_BEHALF || options->count || options->audit;
    options->direct |= code == OPTION_DIRECT || options->deterministic;
    options->gdb |= code == OPTION_GDB;
    options->uefi |= code == OPTION_UEFI;
    options->bochs |= code == OPTION_BOCHS;
    options->verbose |= code == OPTION_VERBOSE;
}

/// Options whose argument is kept as it is; of others nothing is.
static bool parse_kept(struct options *options, int code, struct report *report)
{
    const struct {
        int code;
        const char **text, *name;
    } texts[] = {
        {OPTION_PLATFORM, &options->platform, "--platform"},
        {OPTION_OUTPUT, &options->output, "--output"},
        {OPTION_BUILD, &options->build, "--build"},
        {OPTION_DEPFILE, &options->depfile, "--depfile"},
        {OPTION_IMAGE, &options->image, "--image"},
        {OPTION_LOG, &options->log, "--log"},
        {OPTION_COUNT_CSV, &options->count_csv, "--count-csv"},
        {OPTION_COSTS, &options->costs, "--costs"},
        {OPTION_BEHALF, &options->behalf, "--behalf"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].code == code)
            return parse_text(texts[i].text, texts[i].name, report);
    return true;
}

static bool parse_option(struct options *options, int code, struct report *report)
{
    struct machine *machine = &options->machine;
    switch (code) {
    case OPTION_RUN:
        return parse_run(&options->run, report);
    case OPTION_CORES:
        return machine_parse_number(optarg, "--cores", 1, MACHINE_CORES_MAX, &machine->cores,
                                    report);
    case OPTION_NODES:
        return machine_parse_number(optarg, "--nodes", 1, MACHINE_NODES_MAX, &machine->nodes,
                                    report);
    case OPTION_MEMORY:
        return machine_parse_memory(optarg, "--memory", &machine->memory_mib, report);
    case OPTION_TIMEOUT:
        return machine_parse_number(optarg, "--timeout", 0, OPTIONS_TIMEOUT_S_MAX,
                                    &options->timeout_s, report);
    case OPTION_ACCEL:
        return parse_accel(optarg, &options->accel, report);
    case OPTION_MODULE:
        return append(options->modules, &options->modules_count, OPTIONS_MODULES_MAX, "--module",
                      report);
    case OPTION_QEMU_ARG:
        return append(options->qemu_args, &options->qemu_args_count, OPTIONS_QEMU_ARGS_MAX,
                      "--qemu-arg", report);
    default:
        set_flag(options, code);
        return parse_kept(options, code, report);
    }
}

/// The option that chose how the machine runs, the strongest of those that imply one another.
static const char *mode_name(const struct options *options)
{
    return options->count            ? "count"
           : options->audit          ? "audit"
           : options->behalf != NULL ? "behalf"
           : options->deterministic  ? "deterministic"
                                     : "direct";
}

/// What --bochs cannot do, or NULL.
static const char *against_bochs(const struct options *options)
{
    return options->direct                        ? mode_name(options)
           : options->uefi                        ? "uefi"
           : options->gdb                         ? "gdb"
           : options->image != NULL               ? "image"
           : options->qemu_args_count != 0        ? "qemu-arg"
           : options->accel != OPTIONS_ACCEL_AUTO ? "accel"
           : options->machine.nodes > 1           ? "nodes"
                                                  : NULL;
}

static bool check_bochs(const struct options *options, struct report *report)
{
    const char *other = against_bochs(options);
    if (other != NULL)
        return report_set(report, "--bochs excludes --%s", other);
    if (options->run == NULL)
        return report_set(report, "--bochs takes no input: --run is missing");
    return options->machine.cores <= BOCHS_CORES_MAX ||
           report_set(report, "--bochs: at most %u cores, not %u", BOCHS_CORES_MAX,
                      options->machine.cores);
}

static bool check_together(const struct options *options, struct report *report)
{
    if (options->help)
        return true;
    if (options->build_image && options->platform == NULL)
        return report_set(report, "image: --platform is missing");
    if (options->build_image && options->output == NULL)
        return report_set(report, "image: --output is missing");
    if (options->deterministic && options->accel == OPTIONS_ACCEL_KVM)
        return report_set(report, "--%s and --accel kvm exclude each other", mode_name(options));
    if (options->direct && (options->image != NULL || options->uefi)) {
        return report_set(report, "--%s excludes --%s", mode_name(options),
                          options->uefi ? "uefi" : "image");
    }
    if (options->behalf != NULL && (options->count || options->audit))
        return report_set(report, "--behalf excludes --%s", mode_name(options));
    if (options->bochs && !check_bochs(options, report))
        return false;
    if (options->image != NULL && options->modules_count != 0) {
        return report_set(report, "--image and --module exclude each other: --module builds "
                                  "an image of its own");
    }
    return true;
}

bool options_parse(struct options *options, int argc, char *argv[], struct report *report)
{
    *options = (struct options){.timeout_s = OPTIONS_TIMEOUT_UNSET};
    if (argc > 1 && strcmp(argv[1], "image") == 0) {
        options->build_image = true;
        argc--;
        argv++;
    }
    const struct option *table = options->build_image ? image_options : boot_options;
    optind = 0; // makes glibc's getopt start afresh, which the tests need
    for (;;) {
        int code = getopt_long(argc, argv, "+:", table, NULL);
        if (code == -1)
            break;
        if (code == ':')
            return report_set(report, "%s: the argument is missing", argv[optind - 1]);
        if (code == '?') {
            return report_set(report, "%s: no such option, or not used like this",
                              argv[optind - 1]);
        }
        if (!parse_option(options, code, report))
            return false;
    }
    if (optind < argc)
        return report_set(report, "%s: not expected here", argv[optind]);
    return check_together(options, report);
}
