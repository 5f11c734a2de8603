// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Programs in the background: what `&` has started and nobody has waited for. spawnd knows how they
// ended; here is only what they were started as. When there are more than the list holds, those that
// run longest are forgotten, which ps still shows.
#include "shell.h"

#include "barrelfish/spawn_client.h"

#include <stdio.h>
#include <string.h>

#define JOBS_MAX 32u
#define JOB_TEXT_BYTES 80u

static struct job {
    domainid_t id;
    char text[JOB_TEXT_BYTES];
} jobs[JOBS_MAX]; // the oldest first
static unsigned jobs_count;

static void forget(unsigned index)
{
    jobs_count--;
    memmove(&jobs[index], &jobs[index + 1], (jobs_count - index) * sizeof(jobs[0]));
}

void jobs_add(domainid_t id, char *const argv[])
{
    if (jobs_count == JOBS_MAX)
        forget(0);
    struct job *job = &jobs[jobs_count++];
    job->id = id;
    job->text[0] = '\0';
    for (unsigned i = 0; argv[i] != NULL; i++) {
        size_t used = strlen(job->text);
        snprintf(job->text + used, sizeof(job->text) - used, i > 0 ? " %s" : "%s", argv[i]);
    }
}

/// Shows how a job does; one that has ended is forgotten. Tells whether it is still there.
static bool show(unsigned index, bool running_too)
{
    const struct job *job = &jobs[index];
    uint8_t status = 0;
    errval_t err = spawn_wait(spawn_domain_cap(job->id), &status, true);
    if (err_no(err) == LIB_ERR_NO_EVENT) {
        if (running_too)
            printf("[%#x] running  %s\n", job->id, job->text);
        return true;
    }
    if (err_is_ok(err))
        printf("[%#x] exit status %u  %s\n", job->id, status, job->text);
    else
        printf("[%#x] %s  %s\n", job->id, err_getstring(err), job->text);
    forget(index);
    return false;
}

static void show_all(bool running_too)
{
    for (unsigned i = 0; i < jobs_count;)
        i += show(i, running_too);
}

void jobs_report(void)
{
    show_all(false);
}

int command_jobs(unsigned argc, char *const argv[])
{
    (void)argc;
    (void)argv;
    show_all(true);
    return 0;
}

/// Waits for a job, in the foreground.
static int wait_for(unsigned index)
{
    struct job job = jobs[index];
    forget(index);
    printf("[%#x] waited for: %s\n", job.id, job.text);
    job.text[strcspn(job.text, " ")] = '\0';
    return program_wait(job.text, job.id);
}

/// The job that the argument names, or the latest; prints if there is none.
static bool find(unsigned argc, char *const argv[], unsigned *index)
{
    struct capref domain;
    if (argc > 2 || (argc == 2 && !domain_parse(argv[1], &domain))) {
        printf("usage: %s [ID], as jobs shows it\n", argv[0]);
        return false;
    }
    for (*index = jobs_count; (*index)-- > 0;)
        if (argc < 2 || jobs[*index].id == spawn_domain_id(domain))
            return true;
    printf("%s: no such program in the background (jobs lists them)\n", argv[0]);
    return false;
}

int command_fg(unsigned argc, char *const argv[])
{
    unsigned index;
    if (!find(argc, argv, &index))
        return STATUS_USAGE;
    return wait_for(index);
}

int command_wait(unsigned argc, char *const argv[])
{
    unsigned index;
    if (argc > 1)
        return find(argc, argv, &index) ? wait_for(index) : STATUS_USAGE;
    int status = 0;
    while (jobs_count > 0) {
        int each = wait_for(0);
        status = each != 0 ? each : status;
    }
    return status;
}
