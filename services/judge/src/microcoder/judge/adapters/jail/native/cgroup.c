/* Exact memory, CPU time and process count of the whole tree, where the caller may write control groups.
 *
 * Moving a process between groups waits for an RCU grace period, which takes tens of milliseconds on a busy host. So
 * nothing is moved: in version 1 the caller's thread lives in its slot's groups and we inherit them; in version 2 init
 * is born in a group made for the run (CLONE_INTO_CGROUP). */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OURS = 2 }; /* the caller's thread and this process are in the slot's pids group, too */

static int64_t first_cpu_us, first_memory, first_oom_kills;

static bool is(const struct pair *group, const char *controller)
{
    return strcmp(group->from, controller) == 0;
}

static void path_of(const struct pair *group, const char *file, char *path, size_t size)
{
    if (is(group, "unified"))
        snprintf(path, size, "%s/run-%d/%s", group->to, (int)getpid(), file);
    else
        snprintf(path, size, "%s/%s", group->to, file);
}

static int open_file(const struct pair *group, const char *file, int mode)
{
    char path[512];
    path_of(group, file, path, sizeof path);
    return open(path, mode | O_CLOEXEC);
}

static bool put(const struct pair *group, const char *file, int64_t value)
{
    int fd = open_file(group, file, O_WRONLY);
    bool ok = write_figure(fd, value);
    close(fd);
    return ok;
}

static int64_t get(const struct pair *group, const char *file, const char *word)
{
    int fd = open_file(group, file, O_RDONLY);
    int64_t figure = read_figure(fd, word);
    close(fd);
    return figure;
}

static bool limit_memory(const struct pair *group, int64_t memory)
{
    enum { RESIDUE = 32 << 20 }; /* page cache of earlier runs that is worth the time to give back */
    if (get(group, "memory.usage_in_bytes", "") > RESIDUE)
        put(group, "memory.force_empty", 0);
    first_memory = get(group, "memory.usage_in_bytes", "");
    first_oom_kills = get(group, "memory.oom_control", "oom_kill");
    put(group, "memory.memsw.limit_in_bytes", -1); /* may not be smaller than the next one */
    bool ok = put(group, "memory.limit_in_bytes", first_memory + memory);
    put(group, "memory.memsw.limit_in_bytes", first_memory + memory);
    put(group, "memory.swappiness", 0);
    return ok && put(group, "memory.max_usage_in_bytes", 0);
}

static bool limit_unified(const struct pair *group, const struct options *options)
{
    put(group, "memory.swap.max", 0);
    return put(group, "memory.max", options->memory) && put(group, "pids.max", options->processes + 1);
}

/* Sets the limits; gives a descriptor of the group that init is to be born in, -1 where it inherits ours. */
int cgroup_open(const struct options *options)
{
    int born_in = -1;
    for (int i = 0; i < options->cgroups.count; i++) {
        const struct pair *group = &options->cgroups.items[i];
        char path[512];
        bool ok = true;
        if (is(group, "memory")) {
            ok = limit_memory(group, options->memory);
        } else if (is(group, "pids")) {
            ok = put(group, "pids.max", options->processes + 1 + OURS);
        } else if (is(group, "cpuacct")) {
            first_cpu_us = get(group, "cpuacct.usage", "") / 1000;
        } else {
            path_of(group, "", path, sizeof path);
            ok = mkdir(path, 0755) == 0 && limit_unified(group, options);
            born_in = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            ok = ok && born_in >= 0;
        }
        if (!ok)
            die("a control group's limit cannot be set");
    }
    return born_in;
}

/* CPU time of the group since it was opened, without our own; 0 where it is not known. */
int64_t cgroup_cpu_us(const struct options *options)
{
    for (int i = 0; i < options->cgroups.count; i++) {
        const struct pair *group = &options->cgroups.items[i];
        if (is(group, "unified"))
            return get(group, "cpu.stat", "usage_usec");
        if (is(group, "cpuacct")) {
            struct rusage own;
            getrusage(RUSAGE_SELF, &own);
            return get(group, "cpuacct.usage", "") / 1000 - first_cpu_us - cpu_us_of(&own);
        }
    }
    return 0;
}

/* Peak memory in bytes, 0 where it is not known, and how many processes were killed at the limit. */
void cgroup_memory(const struct options *options, int64_t *peak, int64_t *oom_kills)
{
    *peak = *oom_kills = 0;
    for (int i = 0; i < options->cgroups.count; i++) {
        const struct pair *group = &options->cgroups.items[i];
        if (is(group, "memory")) {
            *peak = get(group, "memory.max_usage_in_bytes", "") - first_memory;
            *oom_kills = get(group, "memory.oom_control", "oom_kill") - first_oom_kills;
        } else if (is(group, "unified")) {
            *peak = get(group, "memory.peak", ""); /* since Linux 5.19 */
            *oom_kills = get(group, "memory.events", "oom_kill");
        }
    }
}

void cgroup_close(const struct options *options)
{
    struct timespec pause = {0, 1000000};
    for (int i = 0; i < options->cgroups.count; i++) {
        char path[512];
        if (!is(&options->cgroups.items[i], "unified"))
            continue;
        path_of(&options->cgroups.items[i], "", path, sizeof path);
        /* A process that was just reaped may hold its group for a moment. */
        for (int attempt = 0; attempt < 100 && rmdir(path) != 0 && errno == EBUSY; attempt++)
            nanosleep(&pause, NULL);
    }
}
