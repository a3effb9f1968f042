"""The default render, word for word: a change of it is to be seen in a review.

`UPDATE_GOLDEN=1 make helm` writes it anew.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from .rendering import Object, scenario

GOLDEN = Path(__file__).parent / "golden" / "minimal.yaml"
_DRAWN = "drawn anew at each render"


def _stable(found: Object) -> Object:
    """Without what is random or of the day."""
    if found["kind"] != "Secret":
        return found
    made: dict[str, Any] = {**found, "data": dict.fromkeys(found["data"], _DRAWN)}
    annotations = found["metadata"].get("annotations", {})
    if annotations:
        kept = annotations | {"microcoder.dev/renew-after": _DRAWN}
        made["metadata"] = {**found["metadata"], "annotations": kept}
    return made


def test_the_default_render() -> None:
    text = yaml.safe_dump_all([_stable(found) for found in scenario("minimal")], sort_keys=True, width=120)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == text
