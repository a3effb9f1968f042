"""A small real service, for tests of the process that it runs in: `python sample_service.py`."""

import asyncio
from typing import Any

from pydantic import SecretStr

from microcoder.config import Group
from microcoder.core.errors import InvalidArgument, Unavailable
from microcoder.core.timeline import Stage
from microcoder.host import Parts, Runtime, ServiceSettings, main
from microcoder.rpc import Registration
from microcoder.testing.builders import make_raw_problem
from microcoder.v1 import events_pb2
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, add_JudgeServicer_to_server
from microcoder.wire import Topic


class SampleSettings(Group):
    """What a test wants of the service."""

    crash_after_s: float = 0.0
    """When its task raises a bug; 0 for never."""
    flaky: bool = False
    """Whether its task fails twice with a retryable error."""
    secret_token: SecretStr = SecretStr("")
    """Never to be seen."""


class Settings(ServiceSettings):
    """Of the sample."""

    sample: SampleSettings = SampleSettings()


class Sample(JudgeServicer):
    """Does what the language of the submission says."""

    def __init__(self, runtime: Runtime[Settings]) -> None:
        self._runtime = runtime

    async def JudgeSubmission(  # noqa: N802
        self, request: pb.JudgeSubmissionRequest, context: Any
    ) -> pb.JudgeSubmissionResponse:
        match request.submission.language:
            case "slow":
                await asyncio.sleep(1.0)
            case "endless":
                await asyncio.sleep(600)
            case "wrong":
                raise InvalidArgument("There is no language wrong", fields={"language": "unknown"})
            case "bug":
                raise KeyError("internal detail")
            case "collect":
                raw = make_raw_problem(id=request.submission.problem_id)
                collected = events_pb2.ProblemCollected(problem_id=raw.id, revision=raw.revision)
                await self._runtime.store.raw_problems.put(raw, outbox=[self._runtime.outbox(collected)])
        return pb.JudgeSubmissionResponse()


async def build(runtime: Runtime[Settings]) -> Parts:
    settings = runtime.settings.sample
    failures = 0

    async def handle(event: events_pb2.Event) -> None:
        collected = event.problem_collected
        await runtime.note(collected.problem_id, collected.revision, Stage.COLLECTED, "came by the bus")

    async def task() -> None:
        nonlocal failures
        if settings.flaky and failures < 2:
            failures += 1
            raise Unavailable("not yet")
        if settings.crash_after_s:
            await asyncio.sleep(settings.crash_after_s)
            raise ZeroDivisionError("a bug in a task")

    servicer = Sample(runtime)  # type: ignore[abstract]  # what is not asked for stays unimplemented
    return Parts(
        servicers=[Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)],
        workers=[runtime.worker(group="sample", topics=[Topic.PROBLEM_COLLECTED], handle=handle)],
        tasks=[task],
        outboxes=[runtime.store.raw_problems],
    )


if __name__ == "__main__":
    main("sample", Settings, build)
