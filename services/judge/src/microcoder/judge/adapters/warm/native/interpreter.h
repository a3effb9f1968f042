/* The interpreter's C interface, as far as it is used. All of it is in every CPython from 3.8 on. */
#ifndef INTERPRETER_H
#define INTERPRETER_H

#include <sys/types.h>

typedef struct _object PyObject;

/* A child that will run Python code calls own_interpreter first. */
pid_t fork_interpreter(void);
void own_interpreter(void);

/* `last`, if any, is called before the process ends. */
_Noreturn void run_main_file(char **argv, int argc, void (*last)(void));

#endif
