"""Bearer tokens: from a setting, or from a file that is read anew when it changes."""

import hmac
from pathlib import Path

from pydantic import SecretStr

from microcoder.core.errors import FailedPrecondition
from microcoder.rpc.files import Reloaded, read_file

_SCHEME = "Bearer "


class Tokens:
    """What is shown to others and accepted from them.

    A file has one token a line; the first is shown, all are accepted. So a token is replaced without a refused call:
    add the new one below the old, wait until all processes have it, swap the lines, wait, drop the old.
    """

    def __init__(self, token: SecretStr, file: Path | None) -> None:
        """Reads the file where there is one.

        Raises:
            FailedPrecondition: It cannot be read or holds no token.
        """
        given = token.get_secret_value()
        self._given: tuple[str, ...] = (given,) if given else ()
        self._file = Reloaded([file], lambda: _read(file)) if file else None

    @property
    def shown(self) -> str:
        """Value of the header `authorization`; empty for none."""
        tokens = self._current()
        return f"{_SCHEME}{tokens[0]}" if tokens else ""

    def accepts(self, header: str) -> bool:
        """Whether a caller with this header `authorization` is let in. Takes as long for a near miss as for any."""
        tokens = self._current()
        shown = header.encode()
        matches = [hmac.compare_digest(shown, f"{_SCHEME}{token}".encode()) for token in tokens]
        return not tokens or any(matches)

    def _current(self) -> tuple[str, ...]:
        return self._file.current() if self._file else self._given


def travels(token: str) -> bool:
    """Whether `token` can be sent in a header: printable ASCII."""
    return token.isascii() and token.isprintable()


def _read(path: Path) -> tuple[str, ...]:
    content = read_file(path, kind="token").decode("utf-8", "replace")
    tokens = tuple(line.strip() for line in content.splitlines() if line.strip())
    if not tokens:
        raise FailedPrecondition(f"The token file {path} is empty; write one token a line", reason="TOKEN_FILE")
    if not all(travels(token) for token in tokens):
        raise FailedPrecondition(
            f"The token file {path} holds more than printable ASCII, which no header carries", reason="TOKEN_FILE"
        )
    return tokens
