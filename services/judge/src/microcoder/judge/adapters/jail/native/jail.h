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

#define BOX_OPTIONS "size=%lld,nr_inodes=4096,mode=0755,uid=%d,gid=%d"

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
    bool keeper; /* init stays after the run: it has a user of its own inside (0) and outside (keeper_id), if it may */
    unsigned keeper_id;
    int64_t cpu_ms, idle_ms, wall_ms, memory, processes, stack, box_bytes, file_bytes;
    int input;
    int output;         /* where standard output goes unseen by the supervisor, -1 where a channel takes it */
    int dialogue, side; /* memory shared with the other side's supervisor, -1 where there is none; 0 or 1 */
    struct channel channels[CHANNELS];
    struct list binds;    /* host path -> path in the jail, read-only */
    struct list devices;  /* device nodes, same */
    struct list links;    /* link text -> path in the jail */
    struct list files;    /* "descriptor" -> path in the jail; modes are 0555 */
    struct list cgroups;  /* controller -> our slot's folder, or "unified" -> where the run's group is made */
    const char *box;      /* working folder, the only writable place */
    const char *program;  /* folder of the run's files, where it is a file system of its own; else NULL */
    char *environment[MAX_ITEMS + 1];
    char **argv;
};

/* What init and the program tell the supervisor. */
struct notice {
    enum { NOTICE_FAILED, NOTICE_STARTED, NOTICE_ENDED } kind;
    int status;          /* ENDED: as of waitpid */
    int error;           /* FAILED: errno */
    int64_t setup_us;    /* STARTED: CPU time that building the jail took */
    int64_t cpu_us;      /* ENDED, from a keeper: of all that ran */
    int64_t memory;      /* ENDED, from a keeper: the largest process, bytes */
    int64_t time_us;     /* ENDED: when, monotonic */
    bool input_over;     /* ENDED: before that the other side of a dialogue had closed its output */
    char where[96];      /* FAILED: what could not be done */
};

/* Use of a whole process tree. */
struct usage {
    int64_t cpu_us;
    int64_t run_delay_us; /* its threads could have run and had no processor */
    int64_t memory;       /* resident, bytes */
    bool has_delay;
};

/* What init made. */
struct built {
    bool has_proc;
    int program_fd; /* `options.program`, writable, where the program sees it read-only; -1 where there is none */
};

void parse_options(int argc, char **argv, struct options *options);
void die(const char *what);

/* spawn.c */
bool tell_kernel(pid_t pid, const char *file, const char *text);
void map_ids(const struct options *options, pid_t init);
pid_t new_process(bool namespaces, int born_in, int *pidfd);

/* init.c; does not return. `notices` is the pipe to the supervisor. */
void run_init(const struct options *options, int notices, int go);

/* notice.c; the second does not return. */
void send_notice(int notices, const struct notice *notice);
void fail_notice(int notices, const char *where);
int64_t now_us(void);
int64_t cpu_us_of(const struct rusage *usage);

/* Steps of init and program; each ends the process by fail_notice where it fails. */
void build_root(const struct options *options, int notices, struct built *built);
void close_system_calls(bool own_network, bool keeper, int notices);
void restrict_paths(const struct options *options, int notices);
void set_limits(const struct options *options, int notices);
void drop_privileges(int notices);
void reset_signals(void);

/* files.c */
void make_parents(int folder, const char *path, int notices);
void copy_file(int source, int folder, const char *path, int notices);

/* figures.c */
int64_t read_figure(int fd, const char *word);
bool write_figure(int fd, int64_t value);

/* tree.c */
void measure_process(pid_t pid, struct usage *usage);
int64_t own_busy_us(void);
void measure_tree(pid_t init, int64_t doubt, struct usage *usage);
void kill_tree(pid_t init);

/* cgroup.c */
int cgroup_open(const struct options *options);
int64_t cgroup_cpu_us(const struct options *options);
void cgroup_memory(const struct options *options, int64_t *peak, int64_t *oom_kills);
void cgroup_close(const struct options *options);

/* dialogue.c */
void dialogue_open(const struct options *options);
void dialogue_begun(const struct options *options);
bool dialogue_input_over(const struct options *options);
int64_t dialogue_busy_us(const struct options *options, int64_t ours);

int supervise(struct options *options);

#endif
