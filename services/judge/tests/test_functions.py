"""Function-call problems: the arguments go in, a value comes out, the comparison is outside."""

import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.problem import CallStyle, FunctionSpec, ValueKind
from microcoder.core.verdict import Verdict
from microcoder.judge.app import Sandbox
from microcoder.judge.local import LocalJudge

ARGUMENTS = '[1, [2, 3]]\n"x y"\n'
ANSWER = '[[1, [2, 3]], "x y"]'

RIGHT = {
    "function": ("def f(a, b): return [a, b]", "f"),
    "method": ("class Solution:\n    def f(self, a, b): return [a, b]", "Solution.f"),
    "static method": ("class Solution:\n    @staticmethod\n    def f(a, b): return [a, b]", "Solution.f"),
    "tuples": ("def f(a, b): return (tuple(a), b)", "f"),
    "class method": ("class Solution:\n    @classmethod\n    def f(cls, a, b): return [a, b]", "Solution.f"),
    "inherited": ("class A:\n    def f(self, a, b): return [a, b]\nclass Solution(A): pass", "Solution.f"),
    "function in place of the method": ("def f(a, b): return [a, b]", "Solution.f"),
    "names of the platform": (
        "class Solution:\n    def f(self, a: List[int], b: Optional[str]) -> Deque:\n"
        "        assert Counter('aa')['a'] == gcd(2, 4) == pow(2, 3, 6) and deepcopy([]) == [] and math.pi < inf\n"
        "        return [a, b]",
        "Solution.f",
    ),
    "the platform's sorted containers": (
        "class Solution:\n    def f(self, a, b): return [a, b] if list(SortedList([2, 1])) == [1, 2] else 0",
        "Solution.f",
    ),
    "annotations from the future": ("from __future__ import annotations\ndef f(a: X, b: Y): return [a, b]", "f"),
    "generator": ("def f(a, b):\n    yield a\n    yield b", "f"),
    "prints": ("def f(a, b):\n    print('[0]')\n    return [a, b]\nprint('hello')", "f"),
    "own examples": ("def f(a, b): return [a, b]\nif __name__ == '__main__':\n    1 / 0", "f"),
    "own json": ("import json\njson.dumps = lambda *a, **k: '0'\ndef f(a, b): return [a, b]", "f"),
    "globals": ("seen = []\ndef f(a, b):\n    seen.append(a); return [seen[0], b]", "f"),
    "thread left": ("import threading\nthreading.Thread(target=print).start()\ndef f(a, b): return [a, b]", "f"),
}
WRONG = {
    "wrong value": ("def f(a, b): return [b, a]", Verdict.WA),
    "nothing": ("def f(a, b): pass", Verdict.WA),
    "equal to everything": (
        "class L(list):\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n"
        "def f(a, b): return L()",
        Verdict.WA,
    ),
    "object equal to everything": (
        "class O:\n    def __eq__(self, o): return True\ndef f(a, b): return O()",
        Verdict.RE,
    ),
    "infinite": ("def f(a, b): return float('inf')", Verdict.WA),
    "not a number": ("def f(a, b): return float('nan')", Verdict.WA),
    "names that were not asked for": ("def f(a: List[int], b): return [a, b]", Verdict.RE),
    "list without end": ("def f(a, b):\n    a.append(a); return a", Verdict.RE),
    "no class": ("class Solution:\n    f = 3", Verdict.RE),
    "set": ("def f(a, b): return {1}", Verdict.RE),
    "deep": ("def f(a, b):\n    x = []\n    for _ in range(10**5): x = [x]\n    return x", Verdict.RE),
    "deep enough to be written": (
        "def f(a, b):\n    x = []\n    for _ in range(600): x = [x]\n    return x",
        Verdict.WA,
    ),
    "no such function": ("def g(a, b): return [a, b]", Verdict.RE),
    "too few parameters": ("def f(a): return a", Verdict.RE),
    "leaves early": ("import os\ndef f(a, b): os._exit(0)", Verdict.RE),
    "exits": ("def f(a, b): raise SystemExit", Verdict.RE),
    "says passed": ("import os\nos.write(1, b'passed')\nos.write(3, b'true')\nos._exit(0)", Verdict.WA),
    "not one value": (f"import os\nos.write(3, b'''{ANSWER} {ANSWER}''')\nos._exit(0)", Verdict.WA),
    "in front of the result": ("import os\nos.write(3, b'[')\ndef f(a, b): return [a, b]", Verdict.WA),
    "endless result": ("import os\nwhile True: os.write(3, b'x' * 65536)", Verdict.OLE),
    "wide result": ("def f(a, b): return [[]] * 200_000", Verdict.WA),
    "syntax": ("def f(a, b) return 1", Verdict.CE),
    "loop": ("def f(a, b):\n    while True: pass", Verdict.TLE),
}


