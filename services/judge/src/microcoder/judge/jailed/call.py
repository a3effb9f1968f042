"""Calls a function, or a class and its methods, of an untrusted program. Runs in the jail, in the program's Python.

    call.py FILE CALL < arguments

CALL is a JSON object, see `microcoder.judge.calling`. Standard input holds one JSON value a line, one argument each.
The result leaves as JSON on descriptor 3; whatever is printed is dropped. Where CALL says so, standard input holds many
tests instead, behind a line with a JSON list of their sizes, and each result has a line in front with its size and the
CPU time that the call took, nanoseconds; see `microcoder.judge.sharing`. Whatever the program does to this driver, it
can only change a value that is compared outside the jail. Any Python since 3.8 must understand this file.
"""

from __future__ import annotations

import json
import os
import sys
import time
import types
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

RESULT_FD = 3
LONGEST_LIST = 1_000_000
SEND_AFTER_NS = 5_000_000  # what is not sent is lost when a limit ends the run
READ = json.JSONDecoder().decode
DUMPS = json.dumps  # a program may replace it, for itself


def compiled(path: str) -> Any:
    """The program's code."""
    with open(path, "rb") as file:
        return compile(file.read(), path, "exec", dont_inherit=True)


def given(prelude: str) -> dict[str, Any]:
    """The names that a program finds."""
    names: dict[str, Any] = {"__name__": "solution", "__builtins__": __builtins__}
    exec(compile(prelude, "prelude", "exec", dont_inherit=True), names)  # noqa: S102 - ours
    return names


def load(path: str, names: dict[str, Any], code: Any) -> dict[str, Any]:
    """The program's own names beside those that it finds, new ones each time."""
    module = types.ModuleType("solution")  # not __main__: the program's own examples stay asleep
    module.__dict__.update(names, __file__=path)
    sys.modules["solution"] = module
    exec(code, module.__dict__)  # noqa: S102 - this is the jail
    return module.__dict__


def find(names: dict[str, Any], entry: str) -> Any:
    """The function `name`, or the method of a fresh object for `Class.name`; without the class, the function."""
    owner, _, name = entry.rpartition(".")
    found = getattr(names[owner](), name, None) if owner in names else names.get(name)
    if callable(found):
        return found
    sys.exit(f"the program defines no {entry}")


def linked_list(values: Iterable[Any], node: Any) -> Any:
    """The head of a list."""
    head = None
    for value in reversed(list(values)):
        made = node(value)
        made.next = head
        head = made
    return head


def linked_values(head: Any) -> list[Any]:
    """Its values."""
    values = []
    while head is not None:
        values.append(head.val)
        head = head.next
        if len(values) > LONGEST_LIST:
            sys.exit("the linked list of the result has no end")
    return values


def binary_tree(values: list[Any], node: Any) -> Any:
    """The root of a tree; null is a child that is not there and takes no children of its own."""
    if not values:
        return None
    root = node(values[0])
    root.left = root.right = None
    waiting, rest = deque([root]), iter(values[1:])
    while waiting:
        parent = waiting.popleft()
        for side in ("left", "right"):
            value = next(rest, None)
            if value is not None:
                child = node(value)
                child.left = child.right = None
                setattr(parent, side, child)
                waiting.append(child)
    return root


def binary_values(root: Any) -> list[Any]:
    """Its values, level by level."""
    values, waiting = [], deque([root])
    while waiting:
        node = waiting.popleft()
        values.append(None if node is None else node.val)
        if node is not None:
            waiting += (node.left, node.right)
    return trimmed(values)


def nary_tree(values: list[Any], node: Any) -> Any:
    """The root of a tree; null ends the children of a node, and the root's own level."""
    if not values:
        return None
    root = node(values[0], [])
    waiting, rest = deque([root]), iter(values[2:])
    while waiting:
        parent = waiting.popleft()
        parent.children = [node(value, []) for value in iter(lambda: next(rest, None), None)]
        waiting += parent.children
    return root


def nary_values(root: Any) -> list[Any]:
    """Its values."""
    if root is None:
        return []
    values, waiting = [root.val, None], deque([root])
    while waiting:
        node = waiting.popleft()
        values += [*(child.val for child in node.children or ()), None]
        waiting += node.children or ()
    return trimmed(values)


def trimmed(values: list[Any]) -> list[Any]:
    """Without the nulls at the end."""
    while values and values[-1] is None:
        values.pop()
    return values


