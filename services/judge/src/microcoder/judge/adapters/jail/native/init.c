/* Pid 1 of the jail, and the last steps before the untrusted program. */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
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

static void wire_descriptors(const struct options *options, int *notices)
{
    int wanted[CHANNELS + 1] = {options->input};
    for (int i = 0; i < CHANNELS; i++)
        wanted[i + 1] = options->channels[i].writer;
    if (options->output >= 0)
        wanted[1] = options->output;
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
    close_system_calls(options->namespaces, false, notices);
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
    struct built built = {.has_proc = true, .program_fd = -1};
    if (read(go, &byte, 1) != 1) /* the supervisor has written the id maps, or is gone */
        _exit(125);
    close(go);
    if (options->namespaces) {
        build_root(options, notices, &built);
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
    struct notice started = {.kind = NOTICE_STARTED, .setup_us = cpu_us_of(&setup), .status = built.has_proc};
    send_notice(notices, &started);
    pid_t program = fork();
    if (program < 0)
        fail_notice(notices, "starting a process");
    if (program == 0)
        run_program(options, notices);
    for (int i = 0; i < CHANNELS; i++)
        if (options->channels[i].writer >= 0)
            close(options->channels[i].writer);
    dialogue_begun(options);
    struct notice ended = {.kind = NOTICE_ENDED};
    pid_t reaped;
    while ((reaped = waitpid(-1, &ended.status, __WALL)) != program)
        if (reaped < 0 && errno != EINTR)
            fail_notice(notices, "waiting for the program");
    ended.time_us = now_us();
    ended.input_over = dialogue_input_over(options);
    end_all(options);
    send_notice(notices, &ended);
    _exit(0);
}