@pytest.mark.parametrize(("code", "entry"), RIGHT.values(), ids=RIGHT)
async def test_right_results(judge: LocalJudge, code: str, entry: str) -> None:
    report = await judge.report(code, [(ARGUMENTS, ANSWER)], entry=entry)
    assert report.verdict is Verdict.AC, report


@pytest.mark.parametrize(("code", "verdict"), WRONG.values(), ids=WRONG)
async def test_wrong_results_and_cheats(judge: LocalJudge, code: str, verdict: Verdict) -> None:
    report = await judge.report(code, [(ARGUMENTS, ANSWER)], entry="f")
    assert report.verdict is verdict, report


async def test_the_answer_is_nowhere_in_the_process(judge: LocalJudge) -> None:
    code = """
import gc, inspect, os
def f(x):
    frame, seen = inspect.currentframe(), []
    while frame:
        seen += frame.f_locals.values()
        frame = frame.f_back
    for o in gc.get_objects() + seen:
        if isinstance(o, (list, tuple)) and x + 31415925 in o: return x + 31415925
        if isinstance(o, dict) and x + 31415925 in o.values(): return x + 31415925
    return 0
"""
    assert (await judge.report(code, [("1", "31415926")], entry="f")).verdict is Verdict.WA


async def test_nothing_stays_between_tests(judge: LocalJudge) -> None:
    code = "calls = []\ndef f(x):\n    calls.append(x)\n    return calls"
    assert (await judge.report(code, [("1", "[1]"), ("2", "[2]")], entry="f")).verdict is Verdict.AC


async def test_values_keep_their_meaning(judge: LocalJudge) -> None:
    code = "def f(x): return x"
    values = ["9007199254740993", '"\\u00e9\\n\\ud800"', '{"a": null}', "1e-12", "true", "[]", '""', "1" + "0" * 6000]
    report = await judge.report(code, [(value, value) for value in values], entry="f")
    assert report.verdict is Verdict.AC, report


LIST = FunctionSpec(entry="f", parameters=(ValueKind.LINKED_LIST,), returns=ValueKind.LINKED_LIST)
TREE = FunctionSpec(entry="f", parameters=(ValueKind.BINARY_TREE,), returns=ValueKind.BINARY_TREE)
NARY = FunctionSpec(entry="f", parameters=(ValueKind.NARY_TREE,), returns=ValueKind.NARY_TREE)
REVERSE = """
def f(head):
    last = None
    while head:
        head.next, last, head = last, head, head.next
    return last
"""
MIRROR = """
def f(root):
    if root:
        root.left, root.right = f(root.right), f(root.left)
    return root
"""
TURN = """
def f(root):
    for child in root.children if root else ():
        f(child)
    if root: root.children.reverse()
    return root
"""
COUNTER = """
class Counter:
    def __init__(self, start: int): self.seen = [start]
    def add(self, n: int) -> List[int]:
        self.seen.append(n)
        return self.seen
    def clear(self): self.seen.clear()
"""


