/* A run does not wait for its process to be forked: it is there already, forked from the clean keeper when the run before
 * was over and swept, and has made those pages its own that every Python program writes to. */
#include "spare.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interpreter.h"
#include "mappings.h"

static struct {
    pid_t pid;
    int socket; /* takes its request */
} spare;
static int notes; /* of a rehearsal */

static const char SAMPLE[] = "print(sum(map(int, input().split())))\n";

static int file_with(const char *text, size_t size, int notices)
{
    int fd = memfd_create("rehearsal", 0);
    if (fd < 0 || write(fd, text, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
        fail_notice(notices, "preparing a rehearsal");
    return fd;
}

static void take_notes(void)
{
    note_own_pages(notes);
}

static _Noreturn void play(int notices)
{
    static char path[32];
    char *argv[] = {path, NULL};
    own_interpreter();
    prctl(PR_SET_DUMPABLE, 1); /* its own /proc/self */
    snprintf(path, sizeof path, "/proc/self/fd/%d", file_with(SAMPLE, sizeof SAMPLE - 1, notices));
    if (dup2(file_with("1 2\nab\n", 7, notices), STDIN_FILENO) < 0 ||
        dup2(file_with("", 0, notices), STDOUT_FILENO) < 0 || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        fail_notice(notices, "preparing a rehearsal");
    run_main_file(argv, 1, take_notes);
}

/* Runs a program of our own, to see which pages a program makes its own. Only speed: without a /proc none is known. */
void rehearse(int notices)
{
    notes = file_with("", 0, notices);
    pid_t pid = fork_interpreter();
    if (pid == 0)
        play(notices);
    if (pid < 0 || waitpid(pid, NULL, __WALL) != pid)
        fail_notice(notices, "a rehearsal");
    read_notes(notes);
    close(notes);
}

/* `parcel` is where the request will lie; `warm` says what the spare is most likely for. */
void make_spare(bool warm, become become, struct parcel parcel, int notices)
{
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        fail_notice(notices, "connecting a spare process");
    spare.pid = fork_interpreter();
    if (spare.pid < 0)
        fail_notice(notices, "starting a process");
    if (spare.pid == 0) {
        close(sockets[0]);
        if (warm) {
            own_interpreter();
            own_noted_pages();
        }
        if (receive_parcel(sockets[1], &parcel, 0))
            become(&parcel, warm);
        _exit(125);
    }
    close(sockets[1]);
    spare.socket = sockets[0];
}

pid_t use_spare(const void *request, size_t size, const int *fds, int fd_count, int notices)
{
    if (!send_parcel(spare.socket, request, size, NULL, 0, fds, fd_count))
        fail_notice(notices, "starting a process");
    close(spare.socket);
    return spare.pid;
}
