"""The evaluator on LiveCodeBench's own items, judged by the real judge."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from microcoder.core.verdict import Verdict
from microcoder.evaluator.adapters.dataset import read_items
from microcoder.evaluator.adapters.judging import Grader
from microcoder.evaluator.domain.encoding import hidden_tests
from microcoder.evaluator.domain.items import EvaluationItem
from microcoder.evaluator.settings import EvaluatorSettings
from microcoder.judge import app as judge_app
from microcoder.judge.settings import JudgeServiceSettings
from microcoder.rpc import JudgeClient
from microcoder.testing.grpc import Serve
from microcoder.testing.host import MakeRuntime

SAMPLE = Path(__file__).parents[2] / "examples" / "evaluation" / "items.jsonl"
LIMIT = 1 << 30
SOLUTIONS = {
    "sample_a1": "print(sum(map(int, input().split())))",
    "sample_a2": "import sys\na, b = map(int, sys.stdin.buffer.readline().split())\nprint(min(a, b))",
    "sample_a4": "import os\nprint(len(os.read(0, 1000).strip()))",
    "sample_b1": "class Solution:\n    def moneyNow(self, saved: int, gift: int) -> int:\n        return saved + gift",
    "sample_b3": "class Solution:\n    def firstAge(self, ages: List[int]) -> int:\n        return ages[0]",
    "sample_b4": "def uniqueNames(names: list[str]) -> list[str]:\n    return sorted(set(names))",
}
WRONG = {
    "sample_a1": ("print(input())", Verdict.WA),
    "sample_a2": ("while True: pass", Verdict.TLE),
    "sample_a3": ("print(int(input()) // 0)", Verdict.RE),
    "sample_a4": ("print(len(input()", Verdict.CE),
    "sample_b1": (
        "class Same:\n    def __eq__(self, other): return True\n"
        "class Solution:\n    def moneyNow(self, saved, gift): return Same()",
        Verdict.RE,
    ),
    "sample_b3": ("class Solution:\n    def firstAge(self, ages): return sum(ages)", Verdict.WA),
}


@pytest_asyncio.fixture
async def grader(runtime: MakeRuntime, serve: Serve) -> AsyncIterator[Grader]:
    parts = await judge_app.build(runtime("judge", JudgeServiceSettings()))
    yield Grader(JudgeClient(await serve(parts.servicers)), EvaluatorSettings(test_cpu_time_ms=2_000))
    for close in parts.close:
        await close()


async def verdict_of(grader: Grader, item: EvaluationItem, program: str) -> Verdict:
    return await grader.grade(item, item.public_tests + hidden_tests(item.encoded_tests), program)


async def test_programs_that_livecodebench_misjudges_get_their_right_verdict(grader: Grader) -> None:
    items = {item.id: item for item in read_items(SAMPLE, max_bytes=LIMIT)}
    for item_id, program in SOLUTIONS.items():
        assert await verdict_of(grader, items[item_id], program) is Verdict.AC, item_id
    for item_id, (program, expected) in WRONG.items():
        assert await verdict_of(grader, items[item_id], program) is expected, item_id


def test_all_statements_are_read(shared: Path) -> None:
    items = list(read_items(shared / "data" / "lcb" / "lcb_1055_problems.jsonl.gz", max_bytes=LIMIT))
    assert len(items) == 1055
    assert sum(item.has_tests for item in items) == 742
    assert {item.platform for item in items} == {"atcoder", "codeforces", "leetcode"}
    assert {item.level for item in items} == {"easy", "medium", "hard"}


@pytest.mark.slow
async def test_reference_programs_of_leetcode_items_pass(grader: Grader, shared: Path) -> None:
    path = shared / "data" / "lcb" / "lcb_leetcode_280_hidden_tests.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        references = {record["question_id"]: record["reference_solution"] for record in map(json.loads, lines)}
    items = [item for item in read_items(path, max_bytes=LIMIT) if 5 <= len(item.public_tests) <= 40][:5]
    assert len(items) == 5
    verdicts = await asyncio.gather(*(verdict_of(grader, item, references[item.id]) for item in items))
    assert {item.title: v.value for item, v in zip(items, verdicts, strict=True) if v is not Verdict.AC} == {}
