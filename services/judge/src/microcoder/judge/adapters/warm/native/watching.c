/* One run as the supervisor sees it. */
#include "warm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TICK_MS = 10,
    QUIET_MS = 4, /* a short run is not disturbed: what it writes waits in the pipe */
    END_MS = 10000, /* for the keeper to end a run that it was told to */
    GROUP_NOISE_US = 20000,
};

struct watch {
    struct keeper *keeper;
    struct account *account;
    const struct request *request;
    struct outlet *outlets;
    struct reply *reply;
    int service;
    int64_t begun_us, stopped_us, next_check_us, peak, base_cpu_us, base_own_us;
    struct usage usage;
    bool based, done, cancelled;
};

static void stop(struct watch *watch, enum ended why)
{
    struct request wanted = {.kind = REQUEST_STOP};
    if (watch->reply->ended != 0)
        return;
    watch->reply->ended = why;
    watch->stopped_us = now_us();
    (void)send_parcel(watch->keeper->socket, &wanted, sizeof wanted, NULL, 0, NULL, 0);
}

/* The keeper's own use of processor and memory is not the run's, nor is what the program's processes share with it. */
static void measure(struct watch *watch)
{
    struct usage now, own = {0};
    measure_process(watch->keeper->pid, &own);
    if (!watch->based) {
        watch->base_cpu_us = own.cpu_us;
        watch->base_own_us = own_busy_us();
    }
    watch->based = true;
    measure_tree(watch->keeper->pid, watch->request->memory + watch->keeper->resident, &now);
    int64_t cpu_us = now.cpu_us - watch->base_cpu_us, group_cpu_us = account_cpu_us(watch->account);
    int64_t shared = watch->request->flags & RUN_WARM ? watch->keeper->resident : 0;
    if (group_cpu_us > cpu_us + GROUP_NOISE_US)
        cpu_us = group_cpu_us;
    if (cpu_us > watch->usage.cpu_us)
        watch->usage.cpu_us = cpu_us;
    if (now.has_delay && now.run_delay_us > watch->usage.run_delay_us)
        watch->usage.run_delay_us = now.run_delay_us;
    watch->usage.has_delay |= now.has_delay;
    if (now.memory - shared > watch->peak)
        watch->peak = now.memory - shared;
}

static void check_limits(struct watch *watch)
{
    const struct request *request = watch->request;
    struct usage *usage = &watch->usage;
    if (watch->reply->ended != 0) {
        if (now_us() - watch->stopped_us > END_MS * 1000LL)
            keeper_end(watch->keeper);
        return;
    }
    measure(watch);
    int64_t wall = now_us() - watch->begun_us, patience = usage->has_delay ? 1 : 3;
    /* A program that waits for the supervisor to empty its pipes is not idle. */
    int64_t idle = wall - usage->run_delay_us - usage->cpu_us - (own_busy_us() - watch->base_own_us);
    if (usage->cpu_us > request->cpu_ms * 1000)
        stop(watch, ENDED_CPU);
    else if (!watch->account->counted && watch->peak > request->memory)
        stop(watch, ENDED_MEMORY);
    else if (idle > request->idle_ms * 1000 * patience)
        stop(watch, ENDED_IDLE);
    else if (wall > request->wall_ms * 1000)
        stop(watch, ENDED_WALL);
}

static void drain(struct watch *watch, int channel)
{
    struct outlet *outlet = &watch->outlets[channel];
    (void)outlet_drain(outlet);
    if (channel != 1 && outlet->seen > outlet->budget)
        stop(watch, ENDED_OUTPUT);
}

static void finish(struct watch *watch, const struct notice *notice)
{
    struct reply *reply = watch->reply;
    watch->done = true;
    reply->kind = REPLY_DONE;
    if (reply->ended == 0 && WIFEXITED(notice->status))
        reply->exit_code = WEXITSTATUS(notice->status);
    else if (reply->ended == 0)
        reply->signal = WTERMSIG(notice->status);
    reply->cpu_us = notice->cpu_us;
    int64_t shared = watch->request->flags & RUN_WARM ? watch->keeper->resident : 0;
    if (notice->memory - shared > watch->peak)
        watch->peak = notice->memory - shared;
}

static void take_notice(struct watch *watch)
{
    struct notice notice;
    ssize_t length = read(watch->keeper->socket, &notice, sizeof notice);
    if (length != (ssize_t)sizeof notice) {
        keeper_end(watch->keeper);
    } else if (notice.kind == NOTICE_FAILED) {
        notice.where[sizeof notice.where - 1] = '\0';
        watch->reply->kind = REPLY_FAILED;
        watch->outlets[0].length = (size_t)snprintf(watch->outlets[0].kept, sizeof notice.where + 64, "%s: %s",
                                                    notice.where, strerror(notice.error));
    } else if (watch->reply->kind == REPLY_FAILED) {
        watch->done = true;
    } else {
        finish(watch, &notice);
    }
}

/* The service may only cancel while a run is under way; its end ends the slot. */
static void take_word(struct watch *watch)
{
    struct request wanted;
    if (recv(watch->service, &wanted, sizeof wanted, MSG_DONTWAIT) != (ssize_t)sizeof wanted ||
        wanted.kind != REQUEST_STOP) {
        keeper_end(watch->keeper);
        _exit(0);
    }
    stop(watch, ENDED_CANCEL);
}

