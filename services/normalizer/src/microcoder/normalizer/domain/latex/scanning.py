"""Finding where groups, environments and math end."""

import re
from collections import defaultdict
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


class Structure:
    """Where every group, optional argument, environment and piece of math of a text ends.

    Found in one pass, so that hostile text costs no more than harmless text of the same length.
    """

    _token = re.compile(r"\\(?P<marker>begin|end)\s*\{(?P<name>[^{}]*)\}|\\.|[{}\[\]]", re.DOTALL)

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: dict[int, int] = {}
        self._bodies: dict[int, tuple[int, int]] = {}
        self._no_math_before: dict[str, int] = {}
        open_at: dict[str, list[int]] = defaultdict(list)
        for token in self._token.finditer(text):
            if token["marker"]:
                self._mark_environment(token, open_at)
            elif token[0] in "{[":
                open_at[token[0]].append(token.start())
            elif token[0] in "}]":
                openings = open_at["{" if token[0] == "}" else "["]
                if openings:
                    self._ends[openings.pop()] = token.start()

    def _mark_environment(self, token: re.Match[str], open_at: dict[str, list[int]]) -> None:
        self._ends[token.start("name") - 1] = token.end("name")
        openings = open_at["begin " + token["name"].strip()]
        if token["marker"] == "begin":
            openings.append(token.end())
        elif openings:
            self._bodies[openings.pop()] = (token.start(), token.end())

    def group(self, start: int, opening: str = "{") -> tuple[str, int] | None:
        """The content of the group that opens at `start`, and where the text goes on; None where there is none."""
        end = self._ends.get(start)
        if end is None or self._text[start] != opening:
            return None
        return self._text[start + 1 : end], end + 1

    def environment(self, start: int) -> tuple[str, int] | None:
        """The body of the environment whose `begin` ends at `start`, and where the text goes on."""
        ends = self._bodies.get(start)
        return None if ends is None else (self._text[start : ends[0]], ends[1])

    def math(self, start: int, closing: str) -> tuple[str, int] | None:
        """The math from `start` to `closing`, and where the text goes on; it does not go beyond an empty line."""
        if start < self._no_math_before.get(closing, 0):
            return None
        position = start
        while position < len(self._text):
            if self._text.startswith(closing, position):
                return self._text[start:position], position + len(closing)
            if self._text[position] == "\n" and _is_empty_line(self._text, position):
                break
            position += 2 if self._text[position] == "\\" else 1
        self._no_math_before[closing] = position
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