@pytest.mark.parametrize(
    ("code", "function", "tests"),
    [
        (REVERSE, LIST, [("[1, 2, 3]", "[3, 2, 1]"), ("[]", "[]"), ("[]", "null")]),
        ("class ListNode:\n    def __init__(self, x):\n        self.val = x\n" + REVERSE, LIST, [("[1, 2]", "[2,1]")]),
        (
            "def f(lists): return lists[::-1]",
            FunctionSpec(entry="f", parameters=(ValueKind.LINKED_LISTS,), returns=ValueKind.LINKED_LISTS),
            [("[[1, 2], [], [3]]", "[[3], [], [1, 2]]")],
        ),
        (
            MIRROR,
            TREE,
            [("[1, 2, 3, null, 4]", "[1, 3, 2, null, null, 4]"), ("[]", "[]"), ("[1, null, 2]", "[1, 2, null, null]")],
        ),
        (TURN, NARY, [("[1, null, 3, 2, 4, null, 5, 6]", "[1, null, 4, 2, 3, null, null, null, 6, 5]"), ("[]", "[]")]),
        (
            "def f(a, k):\n    a[:] = a[k:] + a[:k]\n    return 'ignored'",
            FunctionSpec(entry="f", mutated_argument=0),
            [("[1, 2, 3]\n1", "[2, 3, 1]")],
        ),
        (
            COUNTER,
            FunctionSpec(entry="Counter", style=CallStyle.CLASS),
            [('["Counter", "add", "clear", "add"]\n[[1], [2], [], [5]]', "[null, [1, 2], null, [5]]")],
        ),
        (
            "def f(a): return {tuple(x) for x in a}",
            FunctionSpec(entry="f", unordered_levels=2),
            [("[[1, 2], [3]]", "[[3], [2, 1]]")],
        ),
        (
            "def f(x): return Fraction(x).limit_denominator(5)",
            FunctionSpec(entry="f", prelude="own"),
            [("0.5", "[1, 2]")],
        ),
    ],
    ids=["list", "own node", "lists", "tree", "n-ary tree", "in place", "class", "any order", "own prelude"],
)
async def test_kinds_of_problems(
    sandbox: Sandbox, code: str, function: FunctionSpec, tests: list[tuple[str, str]]
) -> None:
    own = "from fractions import Fraction\nFraction.tolist = lambda self: [self.numerator, self.denominator]\n"
    report = await LocalJudge(sandbox, preludes={"own": own}).report(code, tests, function=function)
    assert report.verdict is Verdict.AC, report
    wrong = await LocalJudge(sandbox, preludes={"own": own}).report(code, [(tests[0][0], "[7]")], function=function)
    assert wrong.verdict is Verdict.WA, wrong


async def test_a_list_without_end_is_the_programs_error(judge: LocalJudge) -> None:
    code = "def f(head):\n    head.next = head\n    return head"
    report = await judge.report(code, [("[1]", "[1]")], function=LIST)
    assert report.verdict in (Verdict.RE, Verdict.MLE), report


async def test_an_unknown_prelude_is_the_callers_mistake(judge: LocalJudge) -> None:
    with pytest.raises(InvalidArgument, match="no prelude 'x'"):
        await judge.report("def f(): return 1", [("", "1")], function=FunctionSpec(entry="f", prelude="x"))


async def test_a_missing_function_is_named(judge: LocalJudge) -> None:
    report = await judge.report("def g(): return 1", [("", "1")], entry="Solution.f")
    assert "defines no Solution.f" in report.results[0].message


async def test_the_message_shows_the_result_and_never_the_answer(judge: LocalJudge) -> None:
    result = (await judge.report("def f(): return 77", [("", "31415926")], entry="f")).results[0]
    assert "77" in result.message
    assert "31415926" not in result.message


async def test_an_answer_that_is_not_json_is_the_callers_mistake(judge: LocalJudge) -> None:
    with pytest.raises(InvalidArgument, match="answer of test '0'"):
        await judge.report("def f(): return 1", [("", "1 2")], entry="f")
