"""Random requests: sizes, encodings, depths, limits, names, flags, modes, in range and out of it."""

import json
import math
import random
from typing import Any, cast

from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import problem_pb2, verdict_pb2

_INT64 = (-(2**63), -1, 0, 1, 9, 10, 2**31, 2**32, 2**62, 2**63 - 1)
_DOUBLES = (0.0, -0.0, -1.0, 1e-9, 1e308, 5e-324, math.inf, -math.inf, math.nan)
_LANGUAGES = ("python3", "python3", "python3", "c", "cpp", "java", "", "PYTHON3", "c++", "\0", "../python3", "ü" * 500)
_ENTRIES = ("f", "Solution.f", "", "f.g.h", "__import__", "f\0", "ü", "x" * 5_000, "f; import os", "--help", "-c")
_NAMES = ("", "a", "../../etc/passwd", "/etc/passwd", "a\0b", "\x1b[2J", "ü" * 200, "x" * 10_000, "a/b", "\u202e")
_FLAGS = (
    "case_sensitive",
    "float_tolerance",
    "1e-6",
    "nan",
    "-1",
    "space_change_sensitive",
    "",
    "--help",
    "\0",
    "x" * 999,
)
_PROGRAMS = (
    b"print(input())",
    b"import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())",
    b"import os; os._exit(3)",
    b"def f(*a): return a",
    b"class Solution:\n    def f(self, *a): return a[0]",
    b"raise SystemExit(0)",
    b"print('\\x1b[31m\\udcff')",
    b"x = 1",
)


