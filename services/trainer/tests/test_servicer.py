"""The service over a real channel."""

from typing import Any

import pytest
import yaml

from microcoder.core.clock import utc_now
from microcoder.core.errors import FailedPrecondition, InvalidArgument, NotFound
from microcoder.core.run import RunState
from microcoder.core.training import TrainingRun, TrainingSpec
from microcoder.rpc import Registration
from microcoder.testing.builders import make_metric_point, make_sample_completion, make_training_run
from microcoder.trainer.domain.cluster.site import Site
from microcoder.trainer.servicer import TrainerServicer
from microcoder.v1 import trainer_service_pb2 as pb
from microcoder.v1 import training_pb2
from microcoder.v1.trainer_service_pb2_grpc import TrainerStub, add_TrainerServicer_to_server
from microcoder.wire import from_proto, to_proto

T = 10.0


@pytest.fixture
async def stub(bench: Any, serve: Any, announcer: Any) -> Any:
    servicer = TrainerServicer(
        bench.store, bench.launcher, bench.supervisor, announce=announcer, clock=utc_now, site=Site()
    )
    add = add_TrainerServicer_to_server
    channel = await serve([Registration(full_name="microcoder.v1.Trainer", add=add, servicer=servicer)])
    return TrainerStub(channel)


async def create(stub: Any, spec: TrainingSpec) -> TrainingRun:
    request = pb.CreateTrainingRunRequest(spec=to_proto(spec, training_pb2.TrainingSpec))
    return from_proto((await stub.CreateTrainingRun(request, timeout=T)).training_run, TrainingRun)


async def get(stub: Any, run_id: str) -> TrainingRun:
    answer = await stub.GetTrainingRun(pb.GetTrainingRunRequest(run_id=run_id), timeout=T)
    return from_proto(answer.training_run, TrainingRun)


async def test_a_run_is_created_pending_and_announced(stub: Any, bench: Any) -> None:
    spec = await bench.spec(lora_rank=8)
    run = await create(stub, spec)
    assert (run.state, run.spec, run.progress.total) == (RunState.PENDING, spec, 10)
    assert await get(stub, run.id) == run
    ((_, events),) = await bench.store.training_runs.pending_outbox()
    assert [event.value for event in events] == [b"pending"]


