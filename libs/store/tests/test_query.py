from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microcoder.core.errors import InvalidArgument
from microcoder.core.run import RunState
from microcoder.store.query import BY_ID, NEWEST_FIRST, PageToken, both, to_filter

_FIELDS = frozenset({"id", "state", "limits", "created_time"})


def test_conditions_become_equality_and_membership() -> None:
    where = {"state": RunState.RUNNING, "limits.cpu_time_ms": [1, 2], "id": ("a",)}
    query = to_filter(where, _FIELDS)
    assert query == {"state": {"$eq": "running"}, "limits.cpu_time_ms": {"$in": [1, 2]}, "_id": {"$in": ["a"]}}
    assert to_filter(None, _FIELDS) == {}


@pytest.mark.parametrize("where", [{"_id": "a"}, {"$where": "x"}, {"": 1}, {"state": {"$gt": ""}}, {"x.state": 1}])
def test_what_is_no_condition_is_refused(where: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        to_filter(where, _FIELDS)


def test_both_leaves_out_what_says_nothing() -> None:
    assert both({}, {}) == {}
    assert both({"a": 1}, {}) == {"a": 1}
    assert both({}, {"b": 1}) == {"b": 1}
    assert both({"a": 1}, {"a": 2}) == {"$and": [{"a": 1}, {"a": 2}]}


def test_after_a_position_means_behind_it_by_every_prefix() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert BY_ID.after(["m"]) == {"_id": {"$gt": "m"}}
    assert NEWEST_FIRST.after([now, "m"]) == {
        "$or": [{"created_time": {"$lt": now}}, {"created_time": now, "_id": {"$lt": "m"}}]
    }


def test_a_token_leads_back_to_its_position() -> None:
    now = datetime(2026, 1, 1, 1, 2, 3, 4000, tzinfo=UTC)
    token = PageToken("imports", {}, NEWEST_FIRST)
    text = token.encode({"_id": "ä/1", "created_time": now})
    assert token.decode(text) == NEWEST_FIRST.after([now, "ä/1"])
    assert token.decode("") == {}
    assert text.isascii()


@given(st.text(min_size=1, max_size=80))
def test_no_foreign_text_is_a_token(text: str) -> None:
    with pytest.raises(InvalidArgument):
        PageToken("imports", {}, NEWEST_FIRST).decode(text)
