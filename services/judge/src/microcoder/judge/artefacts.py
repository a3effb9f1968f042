"""What compilers made, by the digest of what they made it from: in memory, and behind that in a folder."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from microcoder.judge.adapters.disk_cache import DiskCache


@dataclass(frozen=True, slots=True)
class CompileError:
    """The program is not of its language; `message` is the compiler's, truncated."""

    message: str


Artefact = bytes | CompileError
"""A program that can be started, or why there is none."""


class ArtefactCache:
    """Keeps artefacts in memory up to `memory_bytes`; programs, not errors, also in `disk`, where there is one."""

    def __init__(self, *, memory_bytes: int, disk: DiskCache | None = None) -> None:
        self._memory_bytes = memory_bytes
        self._disk = disk
        self._entries: OrderedDict[str, Artefact] = OrderedDict()
        self._bytes = 0

    async def get(self, key: str) -> Artefact | None:
        """The artefact, None where it has to be made."""
        if key in self._entries:
            self._entries.move_to_end(key)
            return self._entries[key]
        found = await asyncio.to_thread(self._disk.get, key) if self._disk else None
        if found is not None:
            self._remember(key, found)
        return found

    async def put(self, key: str, artefact: Artefact) -> None:
        """Keeps an artefact."""
        self._remember(key, artefact)
        if self._disk is not None and isinstance(artefact, bytes):
            await asyncio.to_thread(self._disk.put, key, artefact)

    def _remember(self, key: str, artefact: Artefact) -> None:
        if key in self._entries:
            return
        self._entries[key] = artefact
        self._bytes += _size(artefact)
        while self._bytes > self._memory_bytes and len(self._entries) > 1:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= _size(oldest)


def _size(artefact: Artefact) -> int:
    return len(artefact) if isinstance(artefact, bytes) else len(artefact.message)
