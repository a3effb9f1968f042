"""The options that describe a training run."""

from typing import Annotated

import typer
from typer.testing import CliRunner

from microcoder.cli.commands.training_options import Asked, describes_run
from microcoder.core.training import Algorithm


def asked_by(*words: str) -> tuple[Asked, str]:
    """What a command with an option of its own gets."""
    got: list[tuple[Asked, str]] = []
    app = typer.Typer()

    @app.command()
    @describes_run
    def command(asked: Asked, own: Annotated[str, typer.Option("--own")] = "default") -> None:
        got.append((asked, own))

    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return got[0]


def test_what_is_not_said_has_its_default() -> None:
    assert asked_by("--release", "r") == (Asked(release="r"), "default")
    assert not Asked(release="r").placement().HasField("gpus")


def test_options_of_the_run_and_of_the_command() -> None:
    asked, own = asked_by("--release", "r", "--algorithm", "gspo", "--gpus", "0", "--cpu", "500m", "--own", "x")
    assert (asked.algorithm, asked.gpus, own) == (Algorithm.GSPO, 0, "x")
    placement = asked.placement()
    assert (placement.gpus, placement.HasField("gpus"), placement.cpu) == (0, True, "500m")
