/* The process that the next run will be, forked while there is nothing else to do. */
#ifndef SPARE_H
#define SPARE_H

#include "warm.h"

/* What a spare becomes when its run has come; the parcel's data are the request's. */
typedef void (*become)(const struct parcel *parcel, bool owns_interpreter);

void rehearse(int notices);
void make_spare(bool warm, become become, struct parcel parcel, int notices);
pid_t use_spare(const void *request, size_t size, const int *fds, int fd_count, int notices);

#endif
