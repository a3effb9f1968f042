#!/usr/bin/env python3
"""Writes examples/evaluation/items.jsonl: a small data set in LiveCodeBench's shape, written for this project.

Hidden tests are encoded as LiveCodeBench does it: base64 of zlib of a pickle of the JSON text. Answers come from the
reference solutions here, which are not part of the data set.
"""

import base64
import json
import pickle
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "examples" / "evaluation" / "items.jsonl"


@dataclass(frozen=True, kw_only=True)
class Item:
    name: str
    title: str
    level: str
    month: int
    content: str
    solve: Callable[..., Any]
    public: list[tuple[Any, ...]]
    hidden: list[tuple[Any, ...]]
    function: str = ""
    starter: str = ""
    lines: Callable[..., str] = field(default=lambda *values: " ".join(map(str, values)) + "\n")


def longest_streak(word: str) -> int:
    return max(len(list(group)) for _, group in groupby(word))


def fewest_stamps(total: int, stamps: list[int]) -> int:
    fewest = [0] + [total + 1] * total
    for amount in range(1, total + 1):
        fewest[amount] = min((fewest[amount - stamp] + 1 for stamp in stamps if stamp <= amount), default=total + 1)
    return fewest[total] if fewest[total] <= total else -1


def longest_rise(heights: list[int]) -> int:
    best: list[int] = []
    for index, height in enumerate(heights):
        best.append(1 + max((best[i] for i in range(index) if heights[i] < height), default=0))
    return max(best, default=0)


