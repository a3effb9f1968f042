"""When a lease may be taken: the rules of client-go's leader election.

Clocks of different machines are never compared. What counts is how long ago, by one's own clock, the record was last
seen to change: a leader that lives changes it, whatever time it writes there.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from microcoder.core.lease import Lease


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A lease record and when it was first seen in this form."""

    lease: Lease
    seen_s: float
    """By one's own monotonic clock, seconds."""


def sighted(before: Sighting | None, lease: Lease, now_s: float) -> Sighting:
    """The newest sighting: a record that has not changed keeps the time at which it was first seen."""
    return before if before is not None and before.lease == lease else Sighting(lease=lease, seen_s=now_s)


def may_take(sighting: Sighting, own: str, now_s: float) -> bool:
    """Whether `own` may write the lease: it is its own, was given up, or its holder showed no sign in time."""
    lease = sighting.lease
    return lease.holder in ("", own) or now_s >= sighting.seen_s + lease.duration_s


def taken(lease: Lease, own: str, duration_s: float, now: datetime) -> Lease:
    """The record that renews or takes over `lease`."""
    if lease.holder == own:
        return replace(lease, renewed_time=now, duration_s=duration_s)
    return replace(
        lease,
        holder=own,
        duration_s=duration_s,
        acquired_time=now,
        renewed_time=now,
        transitions=lease.transitions + 1,
    )


def given_up(lease: Lease, now: datetime) -> Lease:
    """The record that lets another take over at once."""
    return replace(lease, holder="", renewed_time=now)
