"""Files in memory, which go into a jail and come out of it as descriptors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def file_holding(data: bytes) -> Iterator[int]:
    """A descriptor of a new file in memory with `data`, at its beginning."""
    fd = os.memfd_create("run", os.MFD_CLOEXEC)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(fd, rest) :]
        os.lseek(fd, 0, os.SEEK_SET)
        yield fd
    finally:
        os.close(fd)


def contents_of(fd: int) -> bytes:
    """All of a file."""
    size = os.fstat(fd).st_size
    parts, offset = [], 0
    while offset < size:
        part = os.pread(fd, size - offset, offset)
        if not part:
            break
        parts.append(part)
        offset += len(part)
    return b"".join(parts)
