"""Walking through a prepared text."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from microcoder.normalizer.domain.latex import commands, environments
from microcoder.normalizer.domain.latex.prepare import Stash, code, prepare
from microcoder.normalizer.domain.latex.scanning import (
    Structure,
    skip_space,
)

_MAX_DEPTH = 40
_PLAIN = re.compile(r"[^\\$\{\}`'\-~\s]+")
_SPACE = re.compile(r"\s+")
_COMMAND = re.compile(r"\\([A-Za-z@]+)\*?")
_LITERAL_TYPOGRAPHY = (("~", " "), ("}", ""))
_TYPOGRAPHY = (
    ("``", '"'), ("''", '"'), ("---", "—"), ("--", "–"), ("`", "'"), *_LITERAL_TYPOGRAPHY,
)  # fmt: skip
_WEB = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A statement in Markdown."""

    title: str
    """Argument of the command `problemname`, empty where there is none."""
    markdown: str
    """Without the title."""
    has_images: bool
    """Whether it shows pictures, which are left out."""


def convert(latex: str) -> Converted:
    """The statement `latex` in Markdown."""
    stash = Stash()
    walker = _Walker(stash)
    body = walker.run(prepare(latex, stash))
    return Converted(
        title=" ".join(stash.restore(walker.title).split()),
        markdown=stash.restore(body).strip() + "\n",
        has_images=walker.has_images,
    )


class _Walker:
    def __init__(self, stash: Stash) -> None:
        self.title = ""
        self.has_images = False
        self.literal = False
        """Inside code, where dashes and quotes stay as they are."""
        self._stash = stash
        self._depth = 0

    def run(self, text: str) -> str:
        """A piece of LaTeX as Markdown."""
        if self._depth >= _MAX_DEPTH:
            return text
        self._depth += 1
        try:
            return _tidy("".join(_Piece(self, self._stash, text).parts()))
        finally:
            self._depth -= 1


