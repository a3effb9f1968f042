"""Makes a log record safe: no secrets, no control characters, no endless text."""

import re
from collections.abc import Mapping
from typing import Any

from structlog.typing import EventDict, WrappedLogger

from microcoder.config import REDACTED, is_secret_name, redact_text

MAX_TEXT = 2000
"""Characters of a value that are kept; statements and program output come from strangers and may be megabytes."""
MAX_TRACEBACK = 20_000
"""Characters of a traceback that are kept, its end: that is where the error is."""
_MAX_ITEMS = 50
_MAX_DEPTH = 4
# C0 but newline and tab, DEL, C1, and the marks that reverse the direction of what is printed after them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def scrub(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Structlog processor: every value of the record, see `safe_value`."""
    for key, value in event.items():
        event[key] = _traceback(value) if key in ("exception", "stack") else safe_value(key, value)
    return event


def safe_value(key: str, value: Any, depth: int = 0) -> Any:
    """`value` as it may be shown under `key`: redacted, escaped and cut; containers are gone through."""
    if is_secret_name(key) and value:
        return REDACTED
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth < _MAX_DEPTH and isinstance(value, Mapping):
        chosen = list(value.items())[:_MAX_ITEMS]
        return {safe_text(str(name)): safe_value(str(name), item, depth + 1) for name, item in chosen}
    if depth < _MAX_DEPTH and isinstance(value, (list, tuple, set, frozenset)):
        return [safe_value(key, item, depth + 1) for item in list(value)[:_MAX_ITEMS]]
    return safe_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def safe_text(text: str, *, limit: int = MAX_TEXT) -> str:
    """`text` without credentials of URLs, control characters as escapes, cut after `limit` characters."""
    # Cut before the slow part, with room for what redaction may take away.
    cut = text[: limit * 2]
    shown = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", redact_text(cut))[:limit]
    left = len(text) - limit
    return f"{shown}… ({left} more characters)" if left > 0 else shown


def _traceback(value: Any) -> str:
    text = str(value)
    dropped = len(text) - MAX_TRACEBACK
    kept = f"({dropped} characters before)\n{text[dropped:]}" if dropped > 0 else text
    return safe_text(kept, limit=MAX_TRACEBACK + 100)
