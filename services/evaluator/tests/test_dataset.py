import gzip
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from microcoder.core.evaluation import EvaluationSpec
from microcoder.evaluator.adapters.dataset import dataset_digest, read_items
from microcoder.evaluator.domain.encoding import hidden_tests
from microcoder.evaluator.domain.items import DatasetError
from microcoder.evaluator.domain.selection import describe, select

SAMPLE = Path(__file__).parents[3] / "examples" / "evaluation" / "items.jsonl"
LIMIT = 10_000_000


def spec(**fields: Any) -> EvaluationSpec:
    return EvaluationSpec(dataset=str(SAMPLE), **fields)


def ids(**fields: Any) -> list[str]:
    return [item.id for item in select(read_items(SAMPLE, max_bytes=LIMIT), spec(**fields))]


def test_the_sample_set_is_read_with_its_hidden_tests() -> None:
    items = list(read_items(SAMPLE, max_bytes=LIMIT))
    assert len(items) == 12
    assert {item.platform for item in items} == {"sample-a", "sample-b"}
    assert {item.level for item in items} == {"easy", "medium", "hard"}
    assert all(len(hidden_tests(item.encoded_tests)) >= 3 for item in items)
    assert {item.function.entry for item in items if item.function} >= {"Solution.moneyNow", "uniqueNames"}


def test_filters() -> None:
    assert len(ids()) == 12
    assert ids(platforms=("Sample-B",), levels=("hard",)) == ["sample_b5"]
    assert len(ids(max_items=3)) == 3
    may = datetime(2026, 5, 15, tzinfo=UTC)
    assert ids(published_from=may, published_to=may) == ["sample_a7", "sample_b4"]
    assert ids(platforms=("codeforces",)) == []


def test_a_set_is_described_for_a_person() -> None:
    text = describe(read_items(SAMPLE, max_bytes=LIMIT))
    assert "12 items, 12 of them with tests" in text
    assert "platforms sample-a, sample-b" in text
    assert "2026-01-15 to 2026-06-15" in text
    assert describe([]).startswith("0 items")


def test_gzip_is_read_and_the_digest_is_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl.gz"
    path.write_bytes(gzip.compress(SAMPLE.read_bytes()))
    assert len(list(read_items(path, max_bytes=LIMIT))) == 12
    assert dataset_digest(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_broken_files_are_named(tmp_path: Path) -> None:
    good = SAMPLE.read_text().splitlines()
    cases = {
        "missing.jsonl": (None, "cannot be read: No such file"),
        "cut.jsonl.gz": (gzip.compress(SAMPLE.read_bytes())[:-100], "cannot be read"),
        "plain.jsonl.gz": (SAMPLE.read_bytes(), "cannot be read: Not a gzipped file"),
        "latin.jsonl": (good[0].encode() + b"\n\xff\n", "line 2: is not UTF-8 at byte 0"),
        "twice.jsonl": (
            f"{good[0]}\n\n{good[0]}\n".encode(),
            "line 3, field question_id: 'sample_a1' is also on line 1",
        ),
    }
    for name, (content, problem) in cases.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DatasetError, match=problem):
            list(read_items(path, max_bytes=LIMIT))


def test_a_set_that_is_too_large_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps({"question_id": "x"}) + " " * 5_000_000 + "\n").encode()))
    with pytest.raises(DatasetError, match="too large"):
        list(read_items(path, max_bytes=1_000_000))