class _Piece:
    """One text and how far it has been read."""

    def __init__(self, walker: _Walker, stash: Stash, text: str) -> None:
        self._walker = walker
        self._stash = stash
        self._text = text
        self._structure = Structure(text)
        self._at = 0

    def parts(self) -> list[str]:
        out: list[str] = []
        while self._at < len(self._text):
            plain = _PLAIN.match(self._text, self._at)
            self._at = plain.end() if plain else self._at
            piece = plain[0] if plain else self._special()
            if piece != " " or not (out and out[-1].endswith("\n")):
                out.append(piece)
        return out

    def _special(self) -> str:
        char = self._text[self._at]
        if char.isspace():
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at + 1
            return "\n\n" if space and space[0].count("\n") > 1 else " "
        if char == "\\":
            return self._backslash()
        if char == "$":
            return self._dollars()
        if char == "{":
            return self._walker.run(self._argument())
        return self._typography()

    def _typography(self) -> str:
        for latex, text in _LITERAL_TYPOGRAPHY if self._walker.literal else _TYPOGRAPHY:
            if self._text.startswith(latex, self._at):
                self._at += len(latex)
                return text
        self._at += 1
        return self._text[self._at - 1]

    # Math

    def _dollars(self) -> str:
        mark = "$$" if self._text.startswith("$$", self._at) else "$"
        return self._math(mark, mark, display=mark == "$$") or self._literal_dollar()

    def _literal_dollar(self) -> str:
        self._at += 1
        return r"\$"

    def _math(self, opening: str, closing: str, *, display: bool) -> str:
        """The math that begins here; empty, and nothing read, where it does not end."""
        found = self._structure.math(self._at + len(opening), closing)
        if found is None:
            return ""
        self._at = found[1]
        return self._display(found[0]) if display else self._inline(found[0])

    def _inline(self, math: str) -> str:
        math = " ".join(self._stash.restore(math).split())
        return self._stash.put(f"${math}$") if math else ""

    def _display(self, math: str) -> str:
        math = "\n".join(line.strip() for line in self._stash.restore(math).strip().split("\n") if line.strip())
        return "\n\n" + self._stash.put(f"$$\n{math}\n$$") + "\n\n" if math else ""

    # Commands

    def _backslash(self) -> str:
        command = _COMMAND.match(self._text, self._at)
        if command is None:
            return self._control_symbol()
        name = command[1]
        self._at = command.end()
        return _ACTIONS.get(name, _Piece.unknown)(self, name)

    def _control_symbol(self) -> str:
        for opening, closing, display in ((r"\(", r"\)", False), (r"\[", r"\]", True)):
            if self._text.startswith(opening, self._at):
                math = self._math(opening, closing, display=display)
                if math:
                    return math
        char = self._text[self._at + 1 : self._at + 2]
        self._at += 2
        if char == "\\":
            option = self._structure.group(self._at, "[")
            self._at = option[1] if option else self._at
        if char in commands.ACCENTS:
            return self.accent(char)
        return commands.PUNCTUATION.get(char, char)

    def accent(self, accent: str) -> str:
        self._at = skip_space(self._text, self._at)
        group = self._structure.group(self._at)
        if group is not None:
            self._at = group[1]
            base = self._walker.run(group[0])
        else:
            base = self._walker.run(self._next_token())
        base = base.replace("ı", "i").replace("ȷ", "j")
        return unicodedata.normalize("NFC", base[:1] + commands.ACCENTS[accent]) + base[1:] if base else ""

    def _next_token(self) -> str:
        command = _COMMAND.match(self._text, self._at)
        token = command[0] if command else self._text[self._at : self._at + 1]
        self._at += len(token)
        return token

    def symbol(self, name: str) -> str:
        self._skip_space_after_word()
        return commands.SYMBOLS[name]

    def math_symbol(self, name: str) -> str:
        return self._inline(f"\\{name}")

    def wrapped(self, name: str) -> str:
        return _between(self._walker.run(self._argument()), commands.WRAPPED[name])

    def heading(self, name: str) -> str:
        title = " ".join(self._walker.run(self._argument()).split())
        return f"\n\n{commands.HEADINGS[name]} {title}\n\n" if title else ""

    def last_argument(self, name: str) -> str:
        arguments = [self._argument() for _ in range(commands.LAST_ARGUMENT[name])]
        return self._walker.run(arguments[-1])

    def dropped(self, name: str) -> str:
        for _ in range(commands.DROPPED[name]):
            self._argument()
        self._skip_space_after_word()
        return ""

    def unknown(self, name: str) -> str:
        """The arguments of a command that we do not know, or its name where it has none."""
        texts = []
        while group := self._structure.group(self._at):
            self._at = group[1]
            texts.append(self._walker.run(group[0]))
        return " ".join(texts) if texts else f"\\{name}"

    def code(self, _: str) -> str:
        """Inline code. Math in it, which code cannot show, makes it plain text."""
        outer, self._walker.literal = self._walker.literal, True
        argument = self._argument()
        text = self._walker.run(argument)
        self._walker.literal = outer
        if "$" in argument.replace(r"\$", ""):
            return text
        return self._stash.put(code(self._stash.restore(text).replace(r"\$", "$")))

    def problem_name(self, _: str) -> str:
        self._walker.title = self._walker.run(self._argument())
        return ""

    def illustration(self, _: str) -> str:
        r"""Kattis: `\illustration{width}{file}{credits}`, a picture for decoration at the side."""
        for _unused in range(3):
            self._argument()
        self._walker.has_images = True
        return ""

    def image(self, _: str) -> str:
        name = " ".join(self._argument().split())
        self._walker.has_images = True
        return f"[image: {name}]"

    def caption(self, _: str) -> str:
        return f"\n\n*{self._walker.run(self._argument()).strip()}*\n\n"

    def footnote(self, _: str) -> str:
        return f" ({self._walker.run(self._argument()).strip()})"

    def link(self, _: str) -> str:
        target, text = self._argument(), self._walker.run(self._argument()).strip()
        url = target.replace("\\", "").strip()
        return f"[{text}]({url})" if url.startswith(_WEB) and text else text

    def url(self, _: str) -> str:
        return self._stash.put(self._argument().replace("\\", "").strip())

    def reference(self, _: str) -> str:
        self._argument()
        return "above"

    def math_argument(self, _: str) -> str:
        return self._inline(self._argument())

    def item(self, _: str) -> str:
        return "\n- "

    def end(self, _: str) -> str:
        """The end of an environment that never began."""
        self._argument()
        return ""

    # Environments

    def environment(self, _: str) -> str:
        name = self._argument().strip()
        found = self._structure.environment(self._at)
        if found is None:
            return ""
        body, self._at = found
        if name in environments.IGNORED:
            self._walker.has_images |= name == "tikzpicture"
            return ""
        if name in environments.LISTS:
            return environments.render_list(name, body, self._walker.run, self._stash)
        if name in environments.TABLES:
            rows = environments.strip_arguments(body, environments.TABLES[name])
            return environments.render_table(rows, self._walker.run)
        if name in environments.MATH:
            keeps_name = environments.MATH[name]
            return self._display(f"\\begin{{{name}}}{body}\\end{{{name}}}" if keeps_name else body)
        text = self._walker.run(environments.strip_arguments(body, environments.ARGUMENTS.get(name, 0)))
        return f"\n\n{text}\n\n"

    # Arguments

    def _argument(self) -> str:
        """The next argument in braces, as it stands; optional arguments before it are left out."""
        at = skip_space(self._text, self._at)
        while option := self._structure.group(at, "["):
            at = skip_space(self._text, option[1])
        group = self._structure.group(at)
        if group is not None:
            self._at = group[1]
            return group[0]
        if self._text.startswith("{", at):
            self._at = at + 1  # a brace that is never closed
        return ""

    def _skip_space_after_word(self) -> None:
        """TeX swallows the white space after a command, but not an empty line."""
        end = skip_space(self._text, self._at)
        if self._text.count("\n", self._at, end) < 2:
            self._at = end


