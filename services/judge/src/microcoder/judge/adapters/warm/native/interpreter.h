/* The interpreter's C interface, as far as it is used. All of it is in every CPython from 3.8 on. */
#ifndef INTERPRETER_H
#define INTERPRETER_H

#include <sys/types.h>

typedef struct _object PyObject;

pid_t fork_interpreter(void);
_Noreturn void run_main_file(char **argv, int argc);

#endif
