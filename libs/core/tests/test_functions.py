import pytest

from microcoder.core.functions import function_spec
from microcoder.core.problem import CallStyle, FunctionSpec, ValueKind

JSON, LIST, LISTS, TREE, TREES, NARY = ValueKind

METHOD = "class Solution:\n    def f(self, {}) -> {}:\n        "


@pytest.mark.parametrize(
    ("parameters", "returns", "kinds", "result"),
    [
        ("a: List[int], b: Dict[str, int] = {}", "List[int]", (), JSON),
        ("head: Optional[ListNode], n: int", "Optional[ListNode]", (LIST, JSON), LIST),
        ("lists: List[Optional[ListNode]]", "ListNode", (LISTS,), LIST),
        ("root: 'TreeNode', k: int", "int", (TREE, JSON), JSON),
        ("n: int", "List[Optional[TreeNode]]", (), TREES),
        ("root: TreeNode | None", "list[TreeNode | None]", (TREE,), TREES),
    ],
)
def test_annotations_give_the_kinds(
    parameters: str, returns: str, kinds: tuple[ValueKind, ...], result: ValueKind
) -> None:
    spec = function_spec(METHOD.format(parameters, returns))
    assert spec is not None
    assert (spec.entry, spec.parameters, spec.returns, spec.mutated_argument) == ("Solution.f", kinds, result, None)


def test_n_ary_trees_are_told_by_the_commented_definition() -> None:
    code = "# class Node:\n#     def __init__(self, val=None, children=None):\n#         self.children = children\n"
    spec = function_spec(code + METHOD.format("root: 'Node'", "int"))
    assert spec is not None
    assert spec.parameters == (NARY,)


def test_what_returns_nothing_changes_its_first_argument() -> None:
    spec = function_spec(METHOD.format("root: Optional[TreeNode]", "None"))
    assert spec is not None
    assert (spec.mutated_argument, spec.returns) == (0, TREE)


def test_the_named_function_is_taken_else_the_first_public_one() -> None:
    code = "class Solution:\n    def _g(self): pass\n    def f(self, a): pass\n    def h(self, a): pass\n"
    assert [function_spec(code, name=name) for name in ("", "h")] == [
        FunctionSpec(entry="Solution.f", starter_code=code),
        FunctionSpec(entry="Solution.h", starter_code=code),
    ]
    assert function_spec("def f(a):\n    ") == FunctionSpec(entry="f", starter_code="def f(a):\n    ")
    assert function_spec("", name="f") == FunctionSpec(entry="f")
    assert function_spec("") is None


def test_a_class_of_another_name_is_used_as_a_class() -> None:
    code = "class LRUCache:\n    def __init__(self, n: int):\n        \n    def get(self, key: int) -> int:\n        "
    spec = function_spec(code)
    assert spec is not None
    assert (spec.entry, spec.style) == ("LRUCache", CallStyle.CLASS)


@pytest.mark.parametrize(
    ("statement", "levels"),
    [
        ("Return the pairs in any order.", 1),
        ("Note that the returned array may be in any order.", 1),
        ("Tasks can be done in any order. Return the least time.", 0),
        ("", 0),
    ],
)
def test_the_statement_may_allow_any_order(statement: str, levels: int) -> None:
    spec = function_spec(METHOD.format("n: int", "List[int]"), statement=statement)
    assert spec is not None
    assert spec.unordered_levels == levels


@pytest.mark.parametrize("annotation", ["'Node'", "Tuple[Optional[TreeNode], int]", "List[List[ListNode]]", "PolyNode"])
def test_other_nodes_are_refused(annotation: str) -> None:
    with pytest.raises(ValueError, match="cannot be given"):
        function_spec(METHOD.format(f"a: {annotation}", "int"))
