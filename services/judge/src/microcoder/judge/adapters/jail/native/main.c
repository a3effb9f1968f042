#include "jail.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* Where we share a memory group with the program, the kernel must not choose us. Only root may ask for that. */
static void protect_from_oom_kill(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "-1000", 5);
        close(fd);
    }
}

int main(int argc, char **argv)
{
    static struct options options;
    signal(SIGPIPE, SIG_IGN);
    protect_from_oom_kill();
    parse_options(argc, argv, &options);
    if (options.input < 0)
        die("input is missing");
    return supervise(&options);
}
