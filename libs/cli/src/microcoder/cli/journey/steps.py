"""The journey: import, prove, score, calibrate, release, train, evaluate. What is there already is not done again."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from microcoder.cli.commands import evaluating, problems, scoring, training
from microcoder.cli.connect import SHORT_S, Clients
from microcoder.cli.journey.plan import JourneyPlan
from microcoder.cli.journey.settle import wait_settled
from microcoder.cli.output import Say
from microcoder.core.errors import FailedPrecondition
from microcoder.core.evaluation import EvaluationSpec
from microcoder.core.training import TrainingSpec
from microcoder.v1 import (
    difficulty_pb2,
    evaluation_pb2,
    evaluator_service_pb2,
    normalizer_service_pb2,
    release_pb2,
    scorer_service_pb2,
    source_pb2,
    trainer_service_pb2,
    training_pb2,
)
from microcoder.v1.run_pb2 import RUN_STATE_SUCCEEDED
from microcoder.wire import to_proto

_PAGE = 500
MIN_CALIBRATION_PROBLEMS = 4
"""Fewer scored problems say nothing about a curve, and the scorer refuses them."""


@dataclass(slots=True, kw_only=True)
class Journey:
    """What a journey brought, filled in as it goes."""

    imported: source_pb2.ImportRun = field(default_factory=source_pb2.ImportRun)
    funnel: normalizer_service_pb2.GetFunnelResponse = field(default_factory=normalizer_service_pb2.GetFunnelResponse)
    problems: list[normalizer_service_pb2.ProblemSummary] = field(default_factory=list)
    calibration: difficulty_pb2.Calibration = field(default_factory=difficulty_pb2.Calibration)
    release: release_pb2.Release = field(default_factory=release_pb2.Release)
    release_dir: Path = Path()
    run: training_pb2.TrainingRun = field(default_factory=training_pb2.TrainingRun)
    metrics: list[training_pb2.MetricPoint] = field(default_factory=list)
    before: evaluation_pb2.EvaluationRun = field(default_factory=evaluation_pb2.EvaluationRun)
    after: evaluation_pb2.EvaluationRun = field(default_factory=evaluation_pb2.EvaluationRun)
    changed: bool = False
    """False where everything was there already."""


Collect = Callable[[Clients, Journey, Say], Awaitable[None]]
"""Fills in `imported` of a journey."""


async def travel(
    clients: Clients, plan: JourneyPlan, state_dir: Path, say: Say, *, collect: Collect | None = None
) -> Journey:
    """Goes the whole way and tells each step.

    Args:
        clients: Of a running platform.
        plan: Sizes, and the packages to import.
        state_dir: Folder for the release's files.
        say: Tells a step.
        collect: Where problems come from, instead of an import of the plan's packages.

    Raises:
        FailedPrecondition: A step has nothing to work on, or failed; the message says which and why.
    """
    journey = Journey()
    # The untrained model needs nothing of what the LLM and the judge are busy with until the release is cut. It must
    # be done before training starts: both hold a model in memory.
    before = asyncio.create_task(_evaluate_untrained(clients, plan, say))
    try:
        await (collect or functools.partial(_import, plan))(clients, journey, say)
        await _settle(clients, journey, say)
        await _calibrate(clients, plan, journey, say)
        await _release(clients, plan, journey, state_dir, say)
        journey.before, new = await before
    finally:
        before.cancel()
    journey.changed |= new
    await _train(clients, plan, journey, say)
    await _evaluate_trained(clients, plan, journey, say)
    return journey


async def _import(plan: JourneyPlan, clients: Clients, journey: Journey, say: Say) -> None:
    journey.imported = await problems.import_and_wait(clients, plan.path, plan.source)
    say(f"Import: {problems.import_line(journey.imported)}")
    if journey.imported.state != RUN_STATE_SUCCEEDED and not journey.imported.problem_ids:
        raise FailedPrecondition(f"Nothing could be imported: {journey.imported.message}")
    journey.changed |= bool(journey.imported.new_problems or journey.imported.changed_problems)


async def _settle(clients: Clients, journey: Journey, say: Say) -> None:
    """Waits until the pipeline has done what it can with the imported problems, and reads what became of them."""
    ids = list(journey.imported.problem_ids)
    journey.funnel = await wait_settled(clients, ids, lambda funnel: say(f"Pipeline: {_funnel_line(funnel)}"))
    request = normalizer_service_pb2.ListProblemsRequest(page_size=_PAGE, problem_ids=ids)
    journey.problems = list((await clients.normalizer.ListProblems(request, timeout=SHORT_S)).problems)


def _funnel_line(funnel: normalizer_service_pb2.GetFunnelResponse) -> str:
    stages = ("collected", "normalized", "verified", "scored")
    parts = [f"{funnel.reached.get(stage, 0)} {stage}" for stage in stages]
    return ", ".join([*parts, f"{sum(funnel.rejected.values())} rejected"])


async def _calibrate(clients: Clients, plan: JourneyPlan, journey: Journey, say: Say) -> None:
    scored = sum(problem.HasField("overall") for problem in journey.problems)
    if scored < MIN_CALIBRATION_PROBLEMS:
        say(f"Calibration: left out, {scored} scored problems are too few; the default boundaries hold")
        return
    spec = plan.calibration()
    wanted = to_proto(spec, difficulty_pb2.CalibrationSpec)
    listing = scorer_service_pb2.ListCalibrationsRequest(page_size=_PAGE)
    answer = await clients.scorer.ListCalibrations(listing, timeout=SHORT_S)
    known = next((c for c in answer.calibrations if c.state == RUN_STATE_SUCCEEDED and c.spec == wanted), None)
    if known is not None and not journey.changed:
        journey.calibration = known
        say(f"Calibration: {known.id} is there already")
        return
    journey.calibration = await scoring.calibrate_and_wait(clients, spec)
    journey.changed = True
    attempts = sum(item.attempts for item in journey.calibration.items)
    passed = sum(item.passed for item in journey.calibration.items)
    say(f"Calibration: {passed} of {attempts} attempts on {len(journey.calibration.items)} problems pass")


async def _release(clients: Clients, plan: JourneyPlan, journey: Journey, state_dir: Path, say: Say) -> None:
    policy = plan.policy(journey.imported.source, journey.calibration.id)
    journey.release, created = await scoring.cut_release(clients, policy)
    journey.changed |= created
    journey.release_dir = state_dir / "releases" / journey.release.id
    await scoring.fetch_release(clients, journey.release, journey.release_dir)
    said = "new" if created else "there already, byte for byte"
    say(f"Release: {journey.release.id}, {len(journey.release.problem_ids)} problems ({said})")


async def _train(clients: Clients, plan: JourneyPlan, journey: Journey, say: Say) -> None:
    spec = plan.training(journey.release.id)
    known = await _known_training(clients, spec)
    if known is None:
        started = await training.start_run(clients, spec)
        journey.run = await training.follow_run(clients, started.id)
        journey.changed = True
        say(f"Training: {journey.run.progress.done} steps, reward of the last {journey.run.mean_reward:.3f}")
    else:
        journey.run = known
        say(f"Training: {known.id} is there already")
    journey.metrics = await training.list_metrics(clients, journey.run.id)


async def _known_training(clients: Clients, spec: TrainingSpec) -> training_pb2.TrainingRun | None:
    wanted = to_proto(spec, training_pb2.TrainingSpec)
    request = trainer_service_pb2.ListTrainingRunsRequest(page_size=_PAGE)
    answer = await clients.trainer.ListTrainingRuns(request, timeout=SHORT_S)
    return next(
        (r for r in answer.training_runs if r.state == RUN_STATE_SUCCEEDED and r.spec == wanted and r.trained_model),
        None,
    )


async def _evaluate_untrained(
    clients: Clients, plan: JourneyPlan, say: Say
) -> tuple[evaluation_pb2.EvaluationRun, bool]:
    return await _evaluation(clients, plan.evaluation(plan.model), "before", say, progress=False)


async def _evaluate_trained(clients: Clients, plan: JourneyPlan, journey: Journey, say: Say) -> None:
    spec = plan.evaluation(journey.run.trained_model, training_release_id=journey.release.id)
    journey.after, new = await _evaluation(clients, spec, "after", say)
    journey.changed |= new


async def _evaluation(
    clients: Clients, spec: EvaluationSpec, when: str, say: Say, *, progress: bool = True
) -> tuple[evaluation_pb2.EvaluationRun, bool]:
    """The run of `spec`, and whether it is new."""
    wanted = to_proto(spec, evaluation_pb2.EvaluationSpec)
    request = evaluator_service_pb2.ListEvaluationRunsRequest(page_size=_PAGE)
    answer = await clients.evaluator.ListEvaluationRuns(request, timeout=SHORT_S)
    for known in answer.evaluation_runs:
        if known.state == RUN_STATE_SUCCEEDED and known.spec == wanted:
            say(f"Evaluation {when} training: {known.id} is there already")
            return known, False
    started = await evaluating.start_run(clients, spec)
    done = await evaluating.follow_run(clients, started.id, progress=progress)
    say(f"Evaluation {when} training: {evaluating.headline(done)}")
    return done, True