async def test_what_is_not_there_is_named(stub: Any, bench: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await create(stub, TrainingSpec(release_id="none", model="/no/model"))
    assert set(caught.value.fields) == {"spec.release_id", "spec.model"}
    assert await bench.store.training_runs.count() == 0


async def test_numbers_that_cannot_work_are_named(stub: Any, bench: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await create(stub, await bench.spec(group_size=1))
    assert set(caught.value.fields) == {"spec.group_size"}


async def test_a_manifest_is_rendered_without_starting_anything(stub: Any, bench: Any) -> None:
    spec = to_proto(await bench.spec(), training_pb2.TrainingSpec)
    placement = training_pb2.Placement(gpus=2)
    request = pb.RenderTrainingManifestRequest(spec=spec, placement=placement, name="kinds", owner="ada")
    answer = await stub.RenderTrainingManifest(request, timeout=T)
    (job,) = yaml.safe_load_all(answer.manifest)
    assert job["metadata"]["name"] == answer.run_id
    assert answer.run_id.startswith("kinds-")
    assert await bench.store.training_runs.count() == 0


async def test_wrong_names_and_placements_are_named(stub: Any, bench: Any) -> None:
    request = pb.CreateTrainingRunRequest(
        spec=to_proto(await bench.spec(), training_pb2.TrainingSpec),
        placement=training_pb2.Placement(nodes=-1, memory="much"),
        name="No Name",
    )
    with pytest.raises(InvalidArgument) as caught:
        await stub.CreateTrainingRun(request, timeout=T)
    assert set(caught.value.fields) == {"placement.nodes", "placement.memory", "name"}


async def test_a_run_that_waits_is_cancelled_at_once(stub: Any, bench: Any) -> None:
    run = await create(stub, await bench.spec())
    answer = await stub.CancelTrainingRun(pb.CancelTrainingRunRequest(run_id=run.id), timeout=T)
    assert from_proto(answer.training_run, TrainingRun).state is RunState.CANCELLED


async def test_a_run_is_watched_cancelled_and_resumed(stub: Any, bench: Any) -> None:
    run = await create(stub, await bench.spec())
    await bench.started(run.id)
    await stub.CancelTrainingRun(pb.CancelTrainingRunRequest(run_id=run.id), timeout=T)
    cancelled = await bench.until(run.id, lambda now: now.state.ended)
    assert cancelled.state is RunState.CANCELLED
    bench.plan("finish")
    answer = await stub.ResumeTrainingRun(pb.ResumeTrainingRunRequest(run_id=run.id), timeout=T)
    resumed = from_proto(answer.training_run, TrainingRun)
    assert (resumed.state, resumed.attempt, resumed.cancel_requested) == (RunState.PENDING, 2, False)
    await bench.until(run.id, lambda now: now.state.ended)
    assert (bench.runs_dir / run.id / "arguments").read_text() == f"--run {run.id} --resume"
    watched = [
        from_proto(update.training_run, TrainingRun).state
        async for update in stub.WatchTrainingRun(pb.WatchTrainingRunRequest(run_id=run.id), timeout=T)
    ]
    assert watched == [RunState.SUCCEEDED]


async def test_only_a_failed_or_cancelled_run_is_resumed(stub: Any, bench: Any) -> None:
    await bench.store.training_runs.insert(make_training_run(state=RunState.SUCCEEDED))
    with pytest.raises(FailedPrecondition, match="succeeded"):
        await stub.ResumeTrainingRun(pb.ResumeTrainingRunRequest(run_id="train-000001"), timeout=T)


async def test_cancelling_what_has_ended_changes_nothing(stub: Any, bench: Any) -> None:
    run = make_training_run(state=RunState.FAILED, message="why")
    await bench.store.training_runs.insert(run)
    answer = await stub.CancelTrainingRun(pb.CancelTrainingRunRequest(run_id=run.id), timeout=T)
    assert from_proto(answer.training_run, TrainingRun) == run


async def test_metrics_and_samples_are_listed_by_step_in_pages(stub: Any, bench: Any) -> None:
    await bench.store.training_runs.insert(make_training_run())
    for step in (10, 2, 1):
        await bench.store.training_metrics.put(make_metric_point(step))
        await bench.store.training_samples.put(make_sample_completion(step))
    await bench.store.training_metrics.put(make_metric_point(1, run_id="train-other"))
    first = await stub.ListTrainingMetrics(pb.ListTrainingMetricsRequest(run_id="train-000001", page_size=2), timeout=T)
    rest = await stub.ListTrainingMetrics(
        pb.ListTrainingMetricsRequest(run_id="train-000001", page_token=first.next_page_token), timeout=T
    )
    assert [point.step for point in [*first.points, *rest.points]] == [1, 2, 10]
    samples = await stub.ListTrainingSamples(pb.ListTrainingSamplesRequest(run_id="train-000001"), timeout=T)
    assert [sample.step for sample in samples.samples] == [1, 2, 10]


async def test_what_is_not_known_is_not_found(stub: Any) -> None:
    with pytest.raises(NotFound):
        await get(stub, "train-none")
    with pytest.raises(NotFound):
        await stub.ListTrainingMetrics(pb.ListTrainingMetricsRequest(run_id="train-none"), timeout=T)


async def test_runs_are_listed_newest_first(stub: Any, bench: Any) -> None:
    made = [await create(stub, await bench.spec(seed=seed)) for seed in (1, 2)]
    answer = await stub.ListTrainingRuns(pb.ListTrainingRunsRequest(), timeout=T)
    assert {run.id for run in answer.training_runs} == {run.id for run in made}
    times = [run.created_time.ToDatetime() for run in answer.training_runs]
    assert times == sorted(times, reverse=True)
