"""LaTeX statements to Markdown with the math kept.

A converter of the subset that Kattis statements use, not of TeX: it never fails, and what it does not know stays
readable. `convert` is the way in; `prepare` takes out what must not be looked into, `scanning` finds the ends of
things, `converter` walks through the text, `environments` and `commands` say what becomes of what.
"""

from microcoder.normalizer.domain.latex.converter import Converted, convert

__all__ = ["Converted", "convert"]
