/* Pid 1 of the jail, and the last steps before the untrusted program. */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PARKED = 100 }; /* descriptors from here on are in nobody's way */

static void send_notice(int notices, const struct notice *notice)
{
    if (write(notices, notice, sizeof *notice) != (ssize_t)sizeof *notice)
        _exit(125);
}

void fail_notice(int notices, const char *where)
{
    struct notice notice = {.kind = NOTICE_FAILED, .error = errno};
    snprintf(notice.where, sizeof notice.where, "%s", where);
    send_notice(notices, &notice);
    _exit(125);
}

static void limit(int notices, int resource, int64_t soft, int64_t hard)
{
    struct rlimit wanted = {(rlim_t)soft, (rlim_t)hard}, present;
    if (getrlimit(resource, &present) != 0)
        fail_notice(notices, "reading a resource limit");
    if (present.rlim_max != RLIM_INFINITY && wanted.rlim_max > present.rlim_max)
        wanted.rlim_max = present.rlim_max;
    if (wanted.rlim_cur > wanted.rlim_max)
        wanted.rlim_cur = wanted.rlim_max;
    if (setrlimit(resource, &wanted) != 0)
        fail_notice(notices, "setting a resource limit");
}

static void set_limits(const struct options *options, int notices)
{
    const int64_t slack = (int64_t)8 << 30;
    int64_t seconds = (options->cpu_ms + 999) / 1000;
    limit(notices, RLIMIT_CPU, seconds + 1, seconds + 2);
    limit(notices, RLIMIT_CORE, 0, 0);
    limit(notices, RLIMIT_STACK, options->stack, options->stack);
    limit(notices, RLIMIT_FSIZE, options->file_bytes, options->file_bytes);
    limit(notices, RLIMIT_NOFILE, 256, 256);
    limit(notices, RLIMIT_MEMLOCK, 0, 0);
    limit(notices, RLIMIT_MSGQUEUE, 0, 0);
    limit(notices, RLIMIT_NPROC, options->processes, options->processes);
    if (options->cgroups.count == 0) /* a coarse net under the supervisor's polling */
        limit(notices, RLIMIT_AS, options->memory + slack, options->memory + slack);
}

static void drop_privileges(int notices)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}};
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) == 1; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability); /* may be refused without a namespace; no_new_privs holds then */
    if (syscall(SYS_capset, &header, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail_notice(notices, "dropping privileges");
}

static void wire_descriptors(const struct options *options, int *notices)
{
    int wanted[CHANNELS + 1] = {options->input};
    for (int i = 0; i < CHANNELS; i++)
        wanted[i + 1] = options->channels[i].writer;
    *notices = fcntl(*notices, F_DUPFD_CLOEXEC, PARKED);
    for (int i = 0; i <= CHANNELS; i++)
        if (wanted[i] >= 0 && (wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, PARKED)) < 0)
            fail_notice(*notices, "moving a descriptor");
    for (int i = 0; i <= CHANNELS; i++)
        if (wanted[i] >= 0 && dup2(wanted[i], i) < 0)
            fail_notice(*notices, "placing a descriptor");
    int first_other = wanted[CHANNELS] >= 0 ? CHANNELS + 1 : CHANNELS;
    if (syscall(SYS_close_range, first_other, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) != 0)
        fail_notice(*notices, "closing descriptors");
}

/* The caller's handling of signals is not the program's. */
static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run_program(const struct options *options, int notices)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (setsid() < 0 || chdir(options->box) != 0)
        fail_notice(notices, "entering the box");
    wire_descriptors(options, &notices);
    reset_signals();
    set_limits(options, notices);
    drop_privileges(notices);
    if (options->landlock)
        restrict_paths(options, notices);
    close_system_calls(options->namespaces, notices);
    execve(options->argv[0], options->argv, options->environment);
    fail_notice(notices, options->argv[0]);
}

/* Ends every process of the jail and takes over what they used. */
static void end_all(const struct options *options)
{
    for (;;) {
        if (options->namespaces)
            kill(-1, SIGKILL);
        else
            kill_tree(getpid());
        if (waitpid(-1, NULL, options->namespaces ? __WALL : WNOHANG | __WALL) < 0 && errno == ECHILD)
            return;
    }
}

static void become_host_user(const struct options *options, int notices)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (!options->privileged)
        return;
    if (setgroups(0, NULL) != 0 || setresgid(options->host_id, options->host_id, options->host_id) != 0 ||
        setresuid(options->host_id, options->host_id, options->host_id) != 0)
        fail_notice(notices, "changing the user");
}

void run_init(const struct options *options, int notices, int go)
{
    char byte;
    bool has_proc = true;
    if (read(go, &byte, 1) != 1) /* the supervisor has written the id maps, or is gone */
        _exit(125);
    close(go);
    if (options->namespaces) {
        build_root(options, notices, &has_proc);
        if (sethostname("jail", 4) != 0)
            fail_notice(notices, "naming the host");
    } else {
        become_host_user(options, notices);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    if (getppid() != 0 && options->namespaces)
        fail_notice(notices, "finding the supervisor");
    struct rusage setup;
    getrusage(RUSAGE_SELF, &setup);
    struct notice started = {.kind = NOTICE_STARTED, .setup_us = cpu_us_of(&setup), .status = has_proc};
    send_notice(notices, &started);
    pid_t program = fork();
    if (program < 0)
        fail_notice(notices, "starting a process");
    if (program == 0)
        run_program(options, notices);
    for (int i = 0; i < CHANNELS; i++)
        if (options->channels[i].writer >= 0)
            close(options->channels[i].writer);
    struct notice ended = {.kind = NOTICE_ENDED};
    pid_t reaped;
    while ((reaped = waitpid(-1, &ended.status, __WALL)) != program)
        if (reaped < 0 && errno != EINTR)
            fail_notice(notices, "waiting for the program");
    end_all(options);
    send_notice(notices, &ended);
    _exit(0);
}
