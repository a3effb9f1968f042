"""Trying to pass a problem's tests without solving it."""

from collections.abc import Awaitable, Callable

from microcoder.core.verdict import JudgeReport, Verdict
from microcoder.judge.calling import call_comparison
from microcoder.judge.domain.comparison import difference, with_flags
from microcoder.judge.domain.guessing import LONGEST_GUESS, Guess, Question, best_guess
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.judging import Task
from microcoder.judge.suites import Test

JudgeProgram = Callable[[SourceProgram, Task], Awaitable[JudgeReport]]

_PRINT_FILE = b"import sys\nsys.stdout.buffer.write(open(sys.path[0] + '/guess', 'rb').read())\n"
_COPY = b"import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())\n"


async def guess_of(task: Task, judge: JudgeProgram) -> Guess:
    """The best guess at the tests of `task`.

    With a built-in comparison nothing is run: every answer is tried on every test. With a program of the problem, a
    program that prints the first answer and one that copies its input are judged up to their first failure; then the
    share is at least the one that is told. An interactive problem is not guessed at.
    """
    if task.interactive:
        return Guess()
    if task.validator is not None:
        return await _tried(task, judge)
    names = task.suite.names
    tests = [await task.suite.load(ordinal) for ordinal in range(len(names))]
    short = [_question(task, test) for test in tests if len(test.answer) <= LONGEST_GUESS]
    return best_guess(short, total=len(names))


def _question(task: Task, test: Test) -> Question:
    if task.function is not None:
        by_value = call_comparison(task.function, task.checker)
        return Question(
            copied=test.input.partition(b"\n")[0],
            answer=test.answer,
            accepts=lambda output: by_value.accepts(output, test.answer),
        )
    checker = with_flags(task.checker, test.flags)
    return Question(
        copied=test.input if len(test.input) <= LONGEST_GUESS else b"",
        answer=test.answer,
        accepts=lambda output: difference(output, test.answer, checker) is None,
    )


async def _tried(task: Task, judge: JudgeProgram) -> Guess:
    first = await task.suite.load(0)
    guesses = [await _judged(task, judge, {"main.py": _COPY}, "the input itself")]
    if len(first.answer) <= LONGEST_GUESS:
        files = {"main.py": _PRINT_FILE, "guess": first.answer}
        guesses.append(await _judged(task, judge, files, "always the answer to the first test"))
    return max(guesses, key=lambda guess: guess.share)


async def _judged(task: Task, judge: JudgeProgram, files: dict[str, bytes], text: str) -> Guess:
    report = await judge(SourceProgram(language="python3", files=files, main="main.py"), task)
    passed = sum(result.verdict is Verdict.AC for result in report.results)
    return Guess(share=passed / report.total if report.total else 0.0, text=text)
