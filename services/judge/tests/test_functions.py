"""Function-call problems: the arguments go in, a value comes out, the comparison is outside."""

import pytest

from microcoder.core.errors import InvalidArgument
from microcoder.core.verdict import Verdict
from microcoder.judge.local import LocalJudge

ARGUMENTS = '[1, [2, 3]]\n"x y"\n'
ANSWER = '[[1, [2, 3]], "x y"]'

RIGHT = {
    "function": ("def f(a, b): return [a, b]", "f"),
    "method": ("class Solution:\n    def f(self, a, b): return [a, b]", "Solution.f"),
    "static method": ("class Solution:\n    @staticmethod\n    def f(a, b): return [a, b]", "Solution.f"),
    "tuples": ("def f(a, b): return (tuple(a), b)", "f"),
    "annotations of the platform": ("def f(a: List[int], b: Optional[str]) -> Deque: return [a, b]", "f"),
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
    "infinite": ("def f(a, b): return float('inf')", Verdict.RE),
    "set": ("def f(a, b): return {1}", Verdict.RE),
    "deep": ("def f(a, b):\n    x = []\n    for _ in range(10**5): x = [x]\n    return x", Verdict.RE),
    "no such function": ("def g(a, b): return [a, b]", Verdict.RE),
    "too few parameters": ("def f(a): return a", Verdict.RE),
    "leaves early": ("import os\ndef f(a, b): os._exit(0)", Verdict.RE),
    "exits": ("def f(a, b): raise SystemExit", Verdict.RE),
    "says passed": ("import os\nos.write(1, b'passed')\nos.write(3, b'true')\nos._exit(0)", Verdict.WA),
    "not one value": (f"import os\nos.write(3, b'''{ANSWER} {ANSWER}''')\nos._exit(0)", Verdict.WA),
    "endless result": ("import os\nwhile True: os.write(3, b'x' * 65536)", Verdict.OLE),
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
    for value in ["9007199254740993", '"\\u00e9\\n"', '{"a": null}', "1e-12", "true", "[]", '""', "1" + "0" * 6000]:
        report = await judge.report(code, [(value, value)], entry="f")
        assert report.verdict is Verdict.AC, (value, report)


async def test_the_message_shows_the_result_and_never_the_answer(judge: LocalJudge) -> None:
    result = (await judge.report("def f(): return 77", [("", "31415926")], entry="f")).results[0]
    assert "77" in result.message
    assert "31415926" not in result.message


async def test_an_answer_that_is_not_json_is_the_callers_mistake(judge: LocalJudge) -> None:
    with pytest.raises(InvalidArgument, match="answer of test '0'"):
        await judge.report("def f(): return 1", [("", "1 2")], entry="f")
