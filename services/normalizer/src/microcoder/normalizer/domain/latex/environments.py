"""What becomes of environments."""

import re
from collections.abc import Callable, Mapping, Sequence

from microcoder.normalizer.domain.latex.prepare import Stash
from microcoder.normalizer.domain.latex.scanning import group_at, option_at, skip_space, split_top

LISTS = frozenset({"itemize", "enumerate", "description", "compactitem", "compactenum"})
TABLES: Mapping[str, int] = {"tabular": 1, "tabular*": 2, "tabularx": 2, "longtable": 1, "tabulary": 2}
"""With so many arguments before the body."""
MATH: Mapping[str, bool] = {
    **dict.fromkeys(("equation", "equation*", "displaymath"), False),
    **{
        name + star: True
        for star in ("", "*")
        for name in ("align", "gather", "multline", "eqnarray", "alignat", "flalign")
    },
}
"""Display math; True where the environment orders several lines and therefore stays."""
IGNORED = frozenset({"comment", "sampleinput", "sampleoutput", "samples", "tikzpicture", "filecontents"})
ARGUMENTS: Mapping[str, int] = {
    "minipage": 1, "wrapfigure": 2, "multicols": 1, "adjustbox": 1, "adjustwidth": 2, "thebibliography": 1,
}  # fmt: skip
"""Of environments whose body is text: so many arguments are left out before it."""

_ITEM = re.compile(r"\\item(?![A-Za-z])")
_ROW_END = re.compile(r"\\\\(?:\s*\[[^\]]*\])?|\\tabularnewline(?![A-Za-z])")
_CELL_END = re.compile(r"&")
_RULE = re.compile(r"\\(?:hline|toprule|midrule|bottomrule|(?:cline|cmidrule)\s*(?:\([^)]*\))?\{[^}]*\})\s*")

Run = Callable[[str], str]
"""Converts a piece of LaTeX."""


def strip_arguments(body: str, count: int) -> str:
    """`body` without its optional arguments and the `count` arguments that follow."""
    position = 0
    while option := option_at(body, skip_space(body, position)):
        position = option[1]
    for _ in range(count):
        group = group_at(body, skip_space(body, position)) or option_at(body, skip_space(body, position))
        if group is None:
            break
        position = group[1]
    return body[position:]


def render_list(name: str, body: str, run: Run, stash: Stash) -> str:
    """A Markdown list."""
    items: list[str] = []
    lead, *entries = split_top(body, _ITEM)
    for number, (_, entry) in enumerate(entries, start=1):
        option = option_at(entry, skip_space(entry, 0))
        marker = f"{number}. " if "enum" in name else "- "
        text = run(entry[option[1] :] if option else entry).strip()
        if option and (label := run(option[0]).strip()):
            text = f"**{label.strip('*')}** {text}"
        items.append(marker + stash.indent(text, " " * len(marker)))
    before = run(strip_arguments(lead[1], 0)).strip()
    return "\n\n" + "\n".join([*([before, ""] if before else []), *items]) + "\n\n"


def render_table(body: str, run: Run) -> str:
    """A Markdown table whose first row is the head; without a cell, nothing."""
    rows = []
    for _, row in split_top(body, _ROW_END):
        cells = [_cell(run(cell)) for _, cell in split_top(_RULE.sub("", row), _CELL_END)]
        if any(cells):
            rows.append(cells)
    if not rows:
        return ""
    width = max(map(len, rows))
    head, *rest = [[*row, *[""] * (width - len(row))] for row in rows]
    lines = [head, ["---"] * width, *rest]
    return "\n\n" + "\n".join(map(_table_line, lines)) + "\n\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _table_line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
