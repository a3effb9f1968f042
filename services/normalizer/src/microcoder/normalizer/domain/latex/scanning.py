"""Finding where groups, environments and math end."""

import re
from collections.abc import Iterator

_END_OF_NAME = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")


def skip_space(text: str, start: int) -> int:
    """The first place from `start` that holds no white space."""
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def group_at(text: str, start: int, *, opening: str = "{", closing: str = "}") -> tuple[str, int] | None:
    """The content of the group that opens at `start`, and where the text goes on; None where there is none."""
    if not text.startswith(opening, start):
        return None
    depth = 0
    position = start
    while position < len(text):
        char = text[position]
        if char == "\\":
            position += 2
            continue
        if char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return text[start + 1 : position], position + 1
        position += 1
    return None


def option_at(text: str, start: int) -> tuple[str, int] | None:
    """The content of the optional argument `[…]` at `start`, and where the text goes on."""
    return group_at(text, start, opening="[", closing="]")


def environment_end(text: str, name: str, start: int) -> tuple[int, int] | None:
    """Where the body of environment `name`, which begins at `start`, ends, and where the text goes on."""
    depth = 1
    for match in _END_OF_NAME.finditer(text, start):
        if match[2] == name:
            depth += 1 if match[1] == "begin" else -1
            if depth == 0:
                return match.start(), match.end()
    return None


def math_end(text: str, closing: str, start: int) -> int | None:
    """Where the math that began before `start` ends: at `closing`, but not after an empty line."""
    position = start
    while position < len(text):
        if text.startswith(closing, position):
            return position
        if text[position] == "\\":
            position += 2
        elif text[position] == "\n" and _is_empty_line(text, position):
            return None
        else:
            position += 1
    return None


def _is_empty_line(text: str, position: int) -> bool:
    following = text.find("\n", position + 1)
    return following >= 0 and not text[position:following].strip()


def split_top(text: str, separator: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """`text` cut at each match of `separator` outside groups and environments: the match before each piece, the piece.

    The first pair has an empty match.
    """
    before, start, position, depth = "", 0, 0, 0
    while position < len(text):
        match = separator.match(text, position) if depth == 0 else None
        if match and match.end() > position:
            yield before, text[start:position]
            before, start, position = match[0], match.end(), match.end()
            continue
        marker = _END_OF_NAME.match(text, position)
        if marker:
            depth += 1 if marker[1] == "begin" else -1
            position = marker.end()
            continue
        if text[position] == "\\":
            position += 2
            continue
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        position += 1
    yield before, text[start:]
