/* Without namespaces the program sees the host's file system; Landlock leaves it the system folders and its box. */
#include "jail.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    READ = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    ALL = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
    ON_FILES = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE,
};

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
    struct landlock_ruleset_attr handled = {.handled_access_fs = ALL};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0)
        fail_notice(notices, "Landlock");
    for (int i = 0; i < options->binds.count; i++)
        allow(rules, options->binds.items[i].from, READ, notices);
    for (int i = 0; i < options->devices.count; i++)
        allow(rules, options->devices.items[i].from, READ | LANDLOCK_ACCESS_FS_WRITE_FILE, notices);
    allow(rules, options->box, ALL, notices);
    if (syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        fail_notice(notices, "Landlock");
    close(rules);
}
