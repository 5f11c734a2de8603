// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// rooms: which files and folders need which others, and where that is wrong (rooms.h). It reads the
// Hakefiles as hake does, the sources for their includes, and the objects that ninja has built.
#include <getopt.h>
#include <unistd.h>

#include "rooms.h"

static void usage(FILE *out)
{
    fputs("usage: build/rooms [--root DIR] [--measure] [--all] [--names] FOLDER...\n"
          "Checks that the parts below each FOLDER of a built tree need one another in one\n"
          "direction only. Rooms are folders of sources.\n"
          "  --root DIR  the top of the tree (default: the working directory)\n"
          "  --all       print all arrows between rooms\n"
          "  --names     the same, and the names behind them\n"
          "  --measure   print what is wrong, but do not fail\n"
          "Exit status: 0; 1 if something is wrong; 2 for bad arguments.\n",
          out);
}

struct arguments {
    const char *root;
    bool measure, all, names;
};

/// Returns whether main() goes on; else *status is what it ends with.
static bool parse_arguments(int argc, char **argv, struct arguments *arguments, int *status)
{
    static const struct option options[] = {
        {"root", required_argument, NULL, 'r'}, {"measure", no_argument, NULL, 'm'},
        {"all", no_argument, NULL, 'a'},        {"names", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},       {0},
    };
    *status = 2;
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'r':
            arguments->root = optarg;
            break;
        case 'm':
            arguments->measure = true;
            break;
        case 'a':
            arguments->all = true;
            break;
        case 'n':
            arguments->names = true;
            break;
        case 'h':
            usage(stdout);
            *status = 0;
            return false;
        default:
            usage(stderr);
            return false;
        }
    }
    if (optind == argc) {
        usage(stderr);
        return false;
    }
    return true;
}

static bool read_tree(struct tree *tree)
{
    tree_scan(tree);
    tree_parse(tree);
    if (report_count() == 0)
        tree_check(tree);
    if (report_count() == 0)
        tree_check_includes(tree);
    return report_count() == 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.root = "."};
    int status;
    if (!parse_arguments(argc, argv, &arguments, &status))
        return status;
    if (chdir(arguments.root) != 0)
        die("cannot enter %s: %m", arguments.root);
    struct tree tree = {0};
    struct graph graph = {.tree = &tree};
    for (int i = optind; i < argc; i++) {
        char *folder = path_join(".", argv[i]);
        if (folder == NULL || !path_is_dir(folder))
            die("no such folder: %s", argv[i]);
        paths_add(&graph.folders, folder);
    }
    if (!read_tree(&tree))
        return 1;
    graph_build(&graph);
    if (arguments.all || arguments.names)
        print_arrows(&graph, arguments.names);
    print_total(&graph);
    size_t faults = judge(&graph);
    printf("%zu faults\n", faults);
    return faults != 0 && !arguments.measure ? 1 : 0;
}