static void step(struct watch *watch)
{
    bool quiet = watch->next_check_us == 0;
    struct pollfd fds[2 + CHANNELS] = {
        {.fd = watch->keeper->socket, .events = POLLIN},
        {.fd = watch->service, .events = POLLIN},
    };
    for (int i = 0; i < CHANNELS; i++)
        fds[2 + i] = (struct pollfd){.fd = quiet ? -1 : watch->outlets[i].reader, .events = POLLIN};
    if (poll(fds, 2 + CHANNELS, quiet ? QUIET_MS : TICK_MS) < 0 && errno != EINTR)
        die("poll");
    for (int i = 0; i < CHANNELS; i++)
        if (fds[2 + i].revents)
            drain(watch, i);
    if (fds[1].revents)
        take_word(watch);
    if (fds[0].revents)
        take_notice(watch);
    if (!watch->done && watch->keeper->pid > 0 && now_us() >= watch->next_check_us) {
        if (!quiet)
            check_limits(watch);
        watch->next_check_us = now_us() + TICK_MS * 1000;
    }
}

/* Takes what is left in the pipes: all their writers are gone. */
static void drain_rest(struct watch *watch)
{
    for (int i = 0; i < CHANNELS; i++) {
        struct outlet *outlet = &watch->outlets[i];
        while (outlet->reader >= 0 && outlet_drain(outlet))
            ;
        if (i != 1 && outlet->seen > outlet->budget && watch->reply->ended == 0) {
            watch->reply->ended = ENDED_OUTPUT;
            watch->reply->exit_code = watch->reply->signal = -1;
        }
    }
}

static void account_for(struct watch *watch)
{
    struct reply *reply = watch->reply;
    int64_t group_cpu_us = account_cpu_us(watch->account), peak;
    bool out_of_memory;
    account_memory(watch->account, &peak, &out_of_memory);
    if (group_cpu_us > reply->cpu_us + GROUP_NOISE_US) /* children that nobody waited for are in no rusage */
        reply->cpu_us = group_cpu_us;
    if (watch->usage.cpu_us > reply->cpu_us)
        reply->cpu_us = watch->usage.cpu_us;
    reply->delay_us = watch->usage.run_delay_us;
    reply->out_of_memory = out_of_memory;
    reply->memory = watch->account->counted && peak > 0 ? peak : watch->peak;
    if (!watch->done && out_of_memory && reply->kind != REPLY_FAILED)
        reply->kind = REPLY_DONE; /* the kernel chose the keeper, too */
}

static bool open_outlets(struct outlet *outlets, const struct request *request)
{
    return outlet_open(&outlets[0], request->output_bytes) && outlet_open(&outlets[1], request->error_bytes) &&
           (!(request->flags & RUN_RESULT) || outlet_open(&outlets[2], request->output_bytes));
}

static bool send_run(struct watch *watch, const char *text, const int *input_and_files)
{
    struct request request = *watch->request;
    int fds[MAX_FDS], count = 0;
    fds[count++] = input_and_files[0];
    for (int i = 0; i < CHANNELS; i++)
        if (watch->outlets[i].writer >= 0)
            fds[count++] = watch->outlets[i].writer;
    for (uint32_t i = 0; i < request.files; i++)
        fds[count++] = input_and_files[1 + i];
    if (watch->account->counted)
        request.flags |= RUN_COUNTED;
    bool ok = send_parcel(watch->keeper->socket, &request, sizeof request, text, request.text_bytes, fds, count);
    for (int i = 0; i < CHANNELS; i++) {
        close_all(&watch->outlets[i].writer, 1);
        watch->outlets[i].writer = -1;
    }
    return ok;
}

/* Runs what `request` says. Where `reply` says that the slot is worn, or the keeper is gone, the slot must be replaced. */
void run_request(struct keeper *keeper, struct account *account, int service, const struct request *request,
                 const char *text, const int *input_and_files, struct reply *reply, struct outlet *outlets)
{
    struct watch watch = {.keeper = keeper, .account = account, .request = request, .outlets = outlets, .reply = reply,
                          .service = service, .begun_us = now_us()};
    *reply = (struct reply){.kind = REPLY_FAILED, .exit_code = -1, .signal = -1};
    if (!open_outlets(outlets, request))
        die("no pipe");
    if (account_begin(account, request->memory, request->processes) && send_run(&watch, text, input_and_files)) {
        reply->kind = 0;
        while (!watch.done && keeper->pid > 0)
            step(&watch);
    }
    reply->ended_us = now_us();
    reply->wall_us = reply->ended_us - watch.begun_us;
    if (reply->kind != REPLY_FAILED)
        drain_rest(&watch);
    account_for(&watch);
    if (reply->kind == 0)
        reply->kind = REPLY_FAILED;
    reply->worn = keeper->pid <= 0 || reply->ended == ENDED_WALL;
    for (int i = 0; i < CHANNELS; i++)
        reply->kept[i] = (int64_t)outlets[i].length;
}
