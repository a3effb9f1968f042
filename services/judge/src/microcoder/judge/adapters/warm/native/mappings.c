/* Makes forks cheap. The kernel copies no page tables of mappings that nobody ever wrote to: code and constants then cost
 * a child one fault per few pages. One write to a page of each makes it copy them. */
#include "jail.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mappings.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

enum { MAX_MAPPINGS = 512, MAX_RANGES = 512, CHUNK = 512 };

/* Pages that a program makes its own by writing to them. */
static struct {
    int count;
    struct { char *begin, *end; } ranges[MAX_RANGES];
} noted;

static void touch(char *begin, char *end, bool executable)
{
    const int before = PROT_READ | (executable ? PROT_EXEC : 0);
    size_t size = (size_t)(end - begin);
    if (madvise(begin, size, MADV_POPULATE_READ) != 0 || mprotect(begin, size, before | PROT_WRITE) != 0)
        return;
    volatile char *byte = begin;
    *byte = *byte;
    (void)mprotect(begin, size, before);
}

/* Only speed: what cannot be read or changed stays as it is. */
void share_mappings(void)
{
    static struct { char *begin, *end; bool executable; } found[MAX_MAPPINGS];
    char line[512], permissions[8], path[256];
    unsigned long begin, end;
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL)
        return;
    while (count < MAX_MAPPINGS && fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &begin, &end, permissions, path) == 4 && path[0] == '/' &&
            permissions[0] == 'r' && permissions[1] == '-' && permissions[3] == 'p') {
            found[count].begin = (char *)begin;
            found[count].end = (char *)end;
            found[count++].executable = permissions[2] == 'x';
        }
    fclose(maps);
    for (int i = 0; i < count; i++)
        touch(found[i].begin, found[i].end, found[i].executable);
}

static void note(char *page, size_t size)
{
    if (noted.count > 0 && noted.ranges[noted.count - 1].end == page) {
        noted.ranges[noted.count - 1].end += size;
    } else if (noted.count < MAX_RANGES) {
        noted.ranges[noted.count].begin = page;
        noted.ranges[noted.count++].end = page + size;
    }
}

static void note_own(int pagemap, char *begin, char *end)
{
    const uint64_t present_and_own = 1ULL << 63 | 1ULL << 56;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t entries[CHUNK];
    while (begin < end) {
        size_t pages = (size_t)(end - begin) / page;
        ssize_t got = pread(pagemap, entries, (pages < CHUNK ? pages : CHUNK) * sizeof *entries,
                            (off_t)((uintptr_t)begin / page * sizeof *entries));
        if (got <= 0)
            return;
        for (size_t i = 0; i < (size_t)got / sizeof *entries; i++, begin += page)
            if ((entries[i] & present_and_own) == present_and_own)
                note(begin, page);
    }
}

/* In a fork of the keeper: writes to `fd` which pages it has come to own. */
void note_own_pages(int fd)
{
    char line[512], permissions[8];
    unsigned long begin, end;
    FILE *maps = fopen("/proc/self/maps", "re");
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    while (maps != NULL && pagemap >= 0 && fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %7s", &begin, &end, permissions) == 3 && strncmp(permissions, "rw-p", 4) == 0)
            note_own(pagemap, (char *)begin, (char *)end);
    (void)!write(fd, &noted, sizeof noted);
}

void read_notes(int fd)
{
    if (pread(fd, &noted, sizeof noted, 0) != (ssize_t)sizeof noted)
        noted.count = 0;
}

/* All at once, which is cheaper than a fault for each. */
void own_noted_pages(void)
{
    for (int i = 0; i < noted.count; i++)
        (void)madvise(noted.ranges[i].begin, (size_t)(noted.ranges[i].end - noted.ranges[i].begin), MADV_POPULATE_WRITE);
}
