/* The writable box and the read-only folder of the program's files, between two runs. */
#ifndef BOX_H
#define BOX_H

#include <stdint.h>

void open_box(const char *path, int notices);
void size_box(int64_t bytes, int notices);
void clean_box(int notices);
void fill_program_folder(int folder, const char *const *paths, const int *contents, int count, int notices);

#endif
