"""What the API server refuses, in the words of the domain."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from microcoder.core.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    MicrocoderError,
    NotFound,
    PermissionDenied,
    Unavailable,
)

_MAX_TOLD = 500
CONFLICT = "CONFLICT"
"""Reason of a `FailedPrecondition`: somebody else changed the object first."""
EXPIRED = "EXPIRED"
"""Reason of a `FailedPrecondition`: the resource version is too old; list again (HTTP 410)."""


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Raises the domain's error for what the client raises inside.

    Args:
        action: What is being done, for the message: `creating Job train-1`.

    Raises:
        MicrocoderError: `Unavailable` where the server does not answer, is overloaded or has trouble of its own;
            else what fits its status.
    """
    from kubernetes.client.exceptions import ApiException  # noqa: PLC0415  half a second: only where there is a cluster

    try:
        yield
    except ApiException as error:
        raise from_status(action, int(error.status or 0), _told(error.body, error.reason)) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        text = f"The Kubernetes API server does not answer ({action}): {type(error).__name__}: {str(error)[:200]}"
        raise Unavailable(text) from error


def from_status(action: str, status: int, told: str) -> MicrocoderError:
    """The error for an HTTP status.

    Args:
        action: What was being done.
        status: Of HTTP; 0 where there was no answer.
        told: The server's own words.
    """
    what = f"{action}: {told[:_MAX_TOLD]}"
    if status in (400, 422):
        return InvalidArgument(f"The Kubernetes API server refuses this; {what}")
    if status in (409, 410):
        return _out_of_date(status, what)
    if status in _PLAIN:
        kind, meaning = _PLAIN[status]
        return kind(f"{meaning}; {what}")
    return Unavailable(f"The Kubernetes API server has trouble (HTTP {status}); {what}")


_PLAIN: dict[int, tuple[type[MicrocoderError], str]] = {
    401: (PermissionDenied, "The Kubernetes API server does not accept these credentials"),
    403: (PermissionDenied, "This account may not do that in the cluster"),
    404: (NotFound, "The cluster has no such thing"),
}


def _out_of_date(status: int, what: str) -> MicrocoderError:
    if status == 410:
        return FailedPrecondition(f"The resource version is too old; {what}", reason=EXPIRED)
    if "already exists" in what:
        return AlreadyExists(f"It is there already; {what}")
    return FailedPrecondition(f"Somebody else changed it meanwhile; {what}", reason=CONFLICT)


def _told(body: str | None, reason: str | None) -> str:
    try:
        return str(json.loads(body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return str(body or reason or "it says nothing")
