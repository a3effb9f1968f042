/* What a process tree uses, read from /proc: for hosts where no control group may be made, and for the time that the
 * program waited for a processor. */
#include "jail.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TREE = 4096 };

static ssize_t slurp(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t length = read(fd, text, size - 1);
    close(fd);
    if (length < 0)
        return -1;
    text[length] = '\0';
    return length;
}

/* Appends the children of `pid` to `pids`; gives the new count. */
static int children(pid_t pid, pid_t *pids, int count)
{
    char path[64], text[16384];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return count;
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
        char list[384];
        snprintf(list, sizeof list, "%s/%s/children", path, entry->d_name);
        if (entry->d_name[0] == '.' || slurp(list, text, sizeof text) < 0)
            continue;
        char *rest = text;
        for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL && count < MAX_TREE;)
            if (atoi(word) > 0)
                pids[count++] = atoi(word);
    }
    closedir(tasks);
    return count;
}

static int descendants(pid_t init, pid_t *pids)
{
    int count = children(init, pids, 0);
    for (int i = 0; i < count; i++)
        count = children(pids[i], pids, count);
    return count;
}

/* Adds CPU time of a process and of the children that it has waited for, and its resident memory. */
void measure_process(pid_t pid, struct usage *usage)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (slurp(path, text, sizeof text) < 0)
        return;
    char *after_name = strrchr(text, ')');
    long long user, system, child_user, child_system, pages;
    if (after_name == NULL ||
        sscanf(after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld %*d %*d %*d %*d %*u %*u %lld",
               &user, &system, &child_user, &child_system, &pages) != 5)
        return;
    usage->cpu_us += (user + system + child_user + child_system) * (1000000 / sysconf(_SC_CLK_TCK));
    usage->memory += pages * sysconf(_SC_PAGESIZE);
}

/* Memory of a process with shared pages divided among those that share them. Dear, so asked only in doubt. */
static int64_t proportional_memory(pid_t pid)
{
    char path[64], text[2048];
    long long kib;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    char *line = slurp(path, text, sizeof text) < 0 ? NULL : strstr(text, "\nPss:");
    return line != NULL && sscanf(line, "\nPss: %lld", &kib) == 1 ? kib * 1024 : -1;
}

static int64_t sum_proportional(const pid_t *pids, int count)
{
    int64_t sum = 0;
    for (int i = 0; i < count; i++) {
        int64_t memory = proportional_memory(pids[i]);
        if (memory > 0) /* a process that has just ended uses none */
            sum += memory;
    }
    return sum;
}

static void add_run_delay(pid_t pid, struct usage *usage)
{
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
        char stat[384];
        long long delay_ns;
        snprintf(stat, sizeof stat, "%s/%s/schedstat", path, entry->d_name);
        if (entry->d_name[0] == '.' || slurp(stat, text, sizeof text) < 0 || sscanf(text, "%*u %lld", &delay_ns) != 1)
            continue;
        usage->has_delay = true;
        usage->run_delay_us += delay_ns / 1000;
    }
    closedir(tasks);
}

/* How long this process, of one thread, has had a processor or waited for one; 0 where the kernel does not say. */
int64_t own_busy_us(void)
{
    char text[128];
    long long busy_ns, delay_ns;
    if (slurp("/proc/self/schedstat", text, sizeof text) < 0 || sscanf(text, "%lld %lld", &busy_ns, &delay_ns) != 2)
        return 0;
    return (busy_ns + delay_ns) / 1000;
}

/* `doubt` is the memory above which shared pages must not be counted more than once. */
void measure_tree(pid_t init, int64_t doubt, struct usage *usage)
{
    static pid_t pids[MAX_TREE];
    *usage = (struct usage){0};
    int count = descendants(init, pids);
    measure_process(init, usage);
    usage->memory = 0; /* init's own pages are not the program's */
    for (int i = 0; i < count; i++)
        measure_process(pids[i], usage);
    if (usage->memory > doubt && count > 1)
        usage->memory = sum_proportional(pids, count);
    for (int i = 0; i < count; i++)
        add_run_delay(pids[i], usage);
}

void kill_tree(pid_t init)
{
    static pid_t pids[MAX_TREE];
    int count = descendants(init, pids);
    for (int i = 0; i < count; i++)
        kill(pids[i], SIGKILL);
}
