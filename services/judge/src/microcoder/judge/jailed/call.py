"""Calls one function of an untrusted program. Runs in the jail, in the program's own interpreter.

    call.py FILE ENTRY < arguments

Standard input holds one JSON value a line, one argument each. The result leaves as JSON on descriptor 3. Whatever the
program does to this driver, it can only change a value that is compared outside the jail.
"""

import importlib
import json
import os
import sys
import types
from typing import Any

RESULT_FD = 3
# What the platforms that pose such problems have imported before the program, `List` above all.
PRELUDE_STARS = ("typing", "collections", "itertools", "functools", "heapq", "bisect", "string", "math")
PRELUDE_MODULES = (*PRELUDE_STARS, "re", "random", "operator")


def prelude(namespace: dict[str, Any]) -> None:
    """Gives the program the names that it may rely on."""
    for name in PRELUDE_STARS:
        module = importlib.import_module(name)
        names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
        namespace.update({n: getattr(module, n) for n in names})
    namespace.pop("pow", None)  # the builtin takes three arguments
    for name in PRELUDE_MODULES:
        namespace[name] = importlib.import_module(name)


def load(path: str) -> types.ModuleType:
    """The program as a module."""
    module = types.ModuleType("solution")  # not __main__: the program's own examples stay asleep
    module.__file__ = path
    prelude(module.__dict__)
    sys.modules["solution"] = module
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    exec(code, module.__dict__)  # noqa: S102 - this is the jail
    return module


def find(module: types.ModuleType, entry: str) -> Any:
    """The function `name`, or the method of a fresh object for `Class.name`."""
    owner, _, name = entry.rpartition(".")
    if not owner:
        return getattr(module, name)
    return getattr(getattr(module, owner)(), name)


def plain(value: Any) -> Any:
    """Values that JSON does not know but whose meaning is plain."""
    if hasattr(value, "item") and hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0:
        return value.item()
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (types.GeneratorType, range, map, filter, zip)):
        return list(value)
    raise TypeError(f"a result of type {type(value).__name__} cannot be compared")


def main() -> None:
    """One call."""
    path, entry = sys.argv[1:3]
    arguments = [json.loads(line) for line in sys.stdin.buffer.read().splitlines() if line.strip()]
    sys.argv[1:] = []
    dumps, write = json.dumps, os.write
    result = find(load(path), entry)(*arguments)
    data = memoryview(dumps(result, default=plain, allow_nan=False).encode("utf-8", "surrogatepass"))
    while data:
        data = data[write(RESULT_FD, data) :]


if __name__ == "__main__":
    main()
