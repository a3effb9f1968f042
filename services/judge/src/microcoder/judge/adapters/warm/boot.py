"""The keeper's script: runs in the jail as `__main__` of the interpreter that programs get, and never ends.

It leaves as few traces as it can: the standard streams are those that the interpreter made for itself, on a file and
two pipes as programs have them, and are not touched; modules that programs commonly use are loaded already, all of
them without effect on any other module; the rest is done by the library (native/keeper.c). All that its functions use
are globals of this module, which programs do not see, so that what they do to builtins does not matter.
"""

template = dict(globals())  # what the interpreter itself puts into __main__

import atexit  # noqa: E402
import builtins  # noqa: E402
import ctypes  # noqa: E402
import gc  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from _signal import SIG_DFL, default_int_handler, getsignal, signal  # type: ignore[import-not-found] # noqa: E402
from _weakref import ref  # noqa: E402
from builtins import callable, compile, isinstance, setattr, str, type  # noqa: A004, E402, UP029
from types import CodeType, ModuleType  # noqa: E402
from typing import Any  # noqa: E402

# Not threading: what it does after each fork touches more memory than all the rest of a short run.
PRELOADED = (
    *("collections", "collections.abc", "heapq", "bisect", "math", "cmath", "itertools", "functools", "operator", "re"),
    *("string", "random", "decimal", "fractions", "copy", "array", "time", "datetime", "typing"),
    *("json", "struct", "io", "enum", "types", "contextlib", "numbers", "textwrap", "statistics", "reprlib", "keyword"),
    *(
        "weakref",
        "traceback",
        "linecache",
        "tokenize",
        "unicodedata",
        "zlib",
        "binascii",
        "select",
        "errno",
        "__future__",
    ),
)
LAST_ERROR = ("last_exc", "last_type", "last_value", "last_traceback")
FORGOTTEN = ("path", "argv", "ps1", "ps2", "path_hooks", *LAST_ERROR)
SIGNALS = range(1, 65)


def begin(arguments: list[str]) -> tuple[CodeType | None, dict[str, Any]]:
    """Makes sys and `__main__` what they are at the start of `python FILE`.

    Returns:
        The code, None where it does not compile; and its globals.
    """
    path = arguments[0]
    sys.excepthook = sys.__excepthook__
    for name in LAST_ERROR:
        sys.__dict__.pop(name, None)
    sys.argv[:] = arguments
    sys.orig_argv[-1:] = arguments
    sys.path[0] = path.rpartition("/")[0]
    main = ModuleType("__main__")
    names = main.__dict__
    names.update(template)
    names.update(__file__=path, __doc__=None, __loader__=type(template["__loader__"])("__main__", path))
    if "__annotations__" in template:
        names["__annotations__"] = {}
    sys.modules.pop("__main__", None)
    sys.modules["__main__"] = main  # behind all of ours
    file = os.open(path, os.O_RDONLY)
    source = os.read(file, os.fstat(file).st_size)
    os.close(file)
    try:
        return ready.get((path, source)) or compile(source, path, "exec", 0, True), names
    except (SyntaxError, ValueError):
        return None, names


def forget() -> None:
    """Takes the program's modules down in the order of Py_FinalizeEx, so that what they hold is ended as there."""
    if "signal" in sys.modules:
        forget_handlers()
    if gc.isenabled():
        gc.collect()  # while all is in place; it also brings what is left into the order that files must be closed in
    for name in FORGOTTEN:
        if name in sys.__dict__:
            setattr(sys, name, None)
    for name in ("stdin", "stdout", "stderr"):
        setattr(sys, name, sys.__dict__.get(f"__{name}__"))
    builtins.__dict__.pop("_", None)
    alive = take_modules()
    gc.collect()
    while alive:
        module = alive.pop()()
        if module is not None:
            clear(module.__dict__)


def forget_handlers() -> None:
    """Gives up the program's functions that handle signals."""
    for number in SIGNALS:
        handler = getsignal(number)
        if callable(handler) and handler is not default_int_handler:
            signal(number, SIG_DFL)


def take_modules() -> list[Any]:
    """Takes the program's modules away, and gives weak references to them, oldest first.

    They lie behind the keeper's. To look at each of those would touch their memory, which a child shares until then.
    """
    modules: dict[str, Any] = sys.modules
    taken: list[Any] = []
    while modules:
        name, module = modules.popitem()
        if name == last_known:
            modules[name] = module
            break
        if isinstance(module, ModuleType):
            taken.append(ref(module))
    module = None
    taken.reverse()
    return taken


def clear(names: dict[str, Any]) -> None:
    """As _PyModule_ClearDict: private names first, then all but the builtins."""
    for name in [n for n in names if isinstance(n, str) and n[:1] == "_" and n[1:2] != "_"]:
        names[name] = None
    for name in [n for n in names if isinstance(n, str) and n != "__builtins__"]:
        names[name] = None


def warm_up() -> None:
    """Takes the ways once that every program takes, so that what they allocate is shared."""
    for name in PRELOADED:
        __import__(name)
    code = compile("import sys\ndef f(a, b=1):\n    return [*map(int, f'{a} {b}'.split())]\nx = f(1)\n", "", "exec")
    exec(code, {"__name__": "warm"})  # noqa: S102 - our own text


def compiled_files() -> dict[tuple[str, bytes], CodeType]:
    """The code of the files beside this one, by path and content: programs that start with just those are ours."""
    found: dict[tuple[str, bytes], CodeType] = {}
    folder = os.path.dirname(__file__)
    for name in os.listdir(folder):
        path = folder + "/" + name
        if name.endswith(".py") and path != __file__:
            with open(path, "rb") as file:
                source = file.read()
            found[path, source] = compile(source, path, "exec", 0, True)
    return found


ready = compiled_files()
library = ctypes.PyDLL(os.path.dirname(__file__) + "/keeper.so")
library.prepare.argtypes = [ctypes.py_object] * 3
library.prepare(begin, forget, atexit._run_exitfuncs)
library.keep.argtypes = [ctypes.py_object] * 3
library.keep.restype = ctypes.py_object
warm_up()
sys.excepthook = library.keep
last_known = next(name for name in reversed(sys.modules) if name != "__main__")
gc.collect()
gc.freeze()
raise RuntimeError
