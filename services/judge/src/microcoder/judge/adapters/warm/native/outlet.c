#include "warm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20, CHUNK = 1 << 16, WORTH_KEEPING = 1 << 20 };

static bool make_room(struct outlet *outlet)
{
    if (outlet->room - outlet->length >= CHUNK)
        return true;
    size_t room = outlet->room == 0 ? CHUNK : outlet->room * 2;
    char *kept = realloc(outlet->kept, room);
    if (kept == NULL)
        return false;
    outlet->kept = kept;
    outlet->room = room;
    return true;
}

bool outlet_open(struct outlet *outlet, int64_t budget)
{
    int ends[2];
    outlet->budget = budget;
    outlet->seen = 0;
    outlet->length = 0;
    if (!make_room(outlet) || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    outlet->reader = ends[0];
    outlet->writer = ends[1];
    return true;
}

/* Takes at most a chunk of what is in the pipe, so that the clock is looked at; false when it is empty. */
bool outlet_drain(struct outlet *outlet)
{
    if (!make_room(outlet))
        die("no memory for the program's output");
    ssize_t length = read(outlet->reader, outlet->kept + outlet->length, CHUNK);
    if (length > 0) {
        if (outlet->seen == 0 && length > CHUNK / 4)
            (void)fcntl(outlet->reader, F_SETPIPE_SZ, PIPE_BYTES); /* much is coming; only speed */
        int64_t left = outlet->budget - (int64_t)outlet->length;
        outlet->length += (size_t)(length < left ? length : left);
        outlet->seen += length;
        return true;
    }
    if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(outlet->reader);
        outlet->reader = -1;
    }
    return false;
}

void outlet_close(struct outlet *outlet)
{
    close_all((int[]){outlet->reader, outlet->writer}, 2);
    outlet->reader = outlet->writer = -1;
    if (outlet->room > WORTH_KEEPING) {
        free(outlet->kept);
        outlet->kept = NULL;
        outlet->room = 0;
    }
}
