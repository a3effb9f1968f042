/* Makes forks cheap. The kernel copies no page tables of mappings that nobody ever wrote to: code and constants then cost
 * a child one fault per few pages. One write to a page of each makes it copy them. */
#include "jail.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mappings.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since Linux 5.14 */
#endif

enum { MAX_MAPPINGS = 512 };

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
