/* The file system that the program sees: a read-only tmpfs with read-only binds of the host's system folders, a
 * writable box, and nothing else. Needs Linux 5.12 (open_tree, move_mount, mount_setattr). */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the new root is put together; its old content is needed no more once the sources are open. */
static const char *const ASSEMBLY = "/usr";

static int set_attributes(int fd, const char *path, unsigned flags, uint64_t attributes)
{
    struct mount_attr wanted = {.attr_set = attributes};
    return (int)syscall(SYS_mount_setattr, fd, path, flags, &wanted, sizeof wanted);
}

/* `path` without its leading slash: all work is done relative to the new root. */
static const char *inside(const char *path)
{
    return *path == '/' ? path + 1 : path;
}

static int clone_tree(const char *path, int notices)
{
    int fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (fd < 0)
        fail_notice(notices, path);
    return fd;
}

/* Opened before init changes its user: the way to a source may be open to the caller only. */
static void open_sources(const struct options *options, int notices, int *trees, int *devices)
{
    for (int i = 0; i < options->binds.count; i++)
        trees[i] = clone_tree(options->binds.items[i].from, notices);
    for (int i = 0; i < options->devices.count; i++)
        devices[i] = clone_tree(options->devices.items[i].from, notices);
}

static void attach(int tree, const char *target, uint64_t attributes, int notices)
{
    struct stat kind;
    if (fstat(tree, &kind) != 0)
        fail_notice(notices, target);
    make_parents(AT_FDCWD, target, notices);
    if (S_ISDIR(kind.st_mode)) {
        if (mkdir(target, 0755) != 0 && errno != EEXIST)
            fail_notice(notices, target);
    } else {
        int fd = open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
        if (fd < 0)
            fail_notice(notices, target);
        close(fd);
    }
    if (set_attributes(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, attributes) != 0 ||
        syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) != 0)
        fail_notice(notices, target);
    close(tree);
}

static void make_box(const struct options *options, int notices)
{
    char limits[96];
    const char *box = inside(options->box);
    snprintf(limits, sizeof limits, BOX_OPTIONS, (long long)options->box_bytes, INNER_ID, INNER_ID);
    make_parents(AT_FDCWD, box, notices);
    if (mkdir(box, 0755) != 0 || mount("tmpfs", box, "tmpfs", MS_NOSUID | MS_NODEV, limits) != 0)
        fail_notice(notices, "mounting the box");
}

static void make_program_folder(const char *program, int notices)
{
    if (mkdir(program, 0755) != 0 || mount("tmpfs", program, "tmpfs", MS_NOSUID | MS_NODEV, "size=512m,mode=0755") != 0)
        fail_notice(notices, "mounting the program's folder");
}

/* From here on only the descriptor that this gives can write there: it is of a mount that has no name. */
static int freeze_program_folder(const char *program, int notices)
{
    int writable = (int)syscall(SYS_open_tree, AT_FDCWD, program, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (writable < 0 || set_attributes(AT_FDCWD, program, 0, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV) != 0)
        fail_notice(notices, "closing the program's folder");
    return writable;
}

/* A fresh /proc shows the jail's processes only. Where the host's own is partly hidden the kernel refuses: then none. */
static bool make_proc(int notices)
{
    if (mkdir("proc", 0555) != 0)
        fail_notice(notices, "proc");
    return mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "subset=pid,hidepid=2") == 0;
}

void build_root(const struct options *options, int notices, struct built *built)
{
    int trees[MAX_ITEMS], devices[MAX_ITEMS];
    open_sources(options, notices, trees, devices);
    if (options->privileged && setgroups(0, NULL) != 0)
        fail_notice(notices, "dropping groups");
    const unsigned id = options->keeper && options->privileged ? 0 : INNER_ID;
    if (setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0)
        fail_notice(notices, "changing the user");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", ASSEMBLY, "tmpfs", MS_NOSUID | MS_NODEV, "size=512m,mode=0755") != 0 || chdir(ASSEMBLY) != 0)
        fail_notice(notices, "mounting the new root");
    const uint64_t read_only = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
    for (int i = 0; i < options->binds.count; i++)
        attach(trees[i], inside(options->binds.items[i].to), read_only | MOUNT_ATTR_NODEV, notices);
    for (int i = 0; i < options->devices.count; i++)
        attach(devices[i], inside(options->devices.items[i].to), read_only | MOUNT_ATTR_NOEXEC, notices);
    built->has_proc = make_proc(notices);
    make_box(options, notices);
    if (options->program)
        make_program_folder(inside(options->program), notices);
    for (int i = 0; i < options->links.count; i++) {
        make_parents(AT_FDCWD, inside(options->links.items[i].to), notices);
        if (symlink(options->links.items[i].from, inside(options->links.items[i].to)) != 0)
            fail_notice(notices, options->links.items[i].to);
    }
    for (int i = 0; i < options->files.count; i++)
        copy_file(atoi(options->files.items[i].from), AT_FDCWD, inside(options->files.items[i].to), notices);
    if (options->program)
        built->program_fd = freeze_program_folder(inside(options->program), notices);
    if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        fail_notice(notices, "changing the root");
    if (set_attributes(AT_FDCWD, "/", 0, read_only | MOUNT_ATTR_NODEV) != 0)
        fail_notice(notices, "making the root read-only");
}
