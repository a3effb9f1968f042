/* One control group per run, in every hierarchy that the caller may write: exact memory, CPU time and process count of
 * the whole tree. Version 1 (controllers memory, pids, cpuacct) and version 2 ("unified"). */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void path_of(const struct pair *group, const char *file, char *path, size_t size)
{
    snprintf(path, size, "%s/run-%d%s%s", group->to, (int)getpid(), *file ? "/" : "", file);
}

static bool put(const struct pair *group, const char *file, int64_t value)
{
    char path[512], text[32];
    path_of(group, file, path, sizeof path);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    bool ok = write(fd, text, (size_t)length) == length;
    close(fd);
    return ok;
}

/* The number after `word` in a file, or the file's only number where `word` is empty. */
static bool get(const struct pair *group, const char *file, const char *word, int64_t *value)
{
    char path[512], text[4096];
    path_of(group, file, path, sizeof path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    size_t word_length = strlen(word);
    for (char *line = text; line != NULL; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (strncmp(line, word, word_length) == 0 && (word_length == 0 || line[word_length] == ' ')) {
            *value = strtoll(line + word_length, NULL, 10);
            return true;
        }
    return false;
}

static bool is(const struct pair *group, const char *controller)
{
    return strcmp(group->from, controller) == 0;
}

void cgroup_create(const struct options *options)
{
    int64_t processes = options->processes + 1; /* and init */
    for (int i = 0; i < options->cgroups.count; i++) {
        const struct pair *group = &options->cgroups.items[i];
        char path[512];
        path_of(group, "", path, sizeof path);
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            die("a control group cannot be made");
        bool ok = true;
        if (is(group, "memory")) {
            ok = put(group, "memory.limit_in_bytes", options->memory);
            put(group, "memory.memsw.limit_in_bytes", options->memory);
            put(group, "memory.swappiness", 0);
        } else if (is(group, "pids")) {
            ok = put(group, "pids.max", processes);
        } else if (is(group, "unified")) {
            ok = put(group, "memory.max", options->memory) && put(group, "pids.max", processes);
            put(group, "memory.swap.max", 0);
            put(group, "memory.oom.group", 0);
        }
        if (!ok)
            die("a control group's limit cannot be set");
    }
}

void cgroup_attach(const struct options *options, pid_t pid)
{
    for (int i = 0; i < options->cgroups.count; i++)
        if (!put(&options->cgroups.items[i], "cgroup.procs", pid))
            die("the jail cannot be put into its control group");
}

bool cgroup_cpu_us(const struct options *options, int64_t *cpu_us)
{
    for (int i = 0; i < options->cgroups.count; i++) {
        const struct pair *group = &options->cgroups.items[i];
        if (is(group, "cpuacct") && get(group, "cpuacct.usage", "", cpu_us)) {
            *cpu_us /= 1000;
            return true;
        }
        if (is(group, "unified") && get(group, "cpu.stat", "usage_usec", cpu_us))
            return true;
    }
    return false;
}

bool cgroup_memory(const struct options *options, int64_t *peak, int64_t *oom_kills)
{
    for (int i = 0; i < options->cgroups.count; i++) {
        const struct pair *group = &options->cgroups.items[i];
        if (is(group, "memory"))
            return get(group, "memory.max_usage_in_bytes", "", peak) &&
                   get(group, "memory.oom_control", "oom_kill", oom_kills);
        if (is(group, "unified")) {
            if (!get(group, "memory.peak", "", peak)) /* before Linux 5.19 */
                *peak = 0;
            return get(group, "memory.events", "oom_kill", oom_kills);
        }
    }
    return false;
}

void cgroup_remove(const struct options *options)
{
    struct timespec pause = {0, 1000000};
    for (int i = 0; i < options->cgroups.count; i++) {
        char path[512];
        path_of(&options->cgroups.items[i], "", path, sizeof path);
        /* A process that was just reaped may hold its group for a moment. */
        for (int attempt = 0; attempt < 100 && rmdir(path) != 0 && errno == EBUSY; attempt++)
            nanosleep(&pause, NULL);
    }
}
