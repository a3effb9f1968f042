"""A package in the canonical tar that the scraper stores."""

import io
import tarfile
from collections.abc import Sequence

from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.rejecting import Rejected


class TarPackage:
    """Fills `microcoder.normalizer.domain.package.Package`. Members are read when asked for, none is unpacked."""

    def __init__(self, data: bytes) -> None:
        """Opens the tar in `data`.

        Raises:
            Rejected: It is none.
        """
        try:
            self._tar = tarfile.open(fileobj=io.BytesIO(data), mode="r:")  # noqa: SIM115 - only memory behind it
            self._members = {member.name: member for member in self._tar if member.isreg()}
        except (tarfile.TarError, EOFError, ValueError) as error:
            message = f"the raw bytes are not an uncompressed tar: {error}"
            raise Rejected(RejectReason.UNREADABLE_PACKAGE, message) from error
        self._paths = tuple(sorted(self._members))

    @property
    def paths(self) -> Sequence[str]:
        return self._paths

    def size(self, path: str) -> int:
        return self._members[path].size

    def read(self, path: str) -> bytes:
        content = self._tar.extractfile(self._members[path])
        return content.read() if content else b""
