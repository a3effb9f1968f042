#include "jail.h"

#include <signal.h>

int main(int argc, char **argv)
{
    static struct options options;
    signal(SIGPIPE, SIG_IGN);
    parse_options(argc, argv, &options);
    return supervise(&options);
}