ITEMS = [
    Item(
        name="a1",
        title="Three Coins",
        level="easy",
        month=1,
        content="Three coins lie in a purse. Given three integers $a$, $b$ and $c$ on one line, print their sum.",
        solve=lambda a, b, c: a + b + c,
        public=[(1, 2, 5), (10, 10, 10)],
        hidden=[(0, 0, 0), (1000, 1000, 1000), (7, 0, 3), (50, 20, 2)],
    ),
    Item(
        name="a2",
        title="Smaller Shoe",
        level="easy",
        month=1,
        content="Given the sizes of two shoes, two integers $x$ and $y$ on one line, print the smaller one.",
        solve=min,
        public=[(38, 42), (40, 40)],
        hidden=[(9, 10), (10, 9), (1, 100), (45, 44), (100, 99)],
    ),
    Item(
        name="a3",
        title="Next Page",
        level="easy",
        month=2,
        content="A reader turns the page. Given one integer $p$, print $p + 1$.",
        solve=lambda p: p + 1,
        public=[(12,), (99,)],
        hidden=[(1,), (0,), (999,), (123456,)],
    ),
    Item(
        name="a4",
        title="Word Length",
        level="easy",
        month=3,
        content="Given one word of lower-case letters, print its length.",
        solve=len,
        public=[("river",), ("a",)],
        hidden=[("hippopotamus",), ("zz",), ("abcdefghij",), ("x" * 300,)],
    ),
    Item(
        name="a5",
        title="Square Tiles",
        level="easy",
        month=3,
        content="Given one integer $n$, the side of a square floor in tiles, print $n \\cdot n$.",
        solve=lambda n: n * n,
        public=[(4,), (1,)],
        hidden=[(0,), (10,), (31,), (1000,)],
    ),
    Item(
        name="a6",
        title="Longest Streak",
        level="medium",
        month=4,
        content="A weather diary is one word in which each letter stands for one day's weather. Print the length of "
        "the longest streak of days in a row with equal weather.\n\n### Input\n\nOne word of 1 to $10^5$ lower-case "
        "letters.\n\n### Output\n\nOne integer.",
        solve=longest_streak,
        public=[("ssrrrs",), ("abc",)],
        hidden=[("a",), ("aaaa",), ("abbbaccccd",), ("ab" * 200 + "b",), ("z" * 500 + "y" * 499,)],
    ),
    Item(
        name="a7",
        title="Stamp Puzzle",
        level="hard",
        month=5,
        content="A post office sells stamps of a few different values, as many of each as you like. Which is the "
        "smallest number of stamps whose values add up to exactly $t$?\n\n### Input\n\nThe first line holds $t$ "
        "($1 \\le t \\le 10^4$). The second line holds the different values, at most 20 positive integers.\n\n"
        "### Output\n\nThe smallest number of stamps, or $-1$ if no stamps add up to $t$.",
        solve=fewest_stamps,
        public=[(12, [1, 6, 10]), (7, [2, 4])],
        hidden=[(1, [1]), (30, [1, 15, 25]), (9999, [7, 40, 95]), (5, [10]), (10000, [1, 3, 4])],
        lines=lambda total, stamps: f"{total}\n{' '.join(map(str, stamps))}\n",
    ),
    Item(
        name="b1",
        title="Pocket Money",
        level="easy",
        month=1,
        content="Lia saves `saved` euros and gets `gift` euros more. Return how many euros she has then.",
        solve=lambda saved, gift: saved + gift,
        public=[(3, 4), (0, 9)],
        hidden=[(0, 0), (100, 1), (12, 30), (999, 999)],
        function="moneyNow",
        starter="class Solution:\n    def moneyNow(self, saved: int, gift: int) -> int:\n        ",
    ),
    Item(
        name="b2",
        title="Above Freezing",
        level="easy",
        month=2,
        content="Return `True` if the temperature `t` is greater than zero, else `False`.",
        solve=lambda t: t > 0,
        public=[(5,), (-3,)],
        hidden=[(0,), (1,), (-1,), (100,)],
        function="isAboveFreezing",
        starter="class Solution:\n    def isAboveFreezing(self, t: int) -> bool:\n        ",
    ),
    Item(
        name="b3",
        title="First in Line",
        level="easy",
        month=4,
        content="People stand in a line; `ages` holds their ages from front to back and is not empty. Return the age "
        "of the person in front.",
        solve=lambda ages: ages[0],
        public=[([30, 8, 41],), ([7],)],
        hidden=[([1, 2, 3, 4],), ([99, 98],), ([5, 5, 6],)],
        function="firstAge",
        starter="class Solution:\n    def firstAge(self, ages: List[int]) -> int:\n        ",
    ),
    Item(
        name="b4",
        title="Guest List",
        level="medium",
        month=5,
        content="A list of names may hold a name several times. Return each name once, in alphabetical order.",
        solve=lambda names: sorted(set(names)),
        public=[(["zoe", "ann", "zoe"],), ([],)],
        hidden=[(["b", "a"],), (["x"] * 50,), (["carl", "bo", "al", "bo", "carl"],)],
        function="uniqueNames",
        starter="def uniqueNames(names: list[str]) -> list[str]:\n    ",
    ),
    Item(
        name="b5",
        title="Ridge Walk",
        level="hard",
        month=6,
        content="A walk leads past summits of the given `heights`, in this order; you may skip some, but each summit "
        "that you climb must be strictly higher than the one climbed before. Return the largest number of summits "
        "that you can climb.",
        solve=longest_rise,
        public=[([3, 1, 2, 5, 4],), ([],)],
        hidden=[([1],), ([5, 4, 3],), ([2, 2, 2],), ([7, 1, 8, 2, 9, 3, 10],), (list(range(60)),)],
        function="longestClimb",
        starter="class Solution:\n    def longestClimb(self, heights: List[int]) -> int:\n        ",
    ),
]


def tests(item: Item, arguments: list[tuple[Any, ...]]) -> str:
    kind = "functional" if item.function else "stdin"
    return json.dumps(
        [{"input": given(item, values), "output": expected(item, values), "testtype": kind} for values in arguments]
    )


def given(item: Item, values: tuple[Any, ...]) -> str:
    return "\n".join(map(json.dumps, values)) if item.function else item.lines(*values)


def expected(item: Item, values: tuple[Any, ...]) -> str:
    answer = item.solve(*values)
    return json.dumps(answer) if item.function else f"{answer}\n"


def record(item: Item) -> dict[str, str]:
    hidden = pickle.dumps(tests(item, item.hidden))
    return {
        "question_title": item.title,
        "question_content": item.content,
        "platform": "sample-b" if item.function else "sample-a",
        "question_id": f"sample_{item.name}",
        "contest_id": f"sample-{item.month}",
        "contest_date": f"2026-{item.month:02d}-15T00:00:00",
        "starter_code": item.starter,
        "difficulty": item.level,
        "public_test_cases": tests(item, item.public),
        "private_test_cases": base64.b64encode(zlib.compress(hidden)).decode(),
        "metadata": json.dumps({"func_name": item.function} if item.function else {}),
    }


def main() -> None:
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text("".join(json.dumps(record(item)) + "\n" for item in ITEMS))


if __name__ == "__main__":
    main()
