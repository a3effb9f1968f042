"""The pipes between two runs that talk to each other, and the memory that their supervisors share."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_PIPE_BYTES = 1 << 20
_SHARED_BYTES = 16


class Ends:
    """What one side gets: where it reads and where it writes."""

    def __init__(self, *, reader: int, writer: int, shared: int, side: int) -> None:
        self.descriptors = (reader, writer, shared)
        self.side = side
        self._open = True

    def arguments(self) -> list[str]:
        """For the helper of this side."""
        reader, writer, shared = self.descriptors
        return [f"input={reader}", f"output={writer}", f"dialogue={shared}:{self.side}"]

    def close(self) -> None:
        """Gives the ends up, once the helper has its copies: only then does the other side see this one's end."""
        if self._open:
            self._open = False
            for descriptor in self.descriptors:
                os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Both sides."""

    program: Ends
    """Of the one that is judged."""
    other: Ends
    """Of the one that it talks to."""


@contextmanager
def dialogue() -> Iterator[Dialogue]:
    """Opens the pipes. The reading end of the program is kept until both are done.

    So the other one may write on after the program's end without being ended by SIGPIPE.
    """
    to_program, to_other = os.pipe(), os.pipe()
    shared = os.memfd_create("dialogue", os.MFD_CLOEXEC)
    kept = os.dup(to_program[0])
    os.ftruncate(shared, _SHARED_BYTES)
    for _, writer in (to_program, to_other):
        _enlarge(writer)
    sides = Dialogue(
        program=Ends(reader=to_program[0], writer=to_other[1], shared=os.dup(shared), side=0),
        other=Ends(reader=to_other[0], writer=to_program[1], shared=shared, side=1),
    )
    try:
        yield sides
    finally:
        sides.program.close()
        sides.other.close()
        os.close(kept)


def _enlarge(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:
        return  # this user has too much in pipes already: smaller ones do
