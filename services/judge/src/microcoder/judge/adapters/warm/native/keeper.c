/* Within the jail: what the warm interpreter does between two programs, and for one. A library that the interpreter
 * loads (boot.py); the interpreter's own functions are declared here as its stable interface has them, since its
 * headers need not be there.
 *
 * `keep` is called as sys.excepthook, which is to say from the interpreter's C code with no Python frame beneath: a
 * program that is run from here sees itself as the outermost, as in a fresh interpreter.
 */
#include "warm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "box.h"
#include "interpreter.h"
#include "mappings.h"
#include "spare.h"

enum { MAX_ARGV = 4096 };

static char data[sizeof(struct request) + MAX_TEXT];
static const struct request *request = (const struct request *)data;
static char *words[MAX_ARGV + 2];
static int children; /* says that a child has ended */

/* The strings of the request: argv, NULL, environment, NULL; gives where the environment begins, NULL if malformed. */
static char **split_words(const char **files)
{
    char *text = data + sizeof *request, *end = text + request->text_bytes;
    uint32_t n = 0, count = request->argc + request->envc;
    char **environment = words + request->argc + 1;
    if (count > MAX_ARGV || request->argc == 0 || (request->text_bytes > 0 && end[-1] != '\0'))
        return NULL;
    for (; n < count + request->files && text < end; n++) {
        if (n < request->argc)
            words[n] = text;
        else if (n < count)
            words[n + 1] = text;
        else
            files[n - count] = text;
        text += strlen(text) + 1;
    }
    words[request->argc] = words[count + 1] = NULL;
    return n == count + request->files && text == end ? environment : NULL;
}

static void wire(const int *fds, int count)
{
    for (int i = 0; i < count; i++)
        if (dup2(fds[i], i) < 0)
            fail_notice(KEEPER_SOCKET, "placing a descriptor");
}

static void seal(const struct options *limits, const int *standard, int standard_count)
{
    if (setsid() < 0 || chdir("/box") != 0)
        fail_notice(KEEPER_SOCKET, "entering the box");
    wire(standard, standard_count);
    if (syscall(SYS_close_range, standard_count, KEEPER_SOCKET - 1, 0) != 0 ||
        syscall(SYS_close_range, KEEPER_SOCKET + 1, ~0U, 0) != 0)
        fail_notice(KEEPER_SOCKET, "closing descriptors");
    set_limits(limits, KEEPER_SOCKET);
    if (syscall(SYS_setresgid, INNER_ID, INNER_ID, INNER_ID) != 0 ||
        syscall(SYS_setresuid, INNER_ID, INNER_ID, INNER_ID) != 0)
        fail_notice(KEEPER_SOCKET, "changing the user");
    drop_privileges(KEEPER_SOCKET);
    prctl(PR_SET_DUMPABLE, 1); /* its own /proc/self is a program's to open */
}

static _Noreturn void run_native(char **environment)
{
    reset_signals();
    execve(words[0], words, environment);
    fail_notice(KEEPER_SOCKET, words[0]);
    _exit(125);
}

static _Noreturn void run_warm(bool owns_interpreter)
{
    sigset_t none;
    if (!owns_interpreter)
        own_interpreter();
    close(KEEPER_SOCKET);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    run_main_file(words, (int)request->argc, NULL);
}

static void fill_limits(struct options *limits)
{
    static char counted[] = "memory";
    *limits = (struct options){
        .cpu_ms = request->cpu_ms,
        .memory = request->memory,
        .processes = request->processes,
        .stack = request->stack,
        .file_bytes = request->box_bytes,
    };
    if (request->flags & RUN_COUNTED)
        limits->cgroups = (struct list){{{counted, counted}}, 1};
}

static void add_usage(struct notice *notice, const struct rusage *usage)
{
    notice->cpu_us += cpu_us_of(usage);
    if (usage->ru_maxrss * 1024LL > notice->memory)
        notice->memory = usage->ru_maxrss * 1024LL;
}

