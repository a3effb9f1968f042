import pytest
from bson.errors import InvalidDocument
from pymongo import errors as driver

from microcoder.core import errors as core
from microcoder.store.errors import brief, translated

_DUPLICATE = driver.DuplicateKeyError("E11000", 11000, {"keyPattern": {"filename": 1}})


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (driver.AutoReconnect("connection closed"), core.Unavailable),
        (driver.ServerSelectionTimeoutError("refused"), core.Unavailable),
        (driver.NotPrimaryError("not primary"), core.Unavailable),
        (driver.NetworkTimeout("timed out"), core.Unavailable),
        (driver.WaitQueueTimeoutError("pool"), core.Unavailable),
        (driver.WTimeoutError("waiting for replication", 64, {}), core.Unavailable),
        (driver.WriteConcernError("shutdown", 91, {}), core.Unavailable),
        (driver.ExecutionTimeout("time limit", 50, {}), core.Unavailable),
        (driver.CursorNotFound("gone", 43, {}), core.Unavailable),
        (_DUPLICATE, core.AlreadyExists),
        (driver.DocumentTooLarge("17 MiB"), core.InvalidArgument),
        (driver.WriteError("resulting document too large", 17419, {}), core.InvalidArgument),
        (InvalidDocument("cannot encode object"), core.InvalidArgument),
        (OverflowError("int too large"), core.InvalidArgument),
        (driver.OperationFailure("auth failed", 18), core.PermissionDenied),
        (driver.OperationFailure("not authorized", 13), core.PermissionDenied),
        (driver.OperationFailure("index options", 85), core.FailedPrecondition),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_driver_errors_become_core_errors(raised: Exception, expected: type[core.MicrocoderError]) -> None:
    with pytest.raises(expected, match=r"^Writing feeds/a: ") as told, translated("Writing feeds/a"):
        raise raised
    assert type(told.value) is expected
    assert told.value.__cause__ is raised


def test_the_field_that_is_taken_is_named() -> None:
    with pytest.raises(core.AlreadyExists, match="same filename"), translated("x"):
        raise _DUPLICATE


@pytest.mark.parametrize("bug", [driver.OperationFailure("unknown operator", 2), KeyError("x")])
def test_bugs_surface_as_they_are(bug: Exception) -> None:
    with pytest.raises(type(bug)) as told, translated("x"):
        raise bug
    assert told.value is bug


def test_long_texts_are_cut_and_put_on_one_line() -> None:
    text = brief(Exception("a\nb" + "c" * 1000 + ", Topology Description: <...>"))
    assert text.startswith("a bccc")
    assert len(text) == 301
    assert brief(Exception("refused, Topology Description: <secret>")) == "refused"
