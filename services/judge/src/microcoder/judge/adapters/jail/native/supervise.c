/* The supervisor: outside the jail, between it and the caller. */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MS = 10, PIPE_BYTES = 1 << 20, CHUNK = 1 << 18, SETUP_MS = 30000, GROUP_NOISE_US = 20000 };

struct run {
    struct options *options;
    pid_t init;
    int init_fd; /* pidfd */
    int notices; /* reading end */
    int64_t begun_us, started_us, ended_us, own_us;
    bool started, ended, input_over, has_proc;
    int status;
    int64_t setup_us, peak;
    struct usage usage;
    const char *killed; /* why the supervisor ended the run, NULL where it did not */
};

static void kill_run(struct run *run, const char *why)
{
    if (run->killed == NULL) {
        run->killed = why;
        run->ended_us = now_us();
    }
    if (run->options->namespaces)
        syscall(SYS_pidfd_send_signal, run->init_fd, SIGKILL, NULL, 0);
    else
        kill_tree(run->init);
}

static void open_channels(struct options *options)
{
    for (int i = 0; i < CHANNELS; i++) {
        struct channel *channel = &options->channels[i];
        int ends[2];
        if (channel->sink < 0)
            continue;
        if (pipe2(ends, O_CLOEXEC) != 0)
            die("no pipe");
        (void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES); /* only speed */
        (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
        channel->reader = ends[0];
        channel->writer = ends[1];
    }
}

static void start(struct run *run)
{
    struct options *options = run->options;
    int notices[2], go[2];
    if (pipe2(notices, O_CLOEXEC) != 0 || pipe2(go, O_CLOEXEC) != 0)
        die("no pipe");
    open_channels(options);
    run->begun_us = now_us();
    int born_in = cgroup_open(options);
    run->init = new_process(options->namespaces, born_in, &run->init_fd);
    if (run->init < 0) {
        cgroup_close(options);
        die(errno == EPERM || errno == ENOSPC ? "namespaces are not allowed here" : "no process for the jail");
    }
    if (run->init == 0) {
        close(notices[0]);
        close(go[1]);
        run_init(options, notices[1], go[0]);
    }
    close(notices[1]);
    close(go[0]);
    run->notices = notices[0];
    for (int i = 0; i < CHANNELS; i++)
        if (options->channels[i].writer >= 0)
            close(options->channels[i].writer);
    if (options->namespaces)
        map_ids(options, run->init);
    (void)tell_kernel(run->init, "oom_score_adj", "1000"); /* when the host runs out, the jail goes first */
    if (write(go[1], "g", 1) != 1)
        die("the jail ended before it began");
    close(go[1]);
}

static void store(struct channel *channel, const char *data, ssize_t length)
{
    int64_t room = channel->budget - channel->seen;
    ssize_t keep = room <= 0 ? 0 : length < room ? length : (ssize_t)room;
    channel->seen += length;
    while (keep > 0) {
        ssize_t written = write(channel->sink, data, (size_t)keep);
        if (written <= 0)
            die("the program's output cannot be kept");
        data += written;
        keep -= written;
    }
}

/* Takes what is in the pipe, at most one chunk per call so that the clock is looked at; false when it is empty. */
static bool drain(struct run *run, struct channel *channel)
{
    static char data[CHUNK];
    ssize_t length = read(channel->reader, data, sizeof data);
    if (length > 0) {
        store(channel, data, length);
        if (channel->fatal && channel->seen > channel->budget && run->killed == NULL)
            kill_run(run, "output");
        return true;
    }
    if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(channel->reader);
        channel->reader = -1;
    }
    return false;
}

static void fail(struct run *run, const struct notice *notice)
{
    printf("error %s: %s\n", notice->where, strerror(notice->error));
    waitpid(run->init, NULL, 0);
    cgroup_close(run->options);
    exit(1);
}

static void take_notice(struct run *run)
{
    struct notice notice;
    ssize_t length = read(run->notices, &notice, sizeof notice);
    if (length != (ssize_t)sizeof notice) {
        close(run->notices);
        run->notices = -1;
        return;
    }
    notice.where[sizeof notice.where - 1] = '\0';
    if (notice.kind == NOTICE_FAILED)
        fail(run, &notice);
    if (notice.kind == NOTICE_STARTED) {
        run->started = true;
        run->started_us = now_us();
        run->own_us = own_busy_us();
        run->setup_us = notice.setup_us;
        run->has_proc = notice.status != 0;
    } else {
        run->ended = true;
        run->input_over = notice.input_over;
        if (run->killed == NULL)
            run->ended_us = notice.time_us;
        run->status = notice.status;
    }
}

