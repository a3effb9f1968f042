/* The slot's control groups: made once, their files held open, counters taken relative to the beginning of each run. */
#include "warm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEEPER = 1, STEP = 1 << 20 };

static int open_in(const char *folder, const char *file, int mode)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return open(path, mode | O_CLOEXEC);
}

static bool enter(const char *folder, pid_t keeper)
{
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return false;
    int members = open_in(folder, "cgroup.procs", O_WRONLY);
    bool ok = write_figure(members, keeper);
    close_all(&members, 1);
    return ok;
}

static void open_memory(struct account *account, const char *folder)
{
    int swappiness = open_in(folder, "memory.swappiness", O_WRONLY);
    (void)write_figure(swappiness, 0);
    close_all(&swappiness, 1);
    account->memory_usage = open_in(folder, "memory.usage_in_bytes", O_RDONLY);
    account->memory_limit = open_in(folder, "memory.limit_in_bytes", O_WRONLY);
    account->memory_swap_limit = open_in(folder, "memory.memsw.limit_in_bytes", O_WRONLY);
    account->memory_peak = open_in(folder, "memory.max_usage_in_bytes", O_RDWR);
    account->oom_events = open_in(folder, "memory.oom_control", O_RDONLY);
}

static void open_unified(struct account *account, const char *folder)
{
    int swap = open_in(folder, "memory.swap.max", O_WRONLY);
    (void)write_figure(swap, 0);
    close_all(&swap, 1);
    account->unified = true;
    account->memory_usage = open_in(folder, "memory.current", O_RDONLY);
    account->memory_limit = open_in(folder, "memory.max", O_WRONLY);
    account->memory_peak = open_in(folder, "memory.peak", O_RDWR); /* can be reset since Linux 6.12 */
    account->oom_events = open_in(folder, "memory.events", O_RDONLY);
    account->cpu = open_in(folder, "cpu.stat", O_RDONLY);
    account->pids = open_in(folder, "pids.max", O_WRONLY);
}

/* Puts the keeper into the groups, before it has children. */
bool account_open(struct account *account, const struct options *options, pid_t keeper)
{
    *account = (struct account){-1, -1, -1, -1, -1, -1, -1, false, false, 0, -1, -1, 0, 0};
    for (int i = 0; i < options->cgroups.count; i++) {
        const struct pair *group = &options->cgroups.items[i];
        if (!enter(group->to, keeper))
            return false;
        if (strcmp(group->from, "memory") == 0)
            open_memory(account, group->to);
        else if (strcmp(group->from, "unified") == 0)
            open_unified(account, group->to);
        else if (strcmp(group->from, "pids") == 0)
            account->pids = open_in(group->to, "pids.max", O_WRONLY);
        else
            account->cpu = open_in(group->to, "cpuacct.usage", O_RDONLY);
    }
    account->counted = account->memory_limit >= 0;
    return true;
}

static int64_t cpu_now_us(const struct account *account)
{
    return account->unified ? read_figure(account->cpu, "usage_usec") : read_figure(account->cpu, "") / 1000;
}

/* What the slot holds at the beginning is not the program's. The limit is only written when it changes by a step, since
 * writing it is dear; it never cuts below what was asked for. */
static bool limit_memory(struct account *account, int64_t memory)
{
    account->memory_base = read_figure(account->memory_usage, "");
    int64_t wanted = (account->memory_base + memory + STEP - 1) / STEP * STEP;
    (void)write_figure(account->memory_peak, 0);
    if (wanted == account->limit_set)
        return true;
    if (account->memory_swap_limit >= 0) {
        (void)write_figure(account->memory_swap_limit, -1); /* may not be smaller than the next one */
        account->limit_set = -1;
    }
    if (!write_figure(account->memory_limit, wanted))
        return false;
    (void)write_figure(account->memory_swap_limit, wanted);
    account->limit_set = wanted;
    return true;
}

bool account_begin(struct account *account, int64_t memory, int64_t processes)
{
    if (!account->counted)
        return true;
    account->oom_base = read_figure(account->oom_events, "oom_kill");
    account->cpu_base_us = cpu_now_us(account);
    if (account->pids_set != processes && !write_figure(account->pids, processes + KEEPER))
        return false;
    account->pids_set = processes;
    return limit_memory(account, memory);
}

/* CPU time of the slot since the run's begin, 0 where it is not known. */
int64_t account_cpu_us(const struct account *account)
{
    return account->cpu < 0 ? 0 : cpu_now_us(account) - account->cpu_base_us;
}

void account_memory(const struct account *account, int64_t *peak, bool *out_of_memory)
{
    *peak = 0;
    *out_of_memory = false;
    if (!account->counted)
        return;
    *out_of_memory = read_figure(account->oom_events, "oom_kill") > account->oom_base;
    *peak = read_figure(account->memory_peak, "") - account->memory_base;
    if (*peak < 0)
        *peak = 0;
}
