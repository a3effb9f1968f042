/* What a process gives up before it becomes, or runs, an untrusted program. */
#include "jail.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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

void set_limits(const struct options *options, int notices)
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

void drop_privileges(int notices)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}};
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) == 1; capability++)
        (void)prctl(PR_CAPBSET_DROP, capability); /* may be refused without a namespace; no_new_privs holds then */
    if (syscall(SYS_capset, &header, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail_notice(notices, "dropping privileges");
}

/* The caller's handling of signals is not the program's. */
void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
