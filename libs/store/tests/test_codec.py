from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st

from microcoder.core.errors import FailedPrecondition, InvalidArgument
from microcoder.core.problem import Checker, CheckerKind, FunctionSpec, IoMode
from microcoder.core.source import Feed
from microcoder.core.training import MetricPoint
from microcoder.store.codec import Codec, escape_key, unescape_key
from microcoder.testing import builders

_AS_STORED: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)

_RECORDS = [
    builders.make_problem(),
    builders.make_problem(
        io_mode=IoMode.FUNCTION,
        function=FunctionSpec(entry="Solution.add"),
        checker=Checker(kind=CheckerKind.CUSTOM, program=builders.make_program(), float_absolute=1e-6),
        published_time=None,
    ),
    builders.make_raw_problem(),
    builders.make_contest(),
    builders.make_feed(),
    builders.make_import_run(),
    builders.make_verification(),
    builders.make_prediction(),
    builders.make_calibration(),
    builders.make_release(),
    builders.make_training_run(),
    builders.make_metric_point(),
    builders.make_sample_completion(),
    builders.make_evaluation_run(),
    builders.make_item_result(),
    builders.make_timeline_entry(),
]


def _through_bson(document: dict[str, Any]) -> dict[str, Any]:
    return bson.decode(bson.encode(document), _AS_STORED)


@pytest.mark.parametrize("record", _RECORDS, ids=lambda record: type(record).__name__)
def test_every_record_survives_bson(record: Any) -> None:
    codec = Codec(type(record))
    assert codec.decode(_through_bson(codec.encode(record))) == record


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.floats(allow_nan=False)))
def test_any_metric_name_survives_bson(values: dict[str, float]) -> None:
    codec = Codec(MetricPoint)
    point = builders.make_metric_point(values=values)
    assert codec.decode(_through_bson(codec.encode(point))) == point


@given(st.text())
def test_escaped_keys_mean_no_path_and_no_operator(key: str) -> None:
    name = escape_key(key)
    assert not set(name) & set(".$\0")
    assert unescape_key(name) == key


def test_plain_keys_are_stored_as_they_are() -> None:
    assert escape_key("completions/mean_length") == "completions/mean_length"


def test_the_document_is_what_lists_filter_by() -> None:
    document = Codec(Feed).encode(builders.make_feed(id="f"))
    assert document["_id"] == "f"
    assert "id" not in document
    assert document["schema_version"] == 1


def test_times_keep_their_instant_in_milliseconds_and_come_back_in_utc() -> None:
    east = datetime(2026, 1, 1, 1, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=1)))
    codec = Codec(Feed)
    read = codec.decode(_through_bson(codec.encode(builders.make_feed(created_time=east)))).created_time
    assert read == datetime(2026, 1, 1, 0, 0, 0, 123_000, tzinfo=UTC)
    assert read.tzinfo is UTC


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="time zone"):
        Codec(Feed).encode(builders.make_feed(created_time=datetime(2026, 1, 1)))


def test_a_record_of_another_type_is_refused() -> None:
    codec: Codec[Any] = Codec(Feed)
    with pytest.raises(InvalidArgument, match="Expected a Feed, got a Contest"):
        codec.encode(builders.make_contest())


def test_fields_of_a_newer_version_are_ignored() -> None:
    codec = Codec(Feed)
    assert codec.decode({**codec.encode(builders.make_feed()), "mood": 1, "outbox": []}) == builders.make_feed()


def test_fields_with_defaults_may_be_absent_as_an_older_version_left_them() -> None:
    codec = Codec(Feed)
    document = codec.encode(builders.make_feed())
    del document["etag"], document["schema_version"]
    assert codec.decode(document) == builders.make_feed()


def test_a_newer_schema_is_refused_and_an_older_one_read() -> None:
    document = Codec(Feed, schema_version=2).encode(builders.make_feed())
    with pytest.raises(FailedPrecondition, match=r"Feed 'feed' has schema version 2.*up to 1"):
        Codec(Feed).decode(document)
    assert Codec(Feed, schema_version=3).decode(document) == builders.make_feed()


@pytest.mark.parametrize("damage", [{"created_time": "today"}, {"created_time": None}, {"etag": {"a": 1}}, {"url": 5}])
def test_what_does_not_fit_is_named(damage: dict[str, Any]) -> None:
    document = {**Codec(Feed).encode(builders.make_feed()), **damage}
    with pytest.raises(FailedPrecondition, match=next(iter(damage))) as refused:
        Codec(Feed).decode(document)
    assert refused.value.reason == "UNREADABLE_RECORD"
