"""What a program has imported before its first line, by name.

LeetCode gives every program the names of many modules, and programs written for it rely on that. No other program gets
a name that it did not ask for: `from math import *` in front would turn the builtin `pow` into another function.

Only modules that the program could mean are imported, since imports are most of what a fresh interpreter costs.
"""

import importlib
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import CallStyle, FunctionSpec, ValueKind

NONE = "none"
LEETCODE = "leetcode"

SORTED = "sortedcontainers"
"""A third-party package that LeetCode has."""
_STARS = (
    *("typing", SORTED, "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random"),
    *("statistics", "itertools", "functools", "operator", "io", "sys", "json", "builtins"),
)
"""What LeetCode's Python 3 imports from, in an order in which the builtins win."""
_MODULES = (*_STARS, "array", "time")
_HEADER = "inf = float('inf')\nimport sys\nsys.setrecursionlimit(500_000)\ndel sys\n"
_LIST_NODE = """
class ListNode:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next
"""
_TREE_NODE = """
class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right
"""
_NARY_NODE = """
class Node:
    def __init__(self, val=None, children=None):
        self.val = val
        self.children = [] if children is None else children
"""
_NODES: Mapping[ValueKind, str] = MappingProxyType(
    {
        ValueKind.LINKED_LIST: _LIST_NODE,
        ValueKind.LINKED_LISTS: _LIST_NODE,
        ValueKind.BINARY_TREE: _TREE_NODE,
        ValueKind.BINARY_TREES: _TREE_NODE,
        ValueKind.NARY_TREE: _NARY_NODE,
    }
)
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def prelude_of(function: FunctionSpec, source: bytes, extra: Mapping[str, str]) -> str:
    """Python text to execute before `source`.

    Args:
        function: What is called; its kinds bring the classes of their nodes.
        source: The untrusted program, read only for the words in it.
        extra: Texts of further preludes, by name.

    Raises:
        InvalidArgument: There is no prelude of the name.
    """
    is_method = "." in function.entry or function.style is CallStyle.CLASS
    name = function.prelude or (LEETCODE if is_method else NONE)
    nodes = dict.fromkeys(_NODES[kind] for kind in (*function.parameters, function.returns) if kind in _NODES)
    if name in extra:
        return extra[name] + "".join(nodes)
    if name == NONE:
        return "".join(nodes)
    if name != LEETCODE:
        known = ", ".join((NONE, LEETCODE, *extra))
        raise InvalidArgument(f"no prelude {name[:40]!r}; there are {known}", fields={"function.prelude": "is unknown"})
    words = frozenset(_WORD.findall(source.decode("utf-8", "replace")))
    mentioned = [text for word, text in (("ListNode", _LIST_NODE), ("TreeNode", _TREE_NODE)) if word in words]
    return _HEADER + _imports(words) + "".join(dict.fromkeys([*nodes, *mentioned]))


def _imports(words: frozenset[str]) -> str:
    stars = [f"from {name} import *\n" for name in _STARS if words & _names_in(name)]
    return "".join(stars) + "".join(f"import {name}\n" for name in _MODULES if name in words)


@cache
def _names_in(module: str) -> frozenset[str]:
    """What a star takes from the module, without what is builtin anyway."""
    found = importlib.import_module(module)
    names = getattr(found, "__all__", None) or [name for name in vars(found) if not name.startswith("_")]
    return frozenset(names)