static void check_limits(struct run *run)
{
    const struct options *options = run->options;
    struct usage *usage = &run->usage, now;
    if (run->killed)
        return;
    if (!run->started) {
        if (now_us() - run->begun_us > SETUP_MS * 1000LL)
            kill_run(run, "setup");
        return;
    }
    measure_tree(run->init, options->memory, &now);
    if (now.cpu_us > usage->cpu_us)
        usage->cpu_us = now.cpu_us;
    if (now.has_delay && now.run_delay_us > usage->run_delay_us)
        usage->run_delay_us = now.run_delay_us;
    usage->has_delay |= now.has_delay;
    int64_t group_cpu = cgroup_cpu_us(options);
    if (group_cpu > usage->cpu_us + GROUP_NOISE_US)
        usage->cpu_us = group_cpu;
    if (now.memory > run->peak)
        run->peak = now.memory;
    int64_t wall = now_us() - run->started_us, cpu = usage->cpu_us - run->setup_us;
    int64_t busy = usage->run_delay_us + cpu, patience = usage->has_delay ? 1 : 3;
    /* A program that waits for the supervisor to empty its pipes is not idle. */
    int64_t idle = wall - busy - dialogue_busy_us(options, busy) - (own_busy_us() - run->own_us);
    if (cpu > options->cpu_ms * 1000)
        kill_run(run, "cpu");
    else if (options->cgroups.count == 0 && run->peak > options->memory)
        kill_run(run, "memory");
    else if (idle > options->idle_ms * 1000 * patience)
        kill_run(run, "idle");
    else if (wall > options->wall_ms * 1000)
        kill_run(run, "wall");
}

/* One round: waits for something to happen, at most a tick. False when the jail has ended. */
static bool step(struct run *run)
{
    struct pollfd fds[3 + CHANNELS] = {
        {.fd = run->init_fd, .events = POLLIN},
        {.fd = run->notices, .events = POLLIN},
        {.fd = run->killed ? -1 : STDIN_FILENO, .events = POLLIN},
    };
    for (int i = 0; i < CHANNELS; i++)
        fds[3 + i] = (struct pollfd){.fd = run->options->channels[i].reader, .events = POLLIN};
    static int64_t next_check;
    int ready = poll(fds, 3 + CHANNELS, TICK_MS);
    if (ready < 0 && errno != EINTR)
        die("poll");
    for (int i = 0; i < CHANNELS; i++)
        if (fds[3 + i].revents)
            drain(run, &run->options->channels[i]);
    if (fds[1].revents)
        take_notice(run);
    if (fds[2].revents)
        kill_run(run, "cancel");
    if (fds[0].revents)
        return false;
    if (run->killed && !run->options->namespaces)
        kill_tree(run->init);
    if (now_us() >= next_check) {
        check_limits(run);
        next_check = now_us() + TICK_MS * 1000;
    }
    return true;
}

static void report(struct run *run, const struct rusage *used, int64_t wall_us)
{
    static const char *const names[CHANNELS] = {"stdout", "stderr", "result"};
    const struct options *options = run->options;
    int64_t cpu_us = cpu_us_of(used), group_cpu = cgroup_cpu_us(options), peak, oom_kills;
    int64_t largest = used->ru_maxrss * 1024LL;
    if (group_cpu > cpu_us + GROUP_NOISE_US) /* children that nobody waited for are in no rusage */
        cpu_us = group_cpu;
    if (run->usage.cpu_us > cpu_us)
        cpu_us = run->usage.cpu_us;
    cgroup_memory(options, &peak, &oom_kills);
    if (largest > peak)
        peak = largest;
    if (run->peak > peak)
        peak = run->peak;
    if (run->ended && WIFEXITED(run->status))
        printf("exit %d\n", WEXITSTATUS(run->status));
    else if (run->ended)
        printf("signal %d\n", WTERMSIG(run->status));
    if (run->killed)
        printf("killed %s\n", run->killed);
    cpu_us -= run->setup_us;
    printf("ended_us %lld\ninput_over %d\n", (long long)run->ended_us, run->input_over);
    printf("cpu_us %lld\nwall_us %lld\ndelay_us %lld\nmemory %lld\noom_kills %lld\nproc %d\n",
           (long long)(cpu_us > 0 ? cpu_us : 0), (long long)wall_us, (long long)run->usage.run_delay_us, (long long)peak,
           (long long)oom_kills, run->has_proc);
    for (int i = 0; i < CHANNELS; i++)
        printf("%s %lld\n", names[i], (long long)options->channels[i].seen);
}

int supervise(struct options *options)
{
    struct run run = {.options = options};
    struct rusage used;
    start(&run);
    dialogue_open(options);
    while (step(&run))
        ;
    int64_t stopped_us = now_us(), wall_us = stopped_us - run.started_us;
    while (run.notices >= 0)
        take_notice(&run);
    if (!run.ended && run.killed == NULL)
        run.ended_us = stopped_us;
    for (int i = 0; i < CHANNELS; i++)
        while (options->channels[i].reader >= 0 && drain(&run, &options->channels[i]))
            ;
    if (wait4(run.init, NULL, __WALL, &used) != run.init)
        die("the jail cannot be waited for");
    report(&run, &used, wall_us);
    cgroup_close(options);
    return 0;
}
