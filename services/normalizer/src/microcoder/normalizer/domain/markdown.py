"""Markdown statements: kept, but without HTML, script, pictures and links to anything but the web."""

import re
from dataclasses import dataclass

from microcoder.normalizer.domain.latex.prepare import Stash

_KEPT = re.compile(
    r"(?P<fence>`{3,}|~{3,})[^\n]*\n.*?\n[ ]{0,3}(?P=fence)|`+[^`\n]+`+|\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*>", re.DOTALL)
_ACTIVE = re.compile(
    r"<(?P<name>script|style|iframe|object|embed|svg|math|template|noscript|textarea|form|select|canvas|audio|video)"
    r"\b[^>]*>.*?(?:</(?P=name)\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_IMAGE_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_LINE_TAG = re.compile(r"</?(?:br|p|div|li|tr|h[1-6]|ul|ol|table|hr|section|article|pre)\b[^>]*>", re.IGNORECASE)
_KNOWN_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|button|center|cite|code|col|colgroup|dd|del|details|dl|dt|em|figcaption|figure"
    r"|font|footer|head|header|html|i|input|ins|kbd|label|link|main|mark|meta|nav|option|q|s|samp|small|source|span"
    r"|strike|strong|summary|tbody|td|tfoot|th|thead|title|tt|u|var|script|style|iframe|object|embed|svg|math|form"
    r"|base|frame|frameset|marquee|applet)\b[^>]*>?",
    re.IGNORECASE,
)
_SUPERSCRIPT = re.compile(r"<sup\b[^>]*>(.*?)</sup\s*>", re.IGNORECASE | re.DOTALL)
_SUBSCRIPT = re.compile(r"<sub\b[^>]*>(.*?)</sub\s*>", re.IGNORECASE | re.DOTALL)
_ODD_TAG_WITH_ATTRIBUTES = re.compile(r"</?[A-Za-z][\w:-]*[\s/][^<>]*=[^<>]*>")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)|!\[([^\]]*)\]\[[^\]]*\]")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(\s*<?((?:[^()\s>]|\([^()]*\))*)>?[^()]*\)")
_WEB = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_SAMPLE_MARK = re.compile(r"\{\{\s*(?:nextsample|remainingsamples)\s*\}\}")
_TITLE = re.compile(r"\A\s*#[ \t]+([^\n]+?)[ \t#]*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanMarkdown:
    """A statement without what must not be shown."""

    title: str
    """Its first heading, where that stands above everything else; else empty."""
    markdown: str
    """Without that heading."""
    has_images: bool
    """Whether it shows pictures, which are left out."""


def clean_markdown(text: str) -> CleanMarkdown:
    """The Markdown statement `text`, harmless. Code and math stay as they are."""
    stash = Stash()
    text = "".join(char for char in text if char in "\n\t" or ord(char) >= 32)
    text = _KEPT.sub(lambda match: stash.put(match[0]), text)
    title, text = _split_title(_SAMPLE_MARK.sub("", text))
    text, tags = _IMAGE_TAG.subn("[image]", text)
    text, images = _IMAGE.subn(lambda match: f"[image: {(match[1] or match[2] or '').strip()}]", text)
    text = _LINK.sub(_checked_link, strip_html(text))
    text = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text))
    return CleanMarkdown(
        title=" ".join(stash.restore(strip_html(title)).split()),
        markdown=stash.restore(text).strip() + "\n",
        has_images=bool(tags or images),
    )


def strip_html(text: str) -> str:
    """`text` without HTML tags, and without the content of those that hold no text for a reader.

    `<word>` that is no HTML stays, since statements write placeholders so; whoever renders Markdown must still turn
    HTML off.
    """
    text = _COMMENT.sub("", text)
    while True:
        stripped = _ACTIVE.sub("", text)
        if stripped == text:
            break
        text = stripped
    text = _SUPERSCRIPT.sub(r"^\1", text)
    text = _SUBSCRIPT.sub(r"_\1", text)
    text = _LINE_TAG.sub("\n", text)
    return _ODD_TAG_WITH_ATTRIBUTES.sub("", _KNOWN_TAG.sub("", text))


def _split_title(text: str) -> tuple[str, str]:
    match = _TITLE.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)


def _checked_link(match: re.Match[str]) -> str:
    return match[0] if _WEB.match(match[2]) else match[1]
