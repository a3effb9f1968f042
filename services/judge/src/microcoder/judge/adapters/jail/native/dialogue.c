/* Two runs that talk to each other by pipes. Each supervisor tells the other how busy its program was, so that waiting
 * for an answer is nobody's idleness.
 *
 * Who ended first must be certain. The init of the program that is judged holds the output's end until the program's end
 * is on record, so that the other side cannot notice it before; and with it goes on record whether the other side had
 * closed its output by then. The other side's own end may close its output at any time: that may tell the program that
 * there is no more input. */
#include "jail.h"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

static int64_t *busy_us; /* of both sides, in memory that the caller made */

/* For the supervisor, once init has its copies of the ends. */
void dialogue_open(const struct options *options)
{
    if (options->dialogue < 0)
        return;
    busy_us = mmap(NULL, 2 * sizeof *busy_us, PROT_READ | PROT_WRITE, MAP_SHARED, options->dialogue, 0);
    if (busy_us == MAP_FAILED)
        die("the memory of a dialogue cannot be mapped");
    close(options->input);
    close(options->output);
}

/* For init, once its program is started. */
void dialogue_begun(const struct options *options)
{
    if (options->dialogue >= 0 && options->side != 0)
        close(options->output);
}

bool dialogue_input_over(const struct options *options)
{
    struct pollfd input = {.fd = options->dialogue >= 0 ? options->input : -1, .events = POLLIN};
    return poll(&input, 1, 0) > 0 && (input.revents & POLLHUP) != 0;
}

/* Tells how long our program has used or awaited a processor; gives the same of the other side, 0 without a dialogue. */
int64_t dialogue_busy_us(const struct options *options, int64_t ours)
{
    if (busy_us == NULL)
        return 0;
    __atomic_store_n(&busy_us[options->side], ours, __ATOMIC_RELAXED);
    return __atomic_load_n(&busy_us[1 - options->side], __ATOMIC_RELAXED);
}
