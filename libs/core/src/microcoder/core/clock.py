"""The current time, as something that a test can hold still."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the current time, timezone-aware, in UTC."""


def utc_now() -> datetime:
    """The current time in UTC, cut to milliseconds, which is what MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
