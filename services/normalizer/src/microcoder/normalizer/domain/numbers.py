"""Numbers in YAML documents, which may hold anything."""

import math
from typing import Any


def finite(value: Any) -> float | None:
    """`value` as a finite number, else None."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def positive(value: Any) -> float | None:
    """`value` as a positive number, else None."""
    number = finite(value)
    return number if number is not None and number > 0 else None
