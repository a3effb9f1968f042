#include "jail.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "box.h"

static struct {
    const char *path;
    int64_t bytes;
    struct statx fresh; /* as it was mounted */
} box;

static void look(struct statx *found, int notices)
{
    memset(found, 0, sizeof *found);
    if (statx(AT_FDCWD, box.path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, found) != 0)
        fail_notice(notices, "looking at the box");
}

static void mount_box(int64_t bytes, int notices)
{
    char options[96];
    snprintf(options, sizeof options, BOX_OPTIONS, (long long)bytes, INNER_ID, INNER_ID);
    if (umount2(box.path, MNT_DETACH) != 0 ||
        mount("tmpfs", box.path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOATIME, options) != 0)
        fail_notice(notices, "mounting the box");
    box.bytes = bytes;
    look(&box.fresh, notices);
}

void open_box(const char *path, int notices)
{
    box.path = path;
    mount_box((int64_t)64 << 20, notices);
}

static bool is_empty(void)
{
    bool empty = true;
    DIR *entries = opendir(box.path);
    if (entries == NULL)
        return false;
    for (struct dirent *entry; empty && (entry = readdir(entries)) != NULL;)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(entries);
    return empty;
}

/* Whether a run could have left anything: entries, times, mode, attributes, flags of the folder itself. */
static bool is_fresh(int notices)
{
    struct statx now;
    look(&now, notices);
    return memcmp(&now, &box.fresh, sizeof now) == 0 && listxattr(box.path, NULL, 0) <= 0 && is_empty();
}

void size_box(int64_t bytes, int notices)
{
    if (bytes != box.bytes)
        mount_box(bytes, notices);
}

void clean_box(int notices)
{
    if (!is_fresh(notices))
        mount_box(box.bytes, notices);
}

static void empty_folder(int folder, int notices)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (entries == NULL)
        fail_notice(notices, "emptying the program's folder");
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        int child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        empty_folder(child, notices);
        close(child);
        if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) != 0)
            fail_notice(notices, "emptying the program's folder");
    }
    closedir(entries);
}

/* `folder` is not where programs see it, but the same file system, writable. */
void fill_program_folder(int folder, const char *const *paths, const int *contents, int count, int notices)
{
    empty_folder(folder, notices);
    for (int i = 0; i < count; i++)
        copy_file(contents[i], folder, paths[i], notices);
}
