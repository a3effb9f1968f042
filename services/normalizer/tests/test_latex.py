import itertools
import random
import time

import pytest

from microcoder.normalizer.domain.latex import convert


def md(latex: str) -> str:
    return convert(latex).markdown.strip()


@pytest.mark.parametrize(
    ("latex", "markdown"),
    [
        # math is kept
        ("Let $x_1 \\le 10^5$ be.", "Let $x_1 \\le 10^5$ be."),
        ("So \\(a*b\\) and \\[ a \\] end", "So $a*b$ and\n\n$$\na\n$$\n\nend"),
        ("A\n$$\nx\n$$\nB", "A\n\n$$\nx\n$$\n\nB"),
        ("\\begin{equation*}\na=b\n\\end{equation*}", "$$\na=b\n$$"),
        ("\\begin{align*}\na&=b\\\\\nc&=d\n\\end{align*}", "$$\n\\begin{align*}\na&=b\\\\\nc&=d\n\\end{align*}\n$$"),
        ("costs 5\\$ and $n$", "costs 5\\$ and $n$"),
        ("a lone $ sign\n\nnext", "a lone \\$ sign\n\nnext"),
        ("$\\text{a -- b}$", "$\\text{a -- b}$"),
        ("at most \\leq 5", "at most $\\leq$ 5"),
        ("$a\n+ b$", "$a + b$"),
        # text
        ("``quoted'' and `x'", "\"quoted\" and 'x'"),
        ("1--2, yes---no, V.~Smith", "1–2, yes—no, V. Smith"),
        ("\\emph{a} \\textbf{b} \\texttt{c_d}", "*a* **b** `c_d`"),
        ("\\texttt{--x `y''}", "``--x `y''``"),
        ("\\texttt{a\\_b\\{\\$5\\}}", "`a_b{$5}`"),
        ("\\textbf{ spaced }x", " **spaced** x".strip()),
        ("50\\% \\& \\#1 \\_ \\{\\}", "50% & #1 _ {}"),
        ("Nudg\\'emon, G\\\"odel, \\r{A}s, \\c{c}a, \\v Skoda, na\\\"{\\i}ve", "Nudgémon, Gödel, Ås, ça, Škoda, naïve"),
        ("and so on\\ldots\\ yes", "and so on... yes"),
        ("a\\footnote{b} c", "a (b) c"),
        ("line\\\\next", "line\nnext"),
        ("\\href{https://x.example/a\\_b}{here} \\url{https://y.example/a_b}",
         "[here](https://x.example/a_b) https://y.example/a_b"),
        ("\\href{javascript:x}{here}", "here"),
        # structure
        ("\\section*{Input}\nText", "## Input\n\nText"),
        ("\\subsection{A \\emph{b}}", "### A *b*"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("a\nb   c", "a b c"),
        ("\\begin{itemize}\n\\item a\n\\item b\n\\end{itemize}", "- a\n- b"),
        ("\\begin{enumerate}[(a)]\\item a\\item b\\end{enumerate}", "1. a\n2. b"),
        ("\\begin{description}\\item[Key] text\\end{description}", "- **Key** text"),
        ("\\begin{itemize}\\item a\n\\begin{enumerate}\\item x\\item y\\end{enumerate}\n\\item b\\end{itemize}",
         "- a\n\n  1. x\n  2. y\n- b"),
        ("\\begin{itemize}\\item one\n\ntwo\\end{itemize}", "- one\n\n  two"),
        ("\\begin{center}\\begin{tabular}{|l|r|}\\hline a & $b$ \\\\ \\hline c & d|e \\\\ \\end{tabular}\\end{center}",
         "| a | $b$ |\n| --- | --- |\n| c | d\\|e |"),
        ("\\begin{tabular}{ll}\\multicolumn{2}{c}{wide}\\\\ a & b\\end{tabular}",
         "| wide | |\n| --- | --- |\n| a | b |"),
        ("x\n\\begin{verbatim}\na  % not a comment\n\\b{$}\n\\end{verbatim}\ny",
         "x\n\n```\na  % not a comment\n\\b{$}\n```\n\ny"),
        ("\\begin{lstlisting}[language=C]\nint a;\n\\end{lstlisting}", "```\nint a;\n```"),
        ("\\verb|a_b%| c", "`a_b%` c"),
        # left out
        ("a % comment\nb", "a b"),
        ("a% comment\n\nb", "a\n\nb"),
        ("50\\% % of it\nall", "50% all"),
        ("a\\\nb % c\n  d", "a b d"),
        ("\\noindent\na \\vspace{1cm} b\\label{x}", "a b"),
        ("a\n\\nextsample\nb \\remainingsamples{}", "a b"),
        ("\\begin{comment}no\\end{comment}yes", "yes"),
        # the author's macros
        ("\\newcommand{\\maxn}{10^5}at most $\\maxn$", "at most $10^5$"),
        ("\\newcommand{\\b}[2]{#2 of #1}\\b{x}{y}", "y of x"),
        ("\\def\\N{100}$\\N$ and \\N", "$100$ and 100"),
        # unknown things stay readable
        ("\\frobnicate{a}{b} c", "a b c"),
        ("\\frobnicate c", "\\frobnicate c"),
        ("\\begin{frob}a\\end{frob}", "a"),
    ],
)  # fmt: skip
def test_constructs(latex: str, markdown: str) -> None:
    assert md(latex) == markdown


def test_title_and_images() -> None:
    converted = convert(
        "\\problemname{Two \\emph{Cats} --- $n$}\n\\illustration{0.3}{cat}{\\href{x}{y}}%\n\\noindent\nHi."
    )
    assert (converted.title, converted.markdown, converted.has_images) == ("Two *Cats* — $n$", "Hi.\n", True)
    figure = convert("\\begin{figure}[h]\\centering\\includegraphics[width=1cm]{a.png}\\caption{The $x$}\\end{figure}")
    assert figure.has_images
    assert figure.markdown == "[image: a.png]\n\n*The $x$*\n"
    assert not convert("text").has_images


@pytest.mark.parametrize(
    "latex",
    [
        "\\", "{", "}", "$", "$$", "\\begin", "\\begin{", "\\begin{itemize}", "\\end{x}", "\\item", "\\'", "\\v",
        "\\newcommand{\\a}{\\a\\a}\\a", "\\def\\a{\\b}\\def\\b{\\a}\\a", "\\newcommand", "\\begin{tabular}",
        "\\begin{tabular}{l}\\end{tabular}", "{" * 5000 + "x" + "}" * 5000, "\\textbf{" * 3000, "\\begin{a}" * 500,
        "\\verb", "\\verb|", "\\[", "\\(", "\\footnote", "\\href{a}", "\\multicolumn{2}", "\x02\x03\x00", "\\\n\n\\",
        "\\begin{itemize}" * 60 + "\\item x" + "\\end{itemize}" * 60,
    ],
)  # fmt: skip
def test_broken_input_never_fails(latex: str) -> None:
    convert(latex)


def test_random_input_never_fails() -> None:
    pieces = [
        *"\\{}$\n a&%[]`", "\\item", "\\begin{itemize}", "\\end{itemize}", "\\textbf", "\\\\", "\\begin{tabular}{l}",
        "\\end{tabular}", "\\newcommand{\\a}", "\\a", "#1", "\\verb|",
    ]  # fmt: skip
    source = random.Random(20260301)
    for _ in range(400):
        convert("".join(source.choices(pieces, k=60)))


def test_a_macro_bomb_stays_small() -> None:
    names = [f"\\m{chr(97 + n)}" for n in range(20)]
    macros = [f"\\newcommand{{{name}}}{{{next_name * 10}}}" for name, next_name in itertools.pairwise(names)]
    assert len(convert("".join([*macros, "\\ma"])).markdown) < 200_000


@pytest.mark.parametrize(
    "piece",
    ["\\textbf{", "\\begin{a}", "\\begin{verbatim}", "\\(", "$", "\\foo[", "{", "\\item", "\\newcommand{\\a}{", "%"],
)
def test_hostile_text_takes_no_longer_than_harmless_text(piece: str) -> None:
    started = time.process_time()
    convert(piece * (128 * 1024 // len(piece)))
    assert time.process_time() - started < 5
