"""The manifest of a release: what it was made from, by which rules, and the SHA-256 of every file.

Nothing in it depends on when or where the release was cut: equal inputs give equal bytes, and so the same id.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from microcoder.core.difficulty import Calibration
from microcoder.core.ids import digest_of, slug
from microcoder.core.release import ReleaseFile, ReleasePolicy
from microcoder.scorer.domain.selection import Selected, Selection

FORMAT_VERSION = 1
"""Counts changes of columns, files or manifest that a reader has to know."""
MANIFEST_PATH = "manifest.json"


def manifest_bytes(
    selection: Selection,
    policy: ReleasePolicy,
    files: Sequence[ReleaseFile],
    *,
    writer: str,
    calibration: Calibration | None,
) -> bytes:
    """The manifest as UTF-8 JSON.

    Args:
        selection: What goes in.
        policy: By which rules.
        files: All other files.
        writer: Name and version of what wrote the Parquet; another one may write other bytes for the same rows.
        calibration: What the policy names.
    """
    content = {
        "format_version": FORMAT_VERSION,
        "name": policy.name,
        "policy": plain(asdict(policy)),
        "writer": writer,
        "files": [asdict(file) for file in files],
        "counts": {"problems": len(selection.selected), "levels": selection.level_counts},
        "excluded": selection.excluded,
        "calibration": _calibration(calibration),
        "inputs": [_input(item) for item in selection.selected],
    }
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def release_id(policy: ReleasePolicy, manifest: bytes) -> str:
    """The release's id, see `Release.id`."""
    return f"{slug(policy.name)}-{digest_of(manifest)[:12]}"


def plain(value: Any) -> Any:
    """`value` in what JSON has: times in ISO 8601, enum members as their values, tuples as lists."""
    match value:
        case datetime():
            return value.isoformat()
        case Enum():
            return value.value
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case tuple() | list():
            return [plain(item) for item in value]
        case _:
            return value


def _calibration(calibration: Calibration | None) -> dict[str, Any] | None:
    if calibration is None:
        return None
    return {
        "id": calibration.id,
        "model": calibration.model,
        "scorer": calibration.scorer,
        "easy_below": calibration.easy_below,
        "hard_above": calibration.hard_above,
    }


def _input(item: Selected) -> dict[str, Any]:
    return {
        "problem_id": item.problem.id,
        "revision": item.problem.revision,
        "statement_digest": item.problem.statement_digest,
        "suite_digest": item.problem.suite.digest,
        "raw_digest": item.problem.raw_digest,
        "grade": item.verification.grade.value,
        "scorer": item.prediction.scorer,
        "prompt_digest": item.prediction.prompt_digest,
        "overall": item.prediction.overall,
    }
