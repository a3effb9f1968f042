"""What the judge is measured against: the bare interpreter, bubblewrap, and grading within the grader's own process.

Each gives runs a second of `PYTHON` on `TEST`, `at_once` at a time.
"""

import builtins
import contextlib
import io
import multiprocessing
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import SimpleQueue
from pathlib import Path

PYTHON = "print(sum(map(int, input().split())))\n"
TEST = ("1 2\n", "3\n")
_JAIL = ("bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
_TESTS = 50
"""Of one submission to the in-process grader, about as many as a real one has."""
_TEST_S = 6


def bare(python: str, *flags: str, runs: int, at_once: int) -> float:
    """By a fresh interpreter with no isolation."""
    return _commands((python, *flags), runs, at_once)


def bubblewrap(python: str, *, runs: int, at_once: int) -> float | None:
    """By a fresh interpreter in fresh namespaces of `bwrap`; None where there is none that works."""
    command = (*_JAIL, python)
    works = shutil.which("bwrap") and subprocess.run([*command, "-c", ""], capture_output=True, check=False)
    return _commands(command, runs, at_once) if works and works.returncode == 0 else None


def _commands(command: tuple[str, ...], runs: int, at_once: int) -> float:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(at_once) as threads:
        program = Path(folder) / "main.py"
        program.write_text(PYTHON)

        def run(_: int) -> bytes:
            done = subprocess.run([*command, str(program)], input=TEST[0].encode(), capture_output=True, check=True)
            return done.stdout

        begun = time.perf_counter()
        for output in threads.map(run, range(runs)):
            assert output.decode() == TEST[1]
        return runs / (time.perf_counter() - begun)


def in_process(*, runs: int, at_once: int) -> float:
    """As the graders of benchmarks do it: a child of the grader per submission runs its tests one after the other by
    `exec`, with streams replaced and an alarm against endless loops. No isolation, and the program sees the grader."""
    submissions = max(1, runs // _TESTS)
    with ThreadPoolExecutor(at_once) as threads:
        begun = time.perf_counter()
        passed = sum(threads.map(lambda _: _grade(), range(submissions)))
        elapsed = time.perf_counter() - begun
    assert passed == submissions * _TESTS
    return passed / elapsed


def _grade() -> int:
    context = multiprocessing.get_context("fork")
    results: SimpleQueue[int] = context.SimpleQueue()
    child = context.Process(target=_grade_all, args=(results,))
    child.start()
    passed = results.get()
    child.join()
    return passed


def _grade_all(results: "SimpleQueue[int]") -> None:
    code = builtins.compile(PYTHON, "main.py", "exec")
    passed = 0
    for _ in range(_TESTS):
        output = io.StringIO()
        sys.stdin = io.StringIO(TEST[0])
        signal.alarm(_TEST_S)
        with contextlib.redirect_stdout(output):
            exec(code, {"__name__": "__main__"})
        signal.alarm(0)
        passed += output.getvalue().split() == TEST[1].split()
    results.put(passed)
