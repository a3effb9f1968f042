"""What a person reads at the end of a journey."""

from typing import Any

from rich.console import RenderableType

from microcoder.cli.commands.evaluating import result_table
from microcoder.cli.commands.problems import problem_table
from microcoder.cli.commands.training import metrics_table
from microcoder.cli.journey.steps import Journey
from microcoder.cli.output import as_dict, enum_name, shown, table

_STAGES = ("collected", "normalized", "verified", "scored", "released")


def summary(journey: Journey) -> list[RenderableType]:
    """Funnel, difficulty, release, reward per step, evaluation."""
    return [
        _funnel(journey),
        problem_table("\nProblems", journey.problems),
        _difficulty(journey),
        f"\n[bold]Release[/] {journey.release.id}: {shown(str(journey.release_dir))}",
        metrics_table(journey.metrics),
        _evaluation(journey),
    ]


def next_steps(journey: Journey) -> RenderableType:
    """Commands that a person may want then, on this machine."""
    example = next((p.problem_id for p in journey.problems if p.HasField("overall")), "PROBLEM")
    return (
        "\n[bold]Next[/]\n"
        "  microcoder up                         keep the platform running\n"
        f"  microcoder trace {example}   one problem's way from its source to the sample\n"
        f"  microcoder show {example}    statement, proof, difficulty\n"
        f"  microcoder train samples {journey.run.id}   what the model wrote in training\n"
        "  microcoder run --source PATH          the same on your own packages\n"
    )


def as_json(journey: Journey) -> dict[str, Any]:
    """The same for programs."""
    return {
        "changed": journey.changed,
        "import": as_dict(journey.imported),
        "funnel": as_dict(journey.funnel),
        "problems": [as_dict(item) for item in journey.problems],
        "calibration": as_dict(journey.calibration),
        "release": as_dict(journey.release),
        "release_folder": str(journey.release_dir),
        "training": as_dict(journey.run),
        "metrics": [as_dict(point) for point in journey.metrics],
        "evaluation_before": as_dict(journey.before),
        "evaluation_after": as_dict(journey.after),
    }


def _funnel(journey: Journey) -> RenderableType:
    rows: list[list[object]] = [["found", len(journey.imported.problem_ids) + len(journey.imported.skipped)]]
    rows += [[stage, journey.funnel.reached.get(stage, 0)] for stage in _STAGES[:-1]]
    rows.append(["released", len(journey.release.problem_ids)])
    rows += [[f"rejected: {reason}", count] for reason, count in sorted(journey.funnel.rejected.items())]
    return table("\nFunnel", ["stage", "problems#"], rows)


def _difficulty(journey: Journey) -> RenderableType:
    measured = {item.problem_id: item for item in journey.calibration.items}
    scored = sorted((p for p in journey.problems if p.HasField("overall")), key=lambda p: p.overall)
    rows = []
    for problem in scored:
        item = measured.get(problem.problem_id)
        tried = f"{item.passed}/{item.attempts}" if item else ""
        rows.append([problem.problem_id, f"{problem.overall:.2f}", enum_name(problem, "level"), tried])
    title = (
        f"\nDifficulty: predicted by {shown(journey.calibration.scorer)}, tried by {shown(journey.calibration.model)}"
    )
    return table(title, ["problem", "predicted#", "level", "passed#"], rows)


def _evaluation(journey: Journey) -> RenderableType:
    before = {(c.platform, c.level, c.k): c for c in journey.before.table}
    rows = []
    for cell in journey.after.table:
        was = before.get((cell.platform, cell.level, cell.k))
        rows.append(
            [
                cell.platform,
                cell.level,
                cell.items,
                f"pass@{cell.k}",
                f"{was.value:.0%} ({was.low:.0%} to {was.high:.0%})" if was else "",
                f"{cell.value:.0%} ({cell.low:.0%} to {cell.high:.0%})",
            ]
        )
    columns = ["platform", "level", "items#", "", "before (95 %)", "after (95 %)"]
    return table("\nEvaluation on unseen items", columns, rows) if rows else result_table(journey.after)
