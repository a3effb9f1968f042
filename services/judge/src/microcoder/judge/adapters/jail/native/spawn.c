/* A process in namespaces of its own. */
#include "jail.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool tell_kernel(pid_t pid, const char *file, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return ok;
}

void map_ids(const struct options *options, pid_t init)
{
    char uid_map[128], gid_map[128];
    unsigned uid = options->privileged ? options->host_id : geteuid();
    unsigned gid = options->privileged ? options->host_id : getegid();
    snprintf(uid_map, sizeof uid_map, "%d %u 1", INNER_ID, uid);
    snprintf(gid_map, sizeof gid_map, "%d %u 1", INNER_ID, gid);
    if (options->keeper && options->privileged) {
        snprintf(uid_map, sizeof uid_map, "0 %u 1\n%d %u 1", options->keeper_id, INNER_ID, uid);
        snprintf(gid_map, sizeof gid_map, "0 %u 1\n%d %u 1", options->keeper_id, INNER_ID, gid);
    }
    if ((!options->privileged && !tell_kernel(init, "setgroups", "deny")) || !tell_kernel(init, "uid_map", uid_map) ||
        !tell_kernel(init, "gid_map", gid_map))
        die("the user of the jail cannot be mapped");
}

pid_t new_process(bool namespaces, int born_in, int *pidfd)
{
    unsigned long flags = CLONE_PIDFD;
    if (namespaces)
        flags |= CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                 CLONE_NEWCGROUP;
    if (born_in < 0) /* containers refuse clone3 by default: a filter cannot see its flags */
        return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, pidfd, NULL, NULL);
    struct clone_args wanted = {
        .flags = flags | CLONE_INTO_CGROUP,
        .pidfd = (uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)born_in,
    };
    pid_t pid = (pid_t)syscall(SYS_clone3, &wanted, sizeof wanted);
    if (pid != 0)
        close(born_in);
    return pid;
}
