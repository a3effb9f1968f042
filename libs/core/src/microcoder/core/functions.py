"""What a function-call problem calls, read off the code that its statement gives to complete.

Starter code is a Python stub without bodies, so it does not parse; its signatures are found by their words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from microcoder.core.problem import CallStyle, FunctionSpec, ValueKind

SOLUTION = "Solution"
"""The class whose methods LeetCode calls."""

_DEF = re.compile(r"^([ \t]*)def[ \t]+(\w+)[ \t]*\(([^()]*)\)[ \t]*(?:->[ \t]*([^:#\n]+))?:", re.MULTILINE)
_CLASS = re.compile(r"^class[ \t]+(\w+)", re.MULTILINE)
_NODE_KINDS = {
    "ListNode": (ValueKind.LINKED_LIST, ValueKind.LINKED_LISTS),
    "TreeNode": (ValueKind.BINARY_TREE, ValueKind.BINARY_TREES),
}
_ANY_ORDER = re.compile(r"\breturn(?:ed|s)?\b[^.\n]{0,200}?\bin any order\b", re.IGNORECASE)
_CHILDREN = re.compile(r"\bself\.children\b")


@dataclass(frozen=True, slots=True)
class _Signature:
    indented: bool
    name: str
    parameters: tuple[str, ...]
    """Annotations, empty where there is none; without `self`."""
    returns: str


def function_spec(starter_code: str, *, name: str = "", statement: str = "") -> FunctionSpec | None:
    """The specification that `starter_code` implies, None where it gives nothing to call.

    A method of `Solution`, else a function, else a class whose methods are called one after the other. Annotations with
    `ListNode`, `TreeNode` or an n-ary `Node` give the kinds of values; a function annotated with `-> None` changes its
    first argument.

    Args:
        starter_code: As the statement gives it; may be empty where `name` is known.
        name: Of the function or method; empty for the first public one.
        statement: Text of the problem, which may allow any order of the result.

    Raises:
        ValueError: It takes or returns nodes of a kind that cannot be written as JSON here.
    """
    classes = _CLASS.findall(_without_comments(starter_code))
    if not name and classes and SOLUTION not in classes:
        constructor = _signature(starter_code, "__init__")
        return FunctionSpec(
            entry=classes[-1],
            starter_code=starter_code,
            style=CallStyle.CLASS,
            parameters=_kinds(constructor, starter_code) if constructor else (),
        )
    signature = _signature(starter_code, name)
    name = name or (signature.name if signature else "")
    if not name:
        return None
    entry = f"{SOLUTION}.{name}" if SOLUTION in classes else name
    unordered_levels = int(bool(_ANY_ORDER.search(statement)))
    if signature is None:
        return FunctionSpec(entry=entry, starter_code=starter_code, unordered_levels=unordered_levels)
    kinds = _kinds(signature, starter_code)
    changes = signature.returns == "None" and bool(signature.parameters)
    return FunctionSpec(
        entry=entry,
        starter_code=starter_code,
        parameters=kinds,
        returns=_kind(signature.parameters[0] if changes else signature.returns, starter_code),
        mutated_argument=0 if changes else None,
        unordered_levels=unordered_levels,
    )


def returns_text(starter_code: str, *, name: str) -> bool:
    """Whether the function or method `name` is annotated to return a string."""
    signature = _signature(starter_code, name)
    return signature is not None and signature.returns == "str"


def _signature(code: str, name: str) -> _Signature | None:
    found = list(_signatures(_without_comments(code)))
    if name:
        return next((signature for signature in found if signature.name == name), None)
    public = [signature for signature in found if not signature.name.startswith("_")]
    return next((signature for signature in public if signature.indented), public[0] if public else None)


def _signatures(code: str) -> Iterator[_Signature]:
    for indent, name, parameters, returns in _DEF.findall(code):
        words = [word.partition("=")[0].strip() for word in _split(parameters)]
        named = [word.partition(":") for word in words if word]
        annotations = tuple(annotation.strip() for name, _, annotation in named if name.strip() not in ("self", "cls"))
        yield _Signature(bool(indent), name, annotations, returns.strip())


def _split(parameters: str) -> list[str]:
    """At commas outside brackets."""
    parts, depth = [""], 0
    for character in parameters:
        depth += (character == "[") - (character == "]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _kinds(signature: _Signature, starter_code: str) -> tuple[ValueKind, ...]:
    """Of the arguments; empty where all are JSON."""
    kinds = tuple(_kind(annotation, starter_code) for annotation in signature.parameters)
    return kinds if any(kind is not ValueKind.JSON for kind in kinds) else ()


def _kind(annotation: str, starter_code: str) -> ValueKind:
    words = re.findall(r"\w+", annotation)
    nodes = [word for word in words if word.endswith("Node")]
    if not nodes:
        return ValueKind.JSON
    lists = sum(word.lower() == "list" for word in words)
    others = {word for word in words if word.lower() not in ("list", "optional", "none") and word not in nodes}
    if len(nodes) == 1 and not others and lists < 2:
        if nodes[0] in _NODE_KINDS:
            return _NODE_KINDS[nodes[0]][lists]
        if nodes[0] == "Node" and not lists and _CHILDREN.search(starter_code):
            return ValueKind.NARY_TREE
    raise ValueError(f"values of type {annotation[:80]!r} cannot be given to a program")


def _without_comments(code: str) -> str:
    return re.sub(r"#.*", "", code)
