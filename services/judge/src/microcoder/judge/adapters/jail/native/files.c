/* Copies of a program's files in the jail. `folder` is a descriptor, or AT_FDCWD. */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

void make_parents(int folder, const char *path, int notices)
{
    char part[1024];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = strchr(part, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(folder, part, 0755) != 0 && errno != EEXIST)
            fail_notice(notices, part);
        *slash = '/';
    }
}

void copy_file(int source, int folder, const char *path, int notices)
{
    make_parents(folder, path, notices);
    int fd = openat(folder, path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0555);
    struct stat size;
    off_t offset = 0;
    if (fd < 0 || fstat(source, &size) != 0)
        fail_notice(notices, path);
    while (offset < size.st_size)
        if (sendfile(fd, source, &offset, (size_t)(size.st_size - offset)) <= 0)
            fail_notice(notices, path);
    close(fd);
}
