"""What a handler says about a message that it did not handle, and what a worker says when it gives up.

Beside `Poison` and `RetryLater`, a `MicrocoderError` with `retryable` and any exception that is not a
`MicrocoderError` (a bug, a lost connection) is tried again, first in place, then by way of the retry topic, until the
attempts are used up; a `MicrocoderError` that is not retryable goes to the dead letters at once.
"""


class Poison(Exception):
    """This message can never be handled (undecodable, unknown kind or version): to the dead letters at once."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryLater(Exception):
    """Not now: by way of the retry topic, not before `delay_s` seconds from now."""

    def __init__(self, reason: str, *, delay_s: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.delay_s = delay_s


class FuseBlown(Exception):
    """Too many records in a row, or too large a share, would have become dead letters: the worker stopped instead.

    What it had not committed stays on the bus and comes again after a restart.
    """
