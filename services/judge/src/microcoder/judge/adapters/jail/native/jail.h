/* The jail: runs one program once, alone, within limits, and says what it used.
 *
 *   supervisor (this process, outside)  reads the program's pipes, watches time and memory, kills, reports
 *   └── init (pid 1 of the jail)        builds the file system, starts the program, reaps, ends everything
 *       └── program                     untrusted
 *
 * Arguments are `key=value` words, then `--`, then the program's argv. Standard input of the supervisor is a pipe that
 * the caller holds: its end of file means "stop now". The report goes to standard output, one `key value` a line.
 */
#ifndef JAIL_H
#define JAIL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { CHANNELS = 3, MAX_ITEMS = 64, INNER_ID = 1000 };

struct pair {
    const char *from;
    const char *to;
};

struct list {
    struct pair items[MAX_ITEMS];
    int count;
};

/* What the program writes on one descriptor: copied to `sink` up to `budget` bytes. */
struct channel {
    int sink;       /* descriptor that the caller gave, -1 where the channel is not used */
    int64_t budget; /* bytes */
    bool fatal;     /* more than the budget ends the run */
    int64_t seen;   /* bytes that the program wrote, as far as they were read */
    int reader;
    int writer;
};

struct options {
    bool namespaces;
    bool privileged; /* the caller may map any user: the program gets host_id */
    bool landlock;   /* without namespaces: bind and box are all that may be opened */
    unsigned host_id;
    int64_t cpu_ms, idle_ms, wall_ms, memory, processes, stack, box_bytes, file_bytes;
    int input;
    struct channel channels[CHANNELS];
    struct list binds;    /* host path -> path in the jail, read-only */
    struct list devices;  /* device nodes, same */
    struct list links;    /* link text -> path in the jail */
    struct list files;    /* "descriptor" -> path in the jail; modes are 0555 */
    struct list cgroups;  /* controller -> our slot's folder, or "unified" -> where the run's group is made */
    const char *box;      /* working folder, the only writable place */
    char *environment[MAX_ITEMS + 1];
    char **argv;
};

/* What init and the program tell the supervisor. */
struct notice {
    enum { NOTICE_FAILED, NOTICE_STARTED, NOTICE_ENDED } kind;
    int status;          /* ENDED: as of waitpid */
    int error;           /* FAILED: errno */
    int64_t setup_us;    /* STARTED: CPU time that building the jail took */
    char where[96];      /* FAILED: what could not be done */
};

/* Use of a whole process tree. */
struct usage {
    int64_t cpu_us;
    int64_t run_delay_us; /* its threads could have run and had no processor */
    int64_t memory;       /* resident, bytes */
    bool has_delay;
};

void parse_options(int argc, char **argv, struct options *options);
void die(const char *what);
int64_t cpu_us_of(const struct rusage *usage);

/* init.c; neither returns. `notices` is the pipe to the supervisor. */
void run_init(const struct options *options, int notices, int go);
void fail_notice(int notices, const char *where);

/* Steps of init and program; each ends the process by fail_notice where it fails. */
void build_root(const struct options *options, int notices, bool *has_proc);
void close_system_calls(bool own_network, int notices);
void restrict_paths(const struct options *options, int notices);

/* tree.c */
void measure_tree(pid_t init, int64_t doubt, struct usage *usage);
void kill_tree(pid_t init);

/* cgroup.c */
int cgroup_open(const struct options *options);
int64_t cgroup_cpu_us(const struct options *options);
void cgroup_memory(const struct options *options, int64_t *peak, int64_t *oom_kills);
void cgroup_close(const struct options *options);

int supervise(struct options *options);

#endif
