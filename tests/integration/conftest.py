"""What tests of several packages share."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def shared() -> Path:
    """Third-party data beside the repository, which nothing in it needs; skips where it is not there."""
    path = Path(os.environ.get("MICROCODER_SHARED") or Path(__file__).parents[3] / "shared")
    if not (path / "data").is_dir():
        pytest.skip(f"needs the data sets in {path}; MICROCODER_SHARED names another folder")
    return path