/* Reaps what has ended; true when nothing is left in the jail. */
static bool reap(pid_t program, bool wait, struct notice *notice, bool *ended)
{
    struct rusage usage;
    int status;
    pid_t reaped;
    while ((reaped = wait4(-1, &status, __WALL | (wait ? 0 : WNOHANG), &usage)) > 0) {
        add_usage(notice, &usage);
        if (reaped == program) {
            notice->status = status;
            *ended = true;
        }
    }
    return reaped < 0 && errno == ECHILD;
}

/* Waits until the program has ended or the supervisor says stop; then ends and reaps all that is in the jail. */
static void wait_for(pid_t program, struct notice *notice)
{
    struct pollfd fds[2] = {{.fd = children, .events = POLLIN}, {.fd = KEEPER_SOCKET, .events = POLLIN}};
    bool ended = false;
    while (!reap(program, false, notice, &ended)) {
        if (ended || fds[1].revents) {
            kill(-1, SIGKILL);
            (void)reap(program, true, notice, &ended); /* blocks: all are about to end */
            return;
        }
        struct signalfd_siginfo news;
        (void)poll(fds, 2, -1);
        if (fds[0].revents)
            (void)!read(children, &news, sizeof news);
        struct request wanted;
        if (fds[1].revents && read(KEEPER_SOCKET, &wanted, sizeof wanted) != (ssize_t)sizeof wanted)
            _exit(0); /* the supervisor is gone, and the jail with us */
    }
}

static int standard_count(void)
{
    return request->flags & RUN_RESULT ? 4 : 3;
}

/* The spare process, when its request has come. */
static void become_program(const struct parcel *parcel, bool owns_interpreter)
{
    const char *files[MAX_FILES];
    struct options limits;
    char **environment = split_words(files);
    fill_limits(&limits);
    seal(&limits, parcel->fds, standard_count());
    if (request->flags & RUN_WARM)
        run_warm(owns_interpreter);
    run_native(environment);
}

static void prepare_next(bool warm)
{
    make_spare(warm, become_program, (struct parcel){.data = data, .size = sizeof data}, KEEPER_SOCKET);
}

static void run_one(const struct parcel *parcel)
{
    const char *files[MAX_FILES];
    int standard = standard_count();
    struct notice ended = {.kind = NOTICE_ENDED};
    if (split_words(files) == NULL || parcel->fd_count != standard + (int)request->files)
        fail_notice(KEEPER_SOCKET, "reading a request");
    size_box(request->box_bytes, KEEPER_SOCKET);
    if (request->flags & RUN_NEW_FILES)
        fill_program_folder(KEEPER_PROGRAM, files, parcel->fds + standard, (int)request->files, KEEPER_SOCKET);
    pid_t program = use_spare(data, parcel->size, parcel->fds, standard, KEEPER_SOCKET);
    close_all(parcel->fds, parcel->fd_count);
    wait_for(program, &ended);
    if (write(KEEPER_SOCKET, &ended, sizeof ended) != (ssize_t)sizeof ended)
        _exit(0);
    clean_box(KEEPER_SOCKET);
    prepare_next(request->flags & RUN_WARM); /* the next one is likely of the same kind */
}

static void settle(void)
{
    sigset_t all, child;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL); /* nothing that a program sends does anything to us */
    if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail_notice(KEEPER_SOCKET, "closing the keeper");
    close_system_calls(true, true, KEEPER_SOCKET);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (children < 0)
        fail_notice(KEEPER_SOCKET, "watching for children");
    open_box("/box", KEEPER_SOCKET);
    share_mappings();
    rehearse(KEEPER_SOCKET);
    prepare_next(true);
}

/* sys.excepthook of the interpreter; only programs leave it, by ending. */
PyObject *keep(PyObject *type, PyObject *value, PyObject *traceback)
{
    (void)type, (void)value, (void)traceback;
    struct notice started = {.kind = NOTICE_STARTED};
    settle();
    if (write(KEEPER_SOCKET, &started, sizeof started) != (ssize_t)sizeof started)
        _exit(125);
    for (;;) {
        struct parcel parcel = {.data = data, .size = sizeof data};
        if (!receive_parcel(KEEPER_SOCKET, &parcel, 0) || parcel.size < sizeof *request)
            _exit(0);
        if (request->kind == REQUEST_RUN) /* what came too late to stop a run is nothing */
            run_one(&parcel);
    }
}
