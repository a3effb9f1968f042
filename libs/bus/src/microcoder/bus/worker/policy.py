"""The numbers of a worker."""

from pydantic import BaseModel, ConfigDict, Field


class WorkerPolicy(BaseModel):
    """How a worker paces itself, retries, commits and gives up.

    A delivery is one arrival of a record at the handler, by its topic or by the retry topic. Within one delivery the
    handler is called at most `1 + in_place_retries` times; a record is delivered at most `1 + len(retry_delays_s)`
    times, postponements by `RetryLater` not counted; then it is a dead letter.
    """

    model_config = ConfigDict(frozen=True)

    max_in_flight: int = Field(default=8, ge=1)
    """Handlers that run at once, over all partitions. Records with equal keys never run at once."""
    max_buffered: int = Field(default=200, ge=1)
    """Records of one partition that are taken and not finished; beyond it the partition is paused."""
    poll_timeout_s: float = Field(default=0.1, gt=0)
    """How long one poll waits for records. Also how late a pause, a due retry or a drain may be noticed."""
    commit_every_s: float = Field(default=1.0, gt=0)
    """A crash repeats at most what was finished within this time ..."""
    commit_every_records: int = Field(default=500, ge=1)
    """... or this many finished records, whichever is less."""
    in_place_retries: int = Field(default=3, ge=0)
    """Further calls of the handler, at once and with short pauses, before the retry topic is used."""
    in_place_backoff_s: float = Field(default=0.1, ge=0)
    """Pause before the first further call; doubles each time, with jitter."""
    in_place_backoff_max_s: float = Field(default=2.0, ge=0)
    """Longest pause between two calls in place; an error that asks for more goes by way of the retry topic."""
    retry_delays_s: tuple[float, ...] = (10.0, 60.0, 300.0)
    """How long a record waits in the retry topic before its second, third, ... delivery."""
    max_postponements: int = Field(default=100, ge=0)
    """How often a handler may say `RetryLater` to one record."""
    fuse_consecutive: int = Field(default=20, ge=1)
    """So many dead letters in a row stop the worker: then the fault is rather here than in the records."""
    fuse_ratio: float = Field(default=0.5, gt=0, le=1)
    """So large a share of dead letters among the last `fuse_window` records stops the worker."""
    fuse_window: int = Field(default=200, ge=1)
    """Records that `fuse_ratio` is taken over; before so many are finished, it does not count."""
    handover_grace_s: float = Field(default=2.0, ge=0)
    """How long a partition that goes to another member waits for its running handlers, to spare a repeat."""
    drain_timeout_s: float = Field(default=20.0, ge=0)
    """How long running handlers may take to end at a drain. Those cut off come again."""
    unavailable_backoff_max_s: float = Field(default=5.0, gt=0)
    """Longest pause between two tries to reach a bus that does not answer."""
