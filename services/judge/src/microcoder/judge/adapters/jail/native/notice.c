/* What a process of the jail tells the supervisor, and the clocks that both read. */
#include "jail.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

void send_notice(int notices, const struct notice *notice)
{
    if (write(notices, notice, sizeof *notice) != (ssize_t)sizeof *notice)
        _exit(125);
}

void fail_notice(int notices, const char *where)
{
    struct notice notice = {.kind = NOTICE_FAILED, .error = errno};
    snprintf(notice.where, sizeof notice.where, "%s", where);
    send_notice(notices, &notice);
    _exit(125);
}

int64_t cpu_us_of(const struct rusage *usage)
{
    int64_t seconds = usage->ru_utime.tv_sec + usage->ru_stime.tv_sec;
    return seconds * 1000000 + usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;
}

int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}