CODECS: dict[str, tuple[str, Callable[[Any, Any], Any], Callable[[Any], list[Any]]]] = {
    "linked_list": ("ListNode", linked_list, linked_values),
    "binary_tree": ("TreeNode", binary_tree, binary_values),
    "nary_tree": ("Node", nary_tree, nary_values),
}
ORDERED: tuple[Any, ...] = (
    *(types.GeneratorType, range, map, filter, zip, reversed, enumerate, deque),
    *(type({}.keys()), type({}.values()), type({}.items())),
)
LISTS = {"linked_lists": "linked_list", "binary_trees": "binary_tree"}


def decode(value: Any, kind: str, names: dict[str, Any]) -> Any:
    """The value that a program gets for a JSON value."""
    if kind in LISTS:
        return [decode(item, LISTS[kind], names) for item in value]
    if kind not in CODECS:
        return value
    node, make, _ = CODECS[kind]
    return make(value or [], names[node])


def decode_all(values: list[Any], kinds: list[str], names: dict[str, Any]) -> list[Any]:
    """One kind an argument; JSON where there is none."""
    return [decode(value, kinds[i] if i < len(kinds) else "json", names) for i, value in enumerate(values)]


def encode(value: Any, kind: str) -> Any:
    """What JSON shall say about a result."""
    if kind in LISTS and isinstance(value, (list, tuple)):
        return [encode(item, LISTS[kind]) for item in value]
    return CODECS[kind][2](value) if kind in CODECS else value


def plain(value: Any) -> Any:
    """Values that JSON does not know but whose meaning is plain."""
    if hasattr(value, "item") and hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0:
        return value.item()
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, ORDERED):
        return list(value)
    raise TypeError(f"a result of type {type(value).__name__} cannot be compared")


def plain_or_set(value: Any) -> Any:
    """The same where order does not matter."""
    return list(value) if isinstance(value, (set, frozenset)) else plain(value)


def text(value: Any, kind: str, call: dict[str, Any]) -> str:
    """A result as JSON."""
    return DUMPS(encode(value, kind), default=plain_or_set if call["unordered"] else plain)


def of_function(arguments: list[Any], call: dict[str, Any], names: dict[str, Any]) -> str:
    """What one call gives."""
    given = decode_all(arguments, call["parameters"], names)
    result = find(names, call["entry"])(*given)
    return text(result if call["mutated"] is None else given[call["mutated"]], call["returns"], call)


def of_class(arguments: list[Any], call: dict[str, Any], names: dict[str, Any]) -> str:
    """What each operation gives, written at once, before the next one can change it."""
    operations, values = arguments
    if not callable(names.get(operations[0])):
        sys.exit(f"the program defines no class {operations[0]}")
    made = names[operations[0]](*decode_all(values[0], call["parameters"], names))
    results = ["null"]
    for name, given in zip(operations[1:], values[1:]):  # noqa: B905 - newer than 3.8
        results.append(text(getattr(made, name)(*given), "json", call))
    return f"[{', '.join(results)}]"


def values_of(test: bytes) -> list[Any]:
    """The arguments of a test."""
    return [READ(line.decode("utf-8", "surrogatepass")) for line in test.splitlines() if line.strip()]


def tests_of(data: bytes) -> list[bytes]:
    """The tests behind the line of their sizes."""
    head, _, rest = data.partition(b"\n")
    tests, begin = [], 0
    for size in json.loads(head):
        tests.append(rest[begin : begin + size])
        begin += size
    return tests


def main() -> None:
    """One test, or many one after another until one fails."""
    path, call = sys.argv[1], json.loads(sys.argv[2])
    with open(0, "rb", closefd=False) as file:
        data = file.read()
    del sys.argv[1:]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    write, leave, cpu_time = os.write, os._exit, time.process_time_ns
    code, found = compiled(path), given(call["prelude"])

    def result_of(test: bytes) -> bytes:
        arguments = values_of(test)
        names = load(path, found, code)
        result = of_class(arguments, call, names) if call["style"] == "class" else of_function(arguments, call, names)
        return result.encode("utf-8", "surrogatepass")

    def send(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[write(RESULT_FD, rest) :]

    def send_all(tests: list[bytes]) -> None:
        results, sent = [], cpu_time()
        try:
            for test in tests:
                begun = cpu_time()
                result = result_of(test)
                end = cpu_time()
                results.append(b"%d %d\n%b" % (len(result), end - begun, result))
                if end - sent > SEND_AFTER_NS:
                    send(b"".join(results))
                    results, sent = [], end
        finally:
            send(b"".join(results))

    if call["many"]:
        send_all(tests_of(data))
    else:
        send(result_of(data))
    leave(0)  # the call is over: neither threads nor what is registered for the end can change it


if __name__ == "__main__":
    main()
