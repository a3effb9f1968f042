/* The supervisor of a slot: one request after the other. */
#include "warm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int memory_file(const char *name, const void *data, size_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    for (size_t done = 0; fd >= 0 && done < size;) {
        ssize_t written = write(fd, (const char *)data + done, size - done);
        if (written <= 0)
            die("no memory for a file");
        done += (size_t)written;
    }
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0)
        die("no file in memory");
    return fd;
}

static bool well_formed(const struct parcel *parcel, const struct request *request)
{
    uint64_t inline_bytes = request->flags & RUN_INLINE ? (uint64_t)request->input_bytes : 0;
    int fds = (int)request->files + (request->flags & RUN_INLINE ? 0 : 1);
    return parcel->size >= sizeof *request && request->kind == REQUEST_RUN && request->files <= MAX_FILES &&
           request->text_bytes <= MAX_TEXT && inline_bytes <= MAX_INLINE && parcel->fd_count == fds &&
           parcel->size == sizeof *request + request->text_bytes + inline_bytes;
}

static void answer(int service, struct reply *reply, struct outlet *outlets)
{
    char body[MAX_INLINE];
    size_t total = 0;
    int fd = -1;
    for (int i = 0; i < CHANNELS; i++)
        total += outlets[i].length;
    if (total > sizeof body) {
        reply->kind = REPLY_DONE_APART;
        fd = memory_file("output", NULL, 0);
    }
    size_t at = 0;
    for (int i = 0; i < CHANNELS; i++) {
        for (size_t done = 0; fd >= 0 && done < outlets[i].length;) {
            ssize_t written = write(fd, outlets[i].kept + done, outlets[i].length - done);
            if (written <= 0)
                die("no memory for the program's output");
            done += (size_t)written;
        }
        if (fd < 0 && outlets[i].length > 0)
            memcpy(body + at, outlets[i].kept, outlets[i].length);
        at += outlets[i].length;
    }
    bool sent = send_parcel(service, reply, sizeof *reply, body, fd < 0 ? total : 0, &fd, fd < 0 ? 0 : 1);
    close_all(&fd, 1);
    if (!sent)
        exit(0);
}

/* One request; false when the slot must not be used again. */
static bool serve(struct keeper *keeper, struct account *account, int service)
{
    static char data[sizeof(struct request) + MAX_TEXT + MAX_INLINE];
    static struct outlet outlets[CHANNELS];
    struct parcel parcel = {.data = data, .size = sizeof data};
    struct request *request = (struct request *)data;
    struct reply reply;
    int input_and_files[1 + MAX_FILES];
    if (!receive_parcel(service, &parcel, 0))
        return false;
    if (request->kind == REQUEST_STOP) { /* what it was to stop has ended by itself */
        close_all(parcel.fds, parcel.fd_count);
        return true;
    }
    if (!well_formed(&parcel, request))
        return false;
    const char *text = data + sizeof *request;
    int first = 0;
    if (request->flags & RUN_INLINE)
        input_and_files[0] = memory_file("input", text + request->text_bytes, (size_t)request->input_bytes);
    else
        input_and_files[0] = parcel.fds[first++];
    memcpy(input_and_files + 1, parcel.fds + first, (size_t)request->files * sizeof(int));
    for (int i = 0; i < CHANNELS; i++) /* what the run before used must not count for one that does not open it */
        outlets[i] = (struct outlet){.reader = -1, .writer = -1, .kept = outlets[i].kept, .room = outlets[i].room};
    run_request(keeper, account, service, request, text, input_and_files, &reply, outlets);
    close_all(input_and_files, 1 + (int)request->files);
    answer(service, &reply, outlets);
    for (int i = 0; i < CHANNELS; i++)
        outlet_close(&outlets[i]);
    return !reply.worn;
}

/* Standard input is the connection to the service; why a slot does not come up is said on standard output. */
int main(int argc, char **argv)
{
    static struct options options;
    static struct keeper keeper;
    static struct account account;
    const int service = STDIN_FILENO;
    struct reply ready = {.kind = REPLY_READY, .exit_code = -1, .signal = -1};
    parse_options(argc, argv, &options);
    options.keeper = options.namespaces = true;
    options.input = memory_file("input", NULL, 0);
    if (!keeper_open(&keeper, &options, &account)) {
        keeper_end(&keeper);
        return 1;
    }
    ready.memory = keeper.resident;
    if (!send_parcel(service, &ready, sizeof ready, NULL, 0, NULL, 0))
        return 1;
    for (;;) {
        struct pollfd fds[2] = {{.fd = service, .events = POLLIN}, {.fd = keeper.pidfd, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents || (fds[0].revents && !serve(&keeper, &account, service)))
            break;
    }
    keeper_end(&keeper);
    return 0;
}
