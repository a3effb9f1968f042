/* One program in a fork of the warm interpreter, from compiling to the exit status: what `python FILE` does, in the same
 * order (CPython's pymain_run_file, PyErr_PrintEx and Py_FinalizeEx), without tearing down what the program never saw. */
#include "interpreter.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

extern PyObject *PyExc_SystemExit, *PyExc_KeyboardInterrupt;
extern PyObject _Py_NoneStruct, PyLong_Type;

void PyOS_BeforeFork(void);
void PyOS_AfterFork_Parent(void);
void PyOS_AfterFork_Child(void);
void Py_IncRef(PyObject *object);
void Py_DecRef(PyObject *object);
void Py_LeaveRecursiveCall(void);
PyObject *PyEval_EvalCode(PyObject *code, PyObject *globals, PyObject *locals);
PyObject *PyRun_FileExFlags(FILE *file, const char *name, int start, PyObject *globals, PyObject *locals, int close,
                            void *flags);
PyObject *PyImport_GetModuleDict(void);
PyObject *PyDict_GetItemString(PyObject *dict, const char *key);
PyObject *PyList_New(ssize_t length);
int PyList_SetItem(PyObject *list, ssize_t index, PyObject *item);
PyObject *PyTuple_GetItem(PyObject *tuple, ssize_t index);
PyObject *PyUnicode_DecodeFSDefault(const char *text);
PyObject *PyObject_CallObject(PyObject *callable, PyObject *arguments);
PyObject *PyObject_CallFunctionObjArgs(PyObject *callable, ...);
PyObject *PyObject_CallMethod(PyObject *object, const char *name, const char *format, ...);
PyObject *PyObject_GetAttrString(PyObject *object, const char *name);
int PyObject_IsInstance(PyObject *object, PyObject *type);
int PyObject_IsTrue(PyObject *object);
long PyLong_AsLong(PyObject *number);
PyObject *PySys_GetObject(const char *name);
void PySys_WriteStderr(const char *format, ...);
int PyFile_WriteObject(PyObject *object, PyObject *file, int flags);
int PyErr_ExceptionMatches(PyObject *type);
void PyErr_Fetch(PyObject **type, PyObject **value, PyObject **traceback);
void PyErr_NormalizeException(PyObject **type, PyObject **value, PyObject **traceback);
void PyErr_Restore(PyObject *type, PyObject *value, PyObject *traceback);
void PyErr_Print(void);
void PyErr_Clear(void);
void PyErr_WriteUnraisable(PyObject *object);

enum { PRINT_RAW = 1, FILE_INPUT = 257, FLUSH_FAILED = 120 };

static PyObject *begin, *forget, *run_exit_functions;

/* Called once by boot.py with its functions. */
void prepare(PyObject *begin_function, PyObject *forget_function, PyObject *exit_functions)
{
    Py_IncRef(begin = begin_function);
    Py_IncRef(forget = forget_function);
    Py_IncRef(run_exit_functions = exit_functions);
}

pid_t fork_interpreter(void)
{
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid != 0)
        PyOS_AfterFork_Parent();
    return pid;
}

void own_interpreter(void)
{
    PyOS_AfterFork_Child();
}

static void release(PyObject *object)
{
    if (object != NULL)
        Py_DecRef(object);
}

static PyObject *list_of(char **words, int count)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; i < count; i++)
        PyList_SetItem(list, i, PyUnicode_DecodeFSDefault(words[i]));
    return list;
}

/* The status that SystemExit asks for. */
static int requested_status(void)
{
    PyObject *type, *value, *traceback;
    int status = 1;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    fflush(stdout);
    PyObject *code = PyObject_GetAttrString(value, "code");
    if (code == NULL) {
        PyErr_Clear();
        Py_IncRef(code = value);
    }
    if (code == &_Py_NoneStruct) {
        status = 0;
    } else if (PyObject_IsInstance(code, &PyLong_Type) == 1) {
        status = (int)PyLong_AsLong(code);
    } else {
        PyObject *errors = PySys_GetObject("stderr");
        if (errors != NULL && errors != &_Py_NoneStruct)
            PyFile_WriteObject(code, errors, PRINT_RAW);
        PySys_WriteStderr("\n");
    }
    PyErr_Clear();
    release(code);
    release(type);
    release(value);
    release(traceback);
    return status;
}

