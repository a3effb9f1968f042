/* Without namespaces the program sees the host's file system; Landlock leaves it the system folders and its box. */
#include "jail.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What newer kernels know and the headers may not. */
enum { MAKE_SYM_LAST = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, REFER = 1 << 13, TRUNCATE = 1 << 14, IOCTL_DEV = 1 << 15 };
enum { SCOPE_ABSTRACT_SOCKETS = 1 << 0, SCOPE_SIGNALS = 1 << 1 };

struct ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* since ABI 4; the system call filter refuses sockets */
    uint64_t scoped;             /* since ABI 6 */
};

enum {
    READ = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    ON_FILES = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE |
               IOCTL_DEV,
};

/* All that the kernel can forbid; what the rules do not name stays forbidden. */
static struct ruleset strictest(int abi)
{
    struct ruleset rules = {.handled_access_fs = MAKE_SYM_LAST};
    if (abi >= 2)
        rules.handled_access_fs |= REFER;
    if (abi >= 3)
        rules.handled_access_fs |= TRUNCATE;
    if (abi >= 5)
        rules.handled_access_fs |= IOCTL_DEV;
    if (abi >= 6)
        rules.scoped = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
    return rules;
}

static void allow(int rules, const char *path, uint64_t access, int notices)
{
    struct stat kind;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &kind) != 0)
        fail_notice(notices, path);
    struct landlock_path_beneath_attr rule = {
        .allowed_access = S_ISDIR(kind.st_mode) ? access : access & ON_FILES,
        .parent_fd = fd,
    };
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        fail_notice(notices, path);
    close(fd);
}

void restrict_paths(const struct options *options, int notices)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        fail_notice(notices, "Landlock");
    struct ruleset strict = strictest(abi);
    uint64_t all = strict.handled_access_fs;
    size_t size = abi >= 6 ? sizeof strict : sizeof strict.handled_access_fs;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &strict, size, 0);
    if (rules < 0)
        fail_notice(notices, "Landlock");
    for (int i = 0; i < options->binds.count; i++)
        allow(rules, options->binds.items[i].from, READ, notices);
    for (int i = 0; i < options->devices.count; i++)
        allow(rules, options->devices.items[i].from, (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE) & all, notices);
    allow(rules, options->box, all, notices);
    if (syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        fail_notice(notices, "Landlock");
    close(rules);
}
