"""Taking out of a text what must not be looked into: verbatim parts, comments, the author's own macros."""

import re

from microcoder.normalizer.domain.latex.scanning import group_at, option_at, skip_space

_VERBATIM = r"verbatim\*?|Verbatim|lstlisting|alltt|minted"
_VERBATIM_BEGIN = re.compile(rf"\\begin\{{(?P<name>{_VERBATIM})\}}(?:\[[^\]\n]*\]|\{{[^}}\n]*\}})*[ \t]*\n?")
_VERBATIM_INLINE = re.compile(r"\\(?:verb\*?|lstinline(?:\[[^\]]*\])?)(?P<mark>[^A-Za-z\s*{])(?P<body>.*?)(?P=mark)")
_BEFORE_COMMENT = re.compile(r"(?:[^%\\]|\\.|\\$)*+")
_DEFINITION = re.compile(r"\\(?:(?:re)?newcommand|providecommand|DeclareMathOperator)\*?\s*\{?\\(?P<name>[A-Za-z]+)\}?")
_DEF = re.compile(r"\\def\s*\\(?P<name>[A-Za-z]+)(?P<parameters>(?:#\d)*)")
_MAX_DEFINITIONS = 300
_LONGEST_BODY = 2_000
_MAX_EXPANSIONS = 2_000
_GROWTH = 20


class Stash:
    """Finished pieces of Markdown, out of reach of the conversion, each behind a mark in the text."""

    _mark = re.compile("\x02(\\d+)\x03")

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def put(self, piece: str) -> str:
        """The mark that stands for `piece`."""
        self._pieces.append(piece)
        return f"\x02{len(self._pieces) - 1}\x03"

    def restore(self, text: str) -> str:
        """`text` with all marks replaced."""
        return self._mark.sub(lambda match: self._pieces[int(match[1])], text)

    def indent(self, text: str, by: str) -> str:
        """`text` with all lines but the first indented, those behind marks included."""
        marked = self._mark.sub(lambda match: self.put(_indented(self._pieces[int(match[1])], by)), text)
        return _indented(marked, by)


def _indented(text: str, by: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(by + line if line else line for line in rest)])


def fenced(text: str) -> str:
    """A fenced code block around `text`."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text.strip(chr(10))}\n{fence}"


def code(text: str) -> str:
    """Inline code."""
    text = " ".join(text.split())
    if not text:
        return ""
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def prepare(text: str, stash: Stash) -> str:
    """`text` without control characters, verbatim parts behind marks, comments gone, the author's macros expanded."""
    text = "".join(char for char in text if char in "\n\t" or ord(char) >= 32)
    text = _stash_verbatim(text, stash)
    text = _VERBATIM_INLINE.sub(lambda match: stash.put(code(match["body"])), text)
    return _expand_macros(_without_comments(text))


def _without_comments(text: str) -> str:
    """`text` without comments. A comment takes the end of its line along, but not an empty line after it."""
    out: list[str] = []
    joined = False
    for line in text.split("\n"):
        code = _BEFORE_COMMENT.match(line)
        kept = code[0] if code else ""
        if out and not (joined and line.strip()):
            out.append("\n")
        out.append(kept.lstrip() if joined else kept)
        joined = len(kept) < len(line)
    return "".join(out)


def _stash_verbatim(text: str, stash: Stash) -> str:
    out: list[str] = []
    position = 0
    unclosed: set[str] = set()
    for match in _VERBATIM_BEGIN.finditer(text):
        closing = f"\\end{{{match['name']}}}"
        if match.start() < position or closing in unclosed:
            continue
        end = text.find(closing, match.end())
        if end < 0:
            unclosed.add(closing)
            continue
        out += [text[position : match.start()], "\n\n", stash.put(fenced(text[match.end() : end])), "\n\n"]
        position = end + len(closing)
    return "".join([*out, text[position:]])


def _expand_macros(text: str) -> str:
    text, macros = _take_definitions(text)
    if not macros:
        return text
    use = re.compile(r"\\(" + "|".join(map(re.escape, macros)) + r")(?![A-Za-z])")
    longest = _GROWTH * len(text) + 10_000
    position = 0
    for _ in range(_MAX_EXPANSIONS):
        match = use.search(text, position)
        if match is None or len(text) > longest:
            break
        arity, body = macros[match[1]]
        arguments, end = _arguments(text, match.end(), arity)
        for number, argument in enumerate(arguments, start=1):
            body = body.replace(f"#{number}", argument)
        text = text[: match.start()] + body + text[end:]
        position = match.start()
    return text


def _take_definitions(text: str) -> tuple[str, dict[str, tuple[int, str]]]:
    macros: dict[str, tuple[int, str]] = {}
    tries = 0
    for pattern in (_DEFINITION, _DEF):
        position = 0
        while (match := pattern.search(text, position)) and tries < _MAX_DEFINITIONS:
            tries += 1
            arity, after = _arity(text, match)
            start = skip_space(text, after)
            body = group_at(text[start : start + _LONGEST_BODY], 0)
            if body is None:
                position = match.end()
                continue
            macros[match["name"]] = (arity, body[0])
            text = text[: match.start()] + text[start + body[1] :]
            position = match.start()
    return text, macros


def _arity(text: str, match: re.Match[str]) -> tuple[int, int]:
    if "parameters" in match.groupdict():
        return match["parameters"].count("#"), match.end()
    option = option_at(text, skip_space(text, match.end()))
    if option is None:
        return 0, match.end()
    return (int(option[0]) if option[0].strip().isdigit() else 0), option[1]


def _arguments(text: str, position: int, arity: int) -> tuple[list[str], int]:
    arguments = []
    for _ in range(arity):
        group = group_at(text, skip_space(text, position))
        if group is None:
            break
        arguments.append(group[0])
        position = group[1]
    return arguments, position
