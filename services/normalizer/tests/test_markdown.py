import pytest

from microcoder.normalizer.domain.markdown import clean_markdown


def md(text: str) -> str:
    return clean_markdown(text).markdown.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a<script>alert(1)</script>b", "ab"),
        ("a<SCRIPT src=x>\nalert(1)</script >b", "ab"),
        ("a<script>alert(1)", "a"),
        ("<scr<script></script>ipt>alert(1)</script>", ""),
        ("<svg onload=alert('XSS')></svg>x", "x"),
        ('<a href="#" onclick="alert(1)">Click</a>', "Click"),
        ('<div style="background:url(javascript:alert(1))">x', "x"),
        ("<x-y onclick=alert(1)>t</x-y>", "t</x-y>"),
        ("a<!-- c -->b", "ab"),
        ("10<sup>5</sup> H<sub>2</sub>O", "10^5 H_2O"),
        ("one<br>two", "one\ntwo"),
        ("print <message> to <name>", "print <message> to <name>"),
        ("if a < b and c > d", "if a < b and c > d"),
        ("[x](javascript:alert(1))", "x"),
        ("[x](https://a.example/b) [y](#z)", "[x](https://a.example/b) [y](#z)"),
        ("a {{nextsample}} b", "a  b"),
    ],
)
def test_harmless(text: str, expected: str) -> None:
    assert md(text) == expected


@pytest.mark.parametrize(
    "kept", ["$a<b$", "`<script>`", "$$\na<b>c\n$$", "```\n<b>x</b>\n```", "| a | b |\n| --- | --- |"]
)
def test_math_and_code_stay(kept: str) -> None:
    assert md(f"x\n\n{kept}\n\ny") == f"x\n\n{kept}\n\ny"


@pytest.mark.parametrize("text", ["![cave](cave.jpg)", '<img src="http://x.example/y.png">', "![a][b]"])
def test_images_are_named_and_flagged(text: str) -> None:
    cleaned = clean_markdown(f"Look: {text}")
    assert cleaned.has_images
    assert "x.example" not in cleaned.markdown
    assert "[image" in cleaned.markdown


def test_a_first_heading_is_the_title() -> None:
    cleaned = clean_markdown("\n# Two <b>Cats</b> #\n\nText\n\n# Input\n")
    assert (cleaned.title, cleaned.markdown) == ("Two Cats", "Text\n\n# Input\n")
    assert clean_markdown("Text\n# Input\n").title == ""