class Maker:
    """Makes requests, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, share: float) -> bool:
        """True in this share of the calls."""
        return self._random.random() < share

    def seconds(self, longest: float) -> float:
        """A time from 0 on."""
        return self._random.random() * longest

    def garbage(self) -> bytes:
        """Bytes that may or may not be a message."""
        if self.chance(0.5):
            return self._random.randbytes(self._random.choice((0, 1, 7, 100, 5_000)))
        data = bytearray(self.submission().SerializeToString())
        for _ in range(self._random.randrange(1, 8)):
            if data:
                data[self._random.randrange(len(data))] = self._random.randrange(256)
        return bytes(data)

    def submission(self) -> pb.Submission:
        """A submission, more or less well-formed."""
        pick = self._random.choice
        made = pb.Submission(
            language=self._text(pick(_LANGUAGES)) if self.chance(0.3) else "python3",
            source=self._bytes() if self.chance(0.3) else pick(_PROGRAMS),
            limits=self._limits(),
            detail_bytes=pick(_INT64) if self.chance(0.1) else 0,
            cpu_budget_ms=pick(_INT64) if self.chance(0.1) else 0,
            fair_key=self._text(pick(_NAMES)) if self.chance(0.2) else "",
        )
        made.stop_mode = cast("verdict_pb2.StopMode.ValueType", pick((0, 1, 2, 3, 4, -1, 2**31 - 1)))
        if self.chance(0.85):
            made.inline_task.CopyFrom(self._task())
        elif self.chance(0.7):
            made.problem_id = self._text(pick(_NAMES))
        return made

    def echo(self) -> "tuple[pb.Submission, verdict_pb2.Verdict.ValueType]":
        """A right program on random bytes, and what must be said of it."""
        tests = [self._random.randbytes(self._random.randrange(2_000)) for _ in range(self._random.randrange(1, 4))]
        spoiled = self.chance(0.3)
        answers = [data + b"\n.\n" if spoiled else data for data in tests]
        task = pb.InlineTask(
            tests=[pb.InlineTest(input=a, answer=b) for a, b in zip(tests, answers, strict=True)],
            checker=problem_pb2.Checker(kind=problem_pb2.CHECKER_KIND_EXACT),
        )
        verdict = verdict_pb2.VERDICT_WA if spoiled else verdict_pb2.VERDICT_AC
        limits = problem_pb2.Limits(cpu_time_ms=2_000, memory_bytes=2**28, output_bytes=2**20)
        return pb.Submission(language="python3", source=_PROGRAMS[1], inline_task=task, limits=limits), verdict

    def slow(self) -> pb.Submission:
        """A submission that is still running when its caller leaves."""
        source = self._random.choice((b"while True: pass", b"import time; time.sleep(60)", b"while True: print(1)"))
        limits = problem_pb2.Limits(cpu_time_ms=20_000, memory_bytes=2**27, output_bytes=2**24)
        tests = [pb.InlineTest(input=b"", answer=b"")] * self._random.randrange(1, 5)
        return pb.Submission(language="python3", source=source, inline_task=pb.InlineTask(tests=tests), limits=limits)

    def put_tests(self) -> pb.PutTestsRequest:
        """Contents for the judge's cache."""
        return pb.PutTestsRequest(contents=[self._bytes() for _ in range(self._random.randrange(4))])

    def name(self) -> str:
        """For ids."""
        return self._text(self._random.choice(_NAMES))

    def _task(self) -> pb.InlineTask:
        pick = self._random.choice
        task = pb.InlineTask(tests=[self._test() for _ in range(pick((0, 1, 1, 2, 5)))])
        if self.chance(0.4):
            task.checker.CopyFrom(self._checker())
        if self.chance(0.3):
            task.function.entry = self._text(pick(_ENTRIES))
            task.function.prelude = pick(("", "", "none", "leetcode", "\0"))
            task.function.unordered_levels = pick((0, 0, 1, *_INT64))
        if self.chance(0.05):
            task.input_file = self._text(pick(_NAMES))
            task.output_file = self._text(pick(_NAMES))
        if self.chance(0.05):
            task.groups.add(name=self._text(pick(_NAMES)), reject_score=pick(_DOUBLES), requires=[self.name()])
        if self.chance(0.03):
            task.interactive = True
        if self.chance(0.03):
            task.checker_program.language = self._text(pick(_LANGUAGES))
            task.checker_program.main = self._text(pick(_NAMES))
        return task

    def _test(self) -> pb.InlineTest:
        test = pb.InlineTest(name=self.name() if self.chance(0.3) else "", input=self._input(), answer=self._input())
        if self.chance(0.05):
            test.input_digest = self._random.choice(("0" * 64, "", "../x", "f" * 63, "ü"))
        if self.chance(0.05):
            test.validator_flags.extend(self._text(self._random.choice(_FLAGS)) for _ in range(3))
        if self.chance(0.05):
            test.group = self.name()
        return test

    def _checker(self) -> problem_pb2.Checker:
        pick = self._random.choice
        checker = problem_pb2.Checker(case_sensitive=self.chance(0.5), space_sensitive=self.chance(0.5))
        checker.kind = cast("problem_pb2.CheckerKind.ValueType", pick((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, -1)))
        if self.chance(0.4):
            checker.float_absolute = pick(_DOUBLES)
        if self.chance(0.4):
            checker.float_relative = pick(_DOUBLES)
        if self.chance(0.1):
            checker.flags.extend(self._text(pick(_FLAGS)) for _ in range(2))
        return checker

    def _limits(self) -> problem_pb2.Limits | None:
        if self.chance(0.6):
            return problem_pb2.Limits(cpu_time_ms=500, memory_bytes=2**27, output_bytes=2**16)
        if self.chance(0.3):
            return None
        pick = self._random.choice
        return problem_pb2.Limits(
            cpu_time_ms=pick((10, 20, 500, *_INT64)),
            memory_bytes=pick((2**24, 2**26, 2**33, *_INT64)),
            output_bytes=pick((1, 10, 2**16, *_INT64)),
        )

    def _input(self) -> bytes:
        match self._random.randrange(4):
            case 0:
                return b"1 2 3\n"
            case 1:
                return self._json()
            case 2:
                return self._bytes()
            case _:
                return " ".join(map(str, self._random.choices(_INT64 + _DOUBLES, k=20))).encode()

    def _json(self) -> bytes:
        depth = self._random.choice((0, 1, 5, 199, 200, 201, 1_000, 50_000))
        if self.chance(0.5):
            return b"[" * depth + b"]" * depth
        value: Any = self._random.choice((None, True, 10**400, 1e300, "\udc80", {"a": [1]}, [], ""))
        return json.dumps([value] * self._random.randrange(5)).encode()

    def _bytes(self) -> bytes:
        size = self._random.choice((0, 1, 10, 1_000, 100_000))
        return self._random.choice(
            (self._random.randbytes(size), b"\0" * size, b"\n" * size, b"\xff\xfe" * (size // 2))
        )

    def _text(self, text: str) -> str:
        """Protobuf takes no lone surrogates; everything else goes."""
        return text.encode("utf-8", "replace").decode()
