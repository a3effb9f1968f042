/* Numbers in the files of control groups. */
#include "jail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number after `word`, or the file's only number where `word` is empty; 0 where there is none. */
int64_t read_figure(int fd, const char *word)
{
    char text[4096];
    ssize_t length = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    size_t word_length = strlen(word);
    for (char *line = text; line != NULL; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
        if (strncmp(line, word, word_length) == 0 && (word_length == 0 || line[word_length] == ' '))
            return strtoll(line + word_length, NULL, 10);
    return 0;
}

bool write_figure(int fd, int64_t value)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    return fd >= 0 && pwrite(fd, text, (size_t)length, 0) == length;
}
