"""What becomes of commands in text."""

from collections.abc import Mapping


def _names(text: str) -> list[str]:
    return text.split()


WRAPPED: Mapping[str, str] = {"emph": "*", "textit": "*", "textsl": "*", "textbf": "**"}
"""The argument between two such marks."""

CODE = frozenset({"texttt", "code", "lstinline"})
"""The argument as inline code."""

HEADINGS: Mapping[str, str] = {
    "chapter": "##", "section": "##", "subsection": "###", "subsubsection": "####", "paragraph": "####",
}  # fmt: skip
"""The argument as a heading."""

DROPPED: Mapping[str, int] = {
    **dict.fromkeys(
        _names("""
        noindent indent smallskip medskip bigskip newpage clearpage pagebreak centering raggedright hfill vfill
        tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge bf it tt rm em sl sc sf bfseries
        itshape ttfamily rmfamily sffamily scshape upshape mdseries hline toprule midrule bottomrule nextsample
        remainingsamples sampleinput sampleoutput samples allowbreak nobreak strut null relax protect maketitle
        tableofcontents displaystyle leavevmode ignorespaces unskip"""),
        0,
    ),
    **dict.fromkeys(
        _names("""label vspace hspace pagestyle thispagestyle usepackage documentclass input include graphicspath cline
        cmidrule bibliography bibliographystyle color index phantom hphantom vphantom"""),
        1,
    ),
    **dict.fromkeys(["setlength", "addtolength", "setcounter", "captionsetup"], 2),
}
"""Left out, with so many arguments."""

LAST_ARGUMENT: Mapping[str, int] = {"multicolumn": 3, "multirow": 3, "textcolor": 2, "colorbox": 2, "raisebox": 2,
                                    "parbox": 2, "scalebox": 2, "resizebox": 3}  # fmt: skip
"""Of so many arguments the last is the text."""

SYMBOLS: Mapping[str, str] = {
    "ldots": "...", "dots": "...", "textellipsis": "...", "textbackslash": "\\", "textasciitilde": "~",
    "textasciicircum": "^", "textgreater": ">", "textless": "<", "textbar": "|", "textunderscore": "_",
    "textquotesingle": "'", "textquotedblleft": '"', "textquotedblright": '"', "textquoteleft": "'",
    "textquoteright": "'", "textendash": "–", "textemdash": "—", "textdegree": "°", "degree": "°", "textbullet": "•",
    "textdollar": r"\$", "textpercent": "%", "textregistered": "®", "texttrademark": "™", "textcopyright": "©",
    "copyright": "©", "pounds": "£", "euro": "€", "texteuro": "€", "S": "§", "P": "¶", "dag": "†", "ddag": "‡",
    "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł",
    "ss": "ß", "i": "ı", "j": "ȷ", "th": "þ", "TH": "Þ", "dh": "ð", "DH": "Ð",
    "LaTeX": "LaTeX", "TeX": "TeX", "quad": " ", "qquad": " ", "enspace": " ", "space": " ", "slash": "/",
    "lbrack": "[", "rbrack": "]", "lbrace": "{", "rbrace": "}", "par": "\n\n", "newline": "\n", "linebreak": "\n",
}  # fmt: skip
"""As text."""

MATH_SYMBOLS = frozenset(
    _names("""le leq ge geq ne neq times cdot cdots pm to rightarrow leftarrow Rightarrow infty approx in subset cup cap
    alpha beta gamma delta epsilon lambda mu pi sigma theta phi omega ell sum prod sqrt""")
)
"""Often written in text by mistake; as math."""

PUNCTUATION: Mapping[str, str] = {
    "%": "%", "&": "&", "#": "#", "_": "_", "{": "{", "}": "}", "$": r"\$", "\\": "\n", " ": " ", "\n": " ",
    "\t": " ", ",": " ", ";": " ", ":": " ", "!": "", "/": "", "-": "", "@": "", ">": " ",
}  # fmt: skip
"""A backslash and one such character."""

ACCENTS: Mapping[str, str] = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "r": "\u030a",
    "k": "\u0328",
}  # fmt: skip
"""Accents by their command, as combining characters."""
