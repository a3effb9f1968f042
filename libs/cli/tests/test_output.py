import json
import os
import subprocess
import sys

import pytest
import typer

from microcoder.cli.output import as_dict, enum_name, fail, print_json, run, shown
from microcoder.core.errors import FailedPrecondition, InvalidArgument
from microcoder.v1 import normalizer_service_pb2, timeline_pb2, verdict_pb2


def test_untrusted_text_cannot_paint_or_clear_the_screen() -> None:
    assert "\x1b" not in shown("\x1b[2Jgone")
    assert shown("[bold]x[/]") == r"\[bold]x\[/]"


def test_long_text_is_cut() -> None:
    assert len(shown("x" * 5000, 10)) == 11


def test_enum_names_are_words() -> None:
    summary = normalizer_service_pb2.ProblemSummary(state=timeline_pb2.STAGE_VERIFIED)
    assert enum_name(summary, "state") == "verified"
    assert enum_name(summary, "grade") == ""
    assert enum_name(verdict_pb2.JudgeReport(verdict=verdict_pb2.VERDICT_AC), "verdict") == "ac"


def test_json_shows_zeros_and_proto_names() -> None:
    assert as_dict(normalizer_service_pb2.ProblemSummary(problem_id="p"))["tests"] == "0"


def test_errors_are_one_document_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        fail(FailedPrecondition("not now", reason="NOT_NOW"), as_json=True)
    assert ended.value.exit_code == 1
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "NOT_NOW"


def test_bad_arguments_end_with_two_and_name_the_field(capsys: pytest.CaptureFixture[str]) -> None:
    async def work() -> None:
        raise InvalidArgument("bad request", fields={"max_steps": "must be at least 1"})

    with pytest.raises(typer.Exit) as ended:
        run(work())
    assert ended.value.exit_code == 2
    assert "max_steps: must be at least 1" in capsys.readouterr().err


def test_print_json_keeps_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"title": "Zwölf"})
    assert "Zwölf" in capsys.readouterr().out


@pytest.mark.parametrize(("columns", "whole"), [({}, True), ({"COLUMNS": "80"}, False)])
def test_a_pipe_gets_each_row_on_one_line(columns: dict[str, str], whole: bool) -> None:
    identifier = "kth-challenge-2019." + "x" * 200
    program = f"from microcoder.cli.output import console, table; console.print(table('', ['id'], [['{identifier}']]))"
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**environ, **columns}, capture_output=True, text=True, check=True
    )
    assert (identifier in done.stdout) is whole
