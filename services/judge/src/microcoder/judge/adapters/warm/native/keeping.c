/* Starts the keeper: builds the jail, then becomes the interpreter that stays in it. */
#include "warm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BOOT_MS = 30000, PARKED = 200 };

/* What the keeper keeps: mounting, changing the user of programs, killing them. */
static void keep_few_capabilities(int notices)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    const unsigned few = 1U << CAP_SYS_ADMIN | 1U << CAP_SETUID | 1U << CAP_SETGID | 1U << CAP_KILL;
    struct __user_cap_data_struct kept[2] = {{few, few, few}, {0, 0, 0}};
    for (unsigned capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
        if (capability >= 32 || !(few & 1U << capability))
            (void)prctl(PR_CAPBSET_DROP, capability);
    if (syscall(SYS_capset, &header, kept) != 0)
        fail_notice(notices, "keeping few capabilities");
    for (unsigned capability = 0; capability < 32; capability++)
        if ((few & 1U << capability) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
            fail_notice(notices, "keeping a capability");
}

static void place(int fd, int number, int notices)
{
    if (dup2(fd, number) < 0)
        fail_notice(notices, "placing a descriptor");
}

static void become_keeper(const struct options *options, int socket, int go, const int *standard)
{
    struct built built = {.program_fd = -1};
    struct rlimit stack = {(rlim_t)options->stack, RLIM_INFINITY};
    char byte;
    int notices = fcntl(socket, F_DUPFD_CLOEXEC, PARKED);
    if (read(go, &byte, 1) != 1) /* the supervisor has written the id maps, or is gone */
        _exit(125);
    build_root(options, notices, &built);
    if (sethostname("jail", 4) != 0 || setsid() < 0 || chdir(options->box) != 0)
        fail_notice(notices, "entering the box");
    if (getrlimit(RLIMIT_STACK, &(struct rlimit){0, 0}) == 0 && setrlimit(RLIMIT_STACK, &stack) != 0) {
        stack.rlim_max = stack.rlim_cur; /* where the hard limit may not be raised */
        (void)setrlimit(RLIMIT_STACK, &stack);
    }
    int program = fcntl(built.program_fd, F_DUPFD_CLOEXEC, PARKED);
    for (int i = 0; i < 3; i++)
        place(standard[i], i, notices);
    place(notices, KEEPER_SOCKET, notices);
    place(program, KEEPER_PROGRAM, notices);
    if (syscall(SYS_close_range, KEEPER_PROGRAM + 1, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) != 0 ||
        syscall(SYS_close_range, 3, KEEPER_SOCKET - 1, 4) != 0)
        fail_notice(notices, "closing descriptors");
    keep_few_capabilities(notices);
    reset_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != 0)
        fail_notice(notices, "finding the supervisor");
    execve(options->argv[0], options->argv, options->environment);
    fail_notice(notices, options->argv[0]);
}

/* What a keeper that does not come up has said on standard error. */
static void report_boot(int errors, const char *what)
{
    char text[2048] = "";
    (void)fcntl(errors, F_SETFL, O_NONBLOCK);
    ssize_t length = read(errors, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    printf("error %s %s\n", what, text);
}

static bool await_ready(struct keeper *keeper, int errors)
{
    struct notice notice = {.kind = NOTICE_FAILED};
    struct pollfd fds[2] = {{.fd = keeper->socket, .events = POLLIN}, {.fd = keeper->pidfd, .events = POLLIN}};
    int ready = poll(fds, 2, BOOT_MS);
    if (ready > 0 && fds[0].revents & POLLIN && read(keeper->socket, &notice, sizeof notice) == (ssize_t)sizeof notice &&
        notice.kind == NOTICE_STARTED)
        return true;
    notice.where[sizeof notice.where - 1] = '\0';
    if (notice.where[0] != '\0')
        printf("error %s: %s\n", notice.where, strerror(notice.error));
    else
        report_boot(errors, ready == 0 ? "the keeper does not come up" : "the keeper ends at once:");
    return false;
}

static bool boot(struct keeper *keeper, struct options *options, struct account *account, int outer, const int *go)
{
    if (keeper->pid < 0) {
        printf("error %s\n", errno == EPERM || errno == ENOSPC ? "namespaces are not allowed here" : "no process");
        return false;
    }
    map_ids(options, keeper->pid);
    if (!account_open(account, options, keeper->pid)) {
        printf("error a control group cannot be entered: %s\n", strerror(errno));
        return false;
    }
    (void)tell_kernel(keeper->pid, "oom_score_adj", "1000");
    keeper->socket = outer;
    return write(go[1], "g", 1) == 1;
}

bool keeper_open(struct keeper *keeper, struct options *options, struct account *account)
{
    int sockets[2], go[2], out[2], err[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0 || pipe2(go, O_CLOEXEC) != 0 ||
        pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        die("no descriptors");
    keeper->pid = new_process(true, -1, &keeper->pidfd);
    if (keeper->pid == 0) {
        close(go[1]);
        become_keeper(options, sockets[1], go[0], (int[]){options->input, out[1], err[1]});
    }
    close_all((int[]){sockets[1], go[0], out[1], err[1]}, 4);
    bool ok = boot(keeper, options, account, sockets[0], go) && await_ready(keeper, err[0]);
    close_all((int[]){go[1], out[0], err[0]}, 3);
    if (ok) {
        struct usage usage = {0};
        measure_process(keeper->pid, &usage);
        keeper->resident = usage.memory;
    }
    return ok;
}

/* Ends the jail with all that is in it. */
void keeper_end(struct keeper *keeper)
{
    if (keeper->pid <= 0)
        return;
    syscall(SYS_pidfd_send_signal, keeper->pidfd, SIGKILL, NULL, 0);
    waitpid(keeper->pid, NULL, __WALL);
    close_all((int[]){keeper->pidfd, keeper->socket}, 2);
    keeper->pid = 0;
}
