/* A warm slot: a jail that stays, and one run after the other in it.
 *
 *   service ── supervisor (one per slot, outside) ── keeper (pid 1 of the jail, a warm interpreter) ── program
 *              reads pipes, watches, kills            forks, seals, waits, sweeps, cleans               untrusted
 *
 * Both connections are SOCK_SEQPACKET. The service sends a request and gets a reply; the supervisor passes the request
 * on with pipes and gets notices (jail.h). Either connection's end ends the slot.
 */
#ifndef WARM_H
#define WARM_H

#include "jail.h"

/* Descriptors of the keeper. */
enum { KEEPER_SOCKET = 100, KEEPER_PROGRAM = 101 };

enum {
    MAX_FILES = 64,          /* of a program's folder */
    MAX_FDS = MAX_FILES + 1 + 1 + CHANNELS,
    MAX_TEXT = 48 << 10,     /* argv, environment and names of files, bytes */
    MAX_INLINE = 48 << 10,   /* input, or all output, that travels within the message, bytes */
};

/* Service -> supervisor -> keeper. Then `text_bytes` of strings that each end with a zero byte: argv, environment, paths
 * of files; then, to the supervisor, `input_bytes` of input. Descriptors: where the input is not in the message, the
 * input; then the files. To the keeper: input, standard output and error, result channel if any, files. */
struct request {
    uint32_t kind;
    uint32_t flags;
    uint32_t argc, envc, files, text_bytes;
    int64_t cpu_ms, idle_ms, wall_ms, memory, processes, stack, box_bytes, output_bytes, error_bytes;
    int64_t input_bytes;
};

enum request_kind { REQUEST_RUN = 1, REQUEST_STOP = 2 };

enum request_flags {
    RUN_WARM = 1,      /* the first of argv is a Python file that the interpreter runs; else argv is executed */
    RUN_RESULT = 2,    /* descriptor 3 is a result channel */
    RUN_NEW_FILES = 4, /* the program's folder gets new content */
    RUN_INLINE = 8,    /* the input is within the message */
    RUN_COUNTED = 16,  /* to the keeper: a control group limits memory */
};

/* Supervisor -> service. Then, within the message or in a descriptor, what was kept of the channels in their order. */
struct reply {
    uint32_t kind;
    uint32_t ended;               /* index of `ended_names` plus 1; 0 where the supervisor did not end the run */
    int32_t exit_code, signal;    /* -1 where it is not that */
    uint32_t out_of_memory, worn; /* worn: the slot should be replaced */
    int64_t cpu_us, wall_us, delay_us, memory;
    int64_t ended_us; /* on the monotonic clock */
    int64_t kept[CHANNELS];
};

enum reply_kind { REPLY_READY = 1, REPLY_DONE = 2, REPLY_DONE_APART = 3, REPLY_FAILED = 4 };

enum ended { ENDED_CPU = 1, ENDED_IDLE, ENDED_WALL, ENDED_MEMORY, ENDED_OUTPUT, ENDED_CANCEL };

/* A message with descriptors. */
struct parcel {
    void *data;
    size_t size;    /* room for data, then its length */
    int fds[MAX_FDS];
    int fd_count;
};

bool send_parcel(int socket, const void *head, size_t head_size, const void *body, size_t body_size, const int *fds,
                 int fd_count);
bool receive_parcel(int socket, struct parcel *parcel, int flags);
void close_all(const int *fds, int count);

/* outlet.c: what the program writes, kept in memory up to a budget. */
struct outlet {
    int reader, writer;
    int64_t budget, seen;
    char *kept;
    size_t length, room;
};

bool outlet_open(struct outlet *outlet, int64_t budget);
bool outlet_drain(struct outlet *outlet);
void outlet_close(struct outlet *outlet);

/* account.c: the slot's control groups. */
struct account {
    int memory_usage, memory_limit, memory_swap_limit, memory_peak, oom_events, cpu, pids;
    bool unified, counted;
    int64_t memory_base, limit_set, pids_set, cpu_base_us, oom_base;
};

bool account_open(struct account *account, const struct options *options, pid_t keeper);
bool account_begin(struct account *account, int64_t memory, int64_t processes);
int64_t account_cpu_us(const struct account *account);
void account_memory(const struct account *account, int64_t *peak, bool *out_of_memory);

/* keeping.c: the slot's jail as the supervisor holds it. */
struct keeper {
    pid_t pid;
    int pidfd, socket;
    int64_t resident; /* its own memory, which every warm program shares */
};

bool keeper_open(struct keeper *keeper, struct options *options, struct account *account);
void keeper_end(struct keeper *keeper);

/* watching.c */
void run_request(struct keeper *keeper, struct account *account, int service, const struct request *request,
                 const char *text, const int *input_and_files, struct reply *reply, struct outlet *outlets);

#endif
