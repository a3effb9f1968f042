/* System calls that no contest program needs and that have a history of holes are refused with EPERM. */
#include "jail.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "the jail knows x86-64 and AArch64"
#endif

static const int refused[] = {
    SYS_unshare, SYS_setns, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount,
    SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_ptrace, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_process_madvise, SYS_kcmp, SYS_pidfd_getfd, SYS_bpf, SYS_perf_event_open,
    SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_keyctl, SYS_add_key,
    SYS_request_key, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_quotactl, SYS_kexec_load, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_swapon, SYS_swapoff, SYS_reboot, SYS_acct, SYS_syslog, SYS_settimeofday,
    SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname, SYS_fanotify_init,
    SYS_vhangup, SYS_lookup_dcookie, SYS_shmget, SYS_semget, SYS_msgget, SYS_mq_open,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS_create_module, SYS_kexec_file_load,
#endif
};

/* A process may change these of itself (0), of no other one. */
static const struct { int number, argument; } of_itself_only[] = {
    {SYS_prlimit64, 0}, {SYS_sched_setaffinity, 0}, {SYS_sched_setscheduler, 0}, {SYS_sched_setparam, 0},
    {SYS_sched_setattr, 0}, {SYS_setpriority, 0}, {SYS_setpriority, 1}, {SYS_ioprio_set, 1},
};

/* They need rights over the jail's mounts, which programs do not have; init, under the same filter, keeps them. */
static const int of_keeper[] = {SYS_mount, SYS_umount2};

enum { MAX_FILTER = 256, NEW_NAMESPACES = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
                                          CLONE_NEWUTS | CLONE_NEWCGROUP };

#define LOAD(field) (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF_EQUAL(value, yes, no) (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define ANSWER(value) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (value))

void close_system_calls(bool own_network, bool keeper, int notices)
{
    struct sock_filter code[MAX_FILTER];
    unsigned short n = 0;
    code[n++] = LOAD(arch);
    code[n++] = IF_EQUAL(OUR_ARCH, 1, 0);
    code[n++] = ANSWER(SECCOMP_RET_KILL_PROCESS);
    code[n++] = LOAD(nr);
#if defined(__x86_64__)
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); /* x32 */
    code[n++] = ANSWER(SECCOMP_RET_KILL_PROCESS);
#endif
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        code[n++] = IF_EQUAL((unsigned)refused[i], 0, 1);
        code[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    }
    for (size_t i = 0; !keeper && i < sizeof of_keeper / sizeof *of_keeper; i++) {
        code[n++] = IF_EQUAL((unsigned)of_keeper[i], 0, 1);
        code[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    }
    for (size_t i = 0; i < sizeof of_itself_only / sizeof *of_itself_only; i++) {
        code[n++] = IF_EQUAL((unsigned)of_itself_only[i].number, 0, 4);
        code[n++] = LOAD(args[of_itself_only[i].argument]);
        code[n++] = IF_EQUAL(0, 1, 0);
        code[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
        code[n++] = LOAD(nr);
    }
    /* The flags of clone3 lie in memory, out of the filter's sight: the C library falls back to clone. */
    code[n++] = IF_EQUAL(SYS_clone3, 0, 1);
    code[n++] = ANSWER(SECCOMP_RET_ERRNO | ENOSYS);
    code[n++] = IF_EQUAL(SYS_clone, 0, 4);
    code[n++] = LOAD(args[0]);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1);
    code[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    code[n++] = ANSWER(SECCOMP_RET_ALLOW);
    /* Local sockets only; none at all where the network is not our own. */
    code[n++] = IF_EQUAL(SYS_socket, 0, 4);
    code[n++] = LOAD(args[0]);
    code[n++] = IF_EQUAL(own_network ? AF_UNIX : 0xffff, 1, 0);
    code[n++] = ANSWER(SECCOMP_RET_ERRNO | EPERM);
    code[n++] = ANSWER(SECCOMP_RET_ALLOW);
    code[n++] = ANSWER(SECCOMP_RET_ALLOW);
    struct sock_fprog program = {n, code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        fail_notice(notices, "loading the system call filter");
}