static bool is_closed(PyObject *file)
{
    PyObject *closed = PyObject_GetAttrString(file, "closed");
    int yes = closed == NULL ? -1 : PyObject_IsTrue(closed);
    release(closed);
    PyErr_Clear();
    return yes > 0;
}

static bool flush(const char *name, bool told)
{
    PyObject *file = PySys_GetObject(name), *done;
    if (file == NULL || file == &_Py_NoneStruct || is_closed(file))
        return true;
    done = PyObject_CallMethod(file, "flush", NULL);
    if (done == NULL && told)
        PyErr_WriteUnraisable(file);
    PyErr_Clear();
    release(done);
    return done != NULL;
}

static bool flush_both(bool told)
{
    bool out = flush("stdout", told), err = flush("stderr", false);
    return out && err;
}

/* What CPython does once the code has run, whatever became of it. */
static void flush_after_run(void)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    (void)flush("stderr", false);
    (void)flush("stdout", false);
    PyErr_Restore(type, value, traceback);
}

static void end_threads(void)
{
    PyObject *threading = PyDict_GetItemString(PyImport_GetModuleDict(), "threading");
    if (threading == NULL)
        return;
    PyObject *done = PyObject_CallMethod(threading, "_shutdown", NULL);
    if (done == NULL)
        PyErr_WriteUnraisable(threading);
    release(done);
}

static void call(PyObject *function)
{
    release(PyObject_CallObject(function, NULL));
    PyErr_Clear();
}

static _Noreturn void finish(int status, bool interrupted, void (*last)(void))
{
    end_threads();
    call(run_exit_functions);
    if (!flush_both(true))
        status = FLUSH_FAILED;
    call(forget);
    (void)flush_both(false); /* CPython's streams are gone by now, and were flushed as they went */
    fflush(NULL);
    if (last != NULL)
        last();
    if (interrupted) {
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    _exit(status & 0xff);
}

/* CPython compiles from the file itself, and says so in its errors. */
static PyObject *run_file(const char *path, PyObject *names)
{
    FILE *file = fopen(path, "rb");
    return file == NULL ? NULL : PyRun_FileExFlags(file, path, FILE_INPUT, names, names, 1, NULL);
}

/* Compiles and runs; false where an exception is left. */
static bool run(char **argv, int argc)
{
    PyObject *arguments = list_of(argv, argc), *result = NULL;
    PyObject *pair = PyObject_CallFunctionObjArgs(begin, arguments, NULL);
    release(arguments);
    if (pair == NULL)
        return false;
    PyObject *code = PyTuple_GetItem(pair, 0), *names = PyTuple_GetItem(pair, 1);
    Py_IncRef(code);
    Py_IncRef(names);
    release(pair);
    if (code == &_Py_NoneStruct)
        result = run_file(argv[0], names);
    else
        result = PyEval_EvalCode(code, names, names);
    release(code);
    release(names);
    release(result);
    flush_after_run();
    return result != NULL;
}

_Noreturn void run_main_file(char **argv, int argc, void (*last)(void))
{
    bool interrupted = false;
    int status = 0;
    Py_LeaveRecursiveCall(); /* the call that we are in counts, until CPython 3.12, as the program's */
    if (!run(argv, argc)) {
        if (PyErr_ExceptionMatches(PyExc_SystemExit)) {
            status = requested_status();
        } else {
            interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
            status = 1;
            PyErr_Print();
        }
    }
    finish(status, interrupted, last);
}
