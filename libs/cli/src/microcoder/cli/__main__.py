"""`microcoder`: one command for a person.

It talks to the services over gRPC; only `up`, `doctor` and `dlq` touch the machine and the bus.
"""

import typer

from microcoder.cli.commands import dlq, evaluating, journey, judging, platform, problems, scoring, training

app = typer.Typer(
    name="microcoder",
    help="From a programming contest to an evaluated model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_RUNNING = "The platform"
_PROBLEMS = "Problems"
_MODELS = "Models"

app.command("demo", rich_help_panel=_RUNNING)(journey.demo)
app.command("run", rich_help_panel=_RUNNING)(journey.run_path)
app.command("up", rich_help_panel=_RUNNING)(platform.up)
app.command("status", rich_help_panel=_RUNNING)(platform.status)
app.command("doctor", rich_help_panel=_RUNNING)(platform.doctor)
app.add_typer(dlq.app, name="dlq", rich_help_panel=_RUNNING)

app.command("import", rich_help_panel=_PROBLEMS)(problems.import_path)
app.add_typer(problems.feed_app, name="feed", rich_help_panel=_PROBLEMS)
app.command("problems", rich_help_panel=_PROBLEMS)(problems.problems)
app.command("show", rich_help_panel=_PROBLEMS)(problems.show)
app.command("trace", rich_help_panel=_PROBLEMS)(problems.trace)
app.command("judge", rich_help_panel=_PROBLEMS)(judging.judge)

app.command("score", rich_help_panel=_MODELS)(scoring.score)
app.command("calibrate", rich_help_panel=_MODELS)(scoring.calibrate)
app.add_typer(scoring.release_app, name="release", rich_help_panel=_MODELS)
app.add_typer(training.app, name="train", rich_help_panel=_MODELS)
app.add_typer(evaluating.app, name="eval", rich_help_panel=_MODELS)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
