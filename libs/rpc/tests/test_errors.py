"""Every domain error survives the way over the wire; what nobody raised on purpose does not leak."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from microcoder.core import errors
from microcoder.rpc import Registration
from microcoder.testing.grpc import Serve
from microcoder.v1 import errors_pb2
from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1.judge_service_pb2_grpc import JudgeServicer, JudgeStub, add_JudgeServicer_to_server

RAISED = [
    errors.InvalidArgument("bad", fields={"source": "is empty", "language": "unknown: ü"}),
    errors.NotFound("no problem x", metadata={"problem_id": "x"}),
    errors.AlreadyExists("taken"),
    errors.FailedPrecondition("the run has ended", reason="CONTAMINATED"),
    errors.ResourceExhausted("full", retry_after_s=2.5),
    errors.Unavailable("mongod is away"),
    errors.DeadlineExceeded("too slow"),
    errors.PermissionDenied("not yours"),
    errors.DataLoss("bytes do not match"),
]


class Raising(JudgeServicer):
    """Raises what it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def GetCapabilities(self, request: pb.GetCapabilitiesRequest, context: Any) -> pb.GetCapabilitiesResponse:  # noqa: N802
        raise self.error

    async def StreamSubmission(  # noqa: N802
        self, request: pb.StreamSubmissionRequest, context: Any
    ) -> AsyncIterator[pb.StreamSubmissionResponse]:
        yield pb.StreamSubmissionResponse()
        raise self.error


def raising(error: Exception) -> list[Registration]:
    servicer = Raising(error)  # type: ignore[abstract]  # what is not asked for stays unimplemented
    return [Registration(full_name="microcoder.v1.Judge", add=add_JudgeServicer_to_server, servicer=servicer)]


async def caught(serve: Serve, error: Exception) -> errors.MicrocoderError:
    stub = JudgeStub(await serve(raising(error)))
    with pytest.raises(errors.MicrocoderError) as unary:
        await stub.GetCapabilities(pb.GetCapabilitiesRequest(), timeout=5)
    stream = aiter(stub.StreamSubmission(pb.StreamSubmissionRequest(), timeout=5))
    assert await anext(stream) == pb.StreamSubmissionResponse()
    with pytest.raises(errors.MicrocoderError) as streamed:
        await anext(stream)
    assert type(unary.value) is type(streamed.value)
    assert unary.value.reason == streamed.value.reason
    return unary.value


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
async def test_round_trip(serve: Serve, error: errors.MicrocoderError) -> None:
    got = await caught(serve, error)
    assert type(got) is type(error)
    assert (got.message, got.reason, got.metadata) == (error.message, error.reason, error.metadata)
    assert getattr(got, "fields", None) == getattr(error, "fields", None)
    assert getattr(got, "retry_after_s", None) == getattr(error, "retry_after_s", None)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_reasons_are_declared_in_the_contract(error: errors.MicrocoderError) -> None:
    assert f"ERROR_REASON_{error.reason}" in list(errors_pb2.ErrorReason.keys())


async def test_a_bug_is_internal_and_tells_nothing_but_where_to_look(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    got = await caught(serve, ValueError("mongodb://user:secret@host"))
    assert got.reason == "INTERNAL"
    assert not got.retryable
    assert "secret" not in got.message
    assert got.metadata["request_id"] in got.message
    assert "ValueError: mongodb://user:secret@host" in caplog.text  # the log's own scrubbing is telemetry's


async def test_a_subclass_travels_as_its_parent(serve: Serve) -> None:
    class NoSuchBlob(errors.NotFound):
        pass

    got = await caught(serve, NoSuchBlob("gone"))
    assert type(got) is errors.NotFound
    assert got.reason == "NO_SUCH_BLOB"


async def test_endless_texts_are_cut_and_arrive(serve: Serve) -> None:
    fields = {f"field{i}": "ü" * 5000 for i in range(100)}
    got = await caught(serve, errors.InvalidArgument("ü" * 100_000, fields=fields))
    assert isinstance(got, errors.InvalidArgument)
    assert got.message.startswith("üüü")
    assert got.message.endswith("…")
    assert 0 < len(got.fields) < 100