_ACTIONS: dict[str, Callable[[_Piece, str], str]] = {
    **dict.fromkeys(commands.MATH_SYMBOLS, _Piece.math_symbol),
    **dict.fromkeys(commands.SYMBOLS, _Piece.symbol),
    **dict.fromkeys(commands.WRAPPED, _Piece.wrapped),
    **dict.fromkeys(commands.CODE, _Piece.code),
    **dict.fromkeys(commands.HEADINGS, _Piece.heading),
    **dict.fromkeys(commands.LAST_ARGUMENT, _Piece.last_argument),
    **dict.fromkeys(commands.DROPPED, _Piece.dropped),
    **dict.fromkeys((name for name in commands.ACCENTS if name.isalpha()), _Piece.accent),
    **dict.fromkeys(("url", "path"), _Piece.url),
    **dict.fromkeys(("ref", "eqref", "autoref", "cref"), _Piece.reference),
    "begin": _Piece.environment,
    "end": _Piece.end,
    "problemname": _Piece.problem_name,
    "illustration": _Piece.illustration,
    "includegraphics": _Piece.image,
    "caption": _Piece.caption,
    "footnote": _Piece.footnote,
    "href": _Piece.link,
    "ensuremath": _Piece.math_argument,
    "item": _Piece.item,
}


def _between(text: str, mark: str) -> str:
    """`text` between marks, which Markdown wants next to a letter."""
    core = text.strip()
    if not core or "\n\n" in core:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{mark}{core}{mark}{after}"


def _tidy(text: str) -> str:
    """`text` without needless white space; lines keep their indentation, which lists need."""
    text = re.sub(r"[ \t]+\n", "\n", text)
    text = re.sub(r"(?<=\S) {2,}", " ", text)
    return re.sub(r"\n{3,}", "\n\n", text)
