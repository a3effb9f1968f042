"""A lease: who of several equal processes may do something that only one must do at a time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease as its holder last wrote it."""

    id: str
    """What is led."""
    holder: str
    """Who leads; empty where the last leader gave it up."""
    duration_s: float
    """How long others leave it alone after they saw it renewed, seconds."""
    acquired_time: datetime
    """When the holder got it, by the holder's clock."""
    renewed_time: datetime
    """When the holder renewed it, by the holder's clock; nobody else compares it with a clock."""
    transitions: int = 0
    """How often it changed hands."""
    version: int = 0
    """Of the record: another one after every write."""
