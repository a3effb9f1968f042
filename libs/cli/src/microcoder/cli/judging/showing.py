"""A report for a person: a row per test as it comes, and the first wrong test line by line."""

from collections.abc import Iterator

from rich.markup import escape

from microcoder.cli.output import console, enum_name, notes, shown, table, visible
from microcoder.v1 import verdict_pb2 as pb

_COLOURS = {"AC": "green", "SKIPPED": "dim", "IE": "yellow"}
_BEFORE, _AFTER = 2, 5
_LINE_CHARS = 100
_INPUT_LINES = 8
_MESSAGE_CHARS = 4_000


class LiveRows:
    """Prints results in test order, each as soon as those before it are known."""

    def __init__(self) -> None:
        self._waiting: dict[int, pb.TestResult] = {}
        self._next = 0

    def add(self, result: pb.TestResult) -> None:
        """Takes a result, in any order."""
        if self._next == 0 and not self._waiting:
            console.print(f"[bold]{'test':24} {'verdict':8} {'cpu ms':>8} {'wall ms':>8} {'MiB':>8}[/]")
        self._waiting[result.ordinal] = result
        while self._next in self._waiting:
            _print_row(self._waiting.pop(self._next))
            self._next += 1

    def finish(self, report: pb.JudgeReport) -> None:
        """Prints what is left: tests whose results came only with the report."""
        for result in report.results:
            if result.ordinal >= self._next and result.verdict != pb.VERDICT_SKIPPED:
                self.add(result)
        skipped = sum(result.verdict == pb.VERDICT_SKIPPED for result in report.results)
        if skipped:
            console.print(f"[dim]{skipped} further tests were skipped[/]")


def _print_row(result: pb.TestResult) -> None:
    name = visible(result.name, 24)
    figures = f"{result.cpu_time_ms:>8} {result.wall_time_ms:>8} {result.memory_bytes / 2**20:>8.1f}"
    message = f"  {shown(result.message.splitlines()[0], 80)}" if result.message else ""
    console.print(f"{escape(name.ljust(24))} {_coloured(result, width=8)} {figures}{message}", soft_wrap=True)


def _coloured(message: pb.TestResult | pb.JudgeReport, *, width: int = 0) -> str:
    verdict = enum_name(message, "verdict").upper()
    colour = _COLOURS.get(verdict, "red")
    return f"[{colour}]{verdict.ljust(width)}[/]"


def show_summary(report: pb.JudgeReport) -> None:
    """The verdict in one line, then what helps to understand it."""
    points = f", {report.score:g} points" if report.HasField("score") else ""
    largest = f"at most {report.cpu_time_ms} ms and {report.memory_bytes / 2**20:.1f} MiB a test"
    console.print(
        f"\n[bold]{_coloured(report)}[/]  {report.passed} of {report.total} tests{points}, {largest}"
        f" [dim](judge {shown(report.judge_version)}, {shown(report.tier)})[/]"
    )
    if report.compile_message:
        console.print(f"[bold]The compiler says[/]\n{shown(report.compile_message, _MESSAGE_CHARS)}", soft_wrap=True)
    for result in report.results:
        if result.HasField("detail"):
            show_detail(result)


def show_detail(result: pb.TestResult) -> None:
    """A failed test: its input, and answer and output side by side around the first line that differs."""
    detail = result.detail
    console.print(f"\n[bold]Test {shown(result.name)}[/]: {shown(result.message) or 'failed'}")
    if detail.input:
        lines = _lines(detail.input)
        more = f"\n[dim]… {len(lines) - _INPUT_LINES} more lines[/]" if len(lines) > _INPUT_LINES else ""
        head = "\n".join(shown(line, _LINE_CHARS) for line in lines[:_INPUT_LINES])
        console.print(f"[bold]input[/]\n{head}{more}", soft_wrap=True)
    if result.verdict == pb.VERDICT_WA:
        console.print(table("", ["", "line#", "expected", "got"], list(_side_by_side(result))))
    if detail.error:
        console.print(f"[bold]standard error[/]\n{shown(detail.error.decode('utf-8', 'replace'))}", soft_wrap=True)


def _side_by_side(result: pb.TestResult) -> Iterator[tuple[str, str, str, str]]:
    expected, got = _lines(result.detail.answer), _lines(result.detail.output)
    wrong = _first_wrong_line(result, expected, got)
    last = min(max(len(expected), len(got)), wrong + _AFTER + 1)
    for number in range(max(0, wrong - _BEFORE), last):
        mark = ">" if number == wrong else ""
        yield mark, str(number + 1), _line(expected, number), _line(got, number)


def _first_wrong_line(result: pb.TestResult, expected: list[str], got: list[str]) -> int:
    """From 0: where the judge says that they differ, else the first lines that are not the same."""
    if result.HasField("difference") and result.difference.output_line == result.difference.answer_line > 0:
        return result.difference.output_line - 1
    for number, (wanted, printed) in enumerate(zip(expected, got, strict=False)):
        if wanted.split() != printed.split():
            return number
    return min(len(expected), len(got))


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "backslashreplace").removesuffix("\n").split("\n") if data else []


def _line(lines: list[str], number: int) -> str:
    return visible(lines[number], _LINE_CHARS) if number < len(lines) else "(no such line)"


def note_trouble(report: pb.JudgeReport) -> None:
    """What IE means, for whoever has never seen it."""
    if report.verdict == pb.VERDICT_IE:
        notes.print("[yellow]The judge was in trouble; this says nothing about the program. Try again.[/]")
