"""The statement of a package: which file, and what it says."""

import re
from dataclasses import dataclass

from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.fingerprint import words
from microcoder.normalizer.domain.language import detect_language
from microcoder.normalizer.domain.latex import convert
from microcoder.normalizer.domain.markdown import clean_markdown, strip_html
from microcoder.normalizer.domain.metadata import Metadata
from microcoder.normalizer.domain.package import Package, first_below, read_text
from microcoder.normalizer.domain.policy import Policy
from microcoder.normalizer.domain.rejecting import Rejected

_FOLDERS = ("problem_statement", "statement")
_FILE = re.compile(r"[^/]+/problem(?:\.(?P<language>[A-Za-z-]{2,8}))?\.(?P<kind>md|tex)")
_ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement in canonical form."""

    title: str
    """Empty where nothing names the problem."""
    markdown: str
    """Samples left out."""
    language: str
    """ISO 639-1, empty where neither the file's name nor the text tells."""
    has_images: bool
    """Whether it shows pictures, which are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: str
    language: str
    kind: str


def read_statement(package: Package, metadata: Metadata, policy: Policy) -> Statement:
    """The statement in English, else in the first language that there is.

    Raises:
        Rejected: There is none, it is not UTF-8, it says nothing, or the policy leaves its language out.
    """
    file = _choose(package)
    text = read_text(package, file.path, max_bytes=policy.max_statement_bytes)
    statement = _from_markdown(text, file, metadata) if file.kind == "md" else _from_latex(text, file, metadata)
    if not words(statement.markdown):
        raise Rejected(RejectReason.NO_STATEMENT, f"{file.path} says nothing")
    if statement.language not in policy.languages:
        allowed = ", ".join(sorted(filter(None, policy.languages)))
        message = f"the statement ({file.path}) is in {statement.language!r}; the policy takes {allowed}"
        raise Rejected(RejectReason.UNSUPPORTED_LANGUAGE, message)
    return statement


def _choose(package: Package) -> _File:
    paths = first_below(package, _FOLDERS)
    matches = [(path, match) for path in paths if (match := _FILE.fullmatch(path))]
    files = [_File(path=path, language=(m["language"] or "").lower(), kind=m["kind"]) for path, m in matches]
    if not files:
        pdf = next((path for path in paths if path.endswith(".pdf")), "")
        why = f"only {pdf}, which is not read" if pdf else "no problem[.language].tex or .md in problem_statement/"
        raise Rejected(RejectReason.NO_STATEMENT, why)
    # Without a language the format means English.
    return min(files, key=lambda file: (file.language != _ENGLISH, file.language != "", file.language, file.kind))


def _from_latex(text: str, file: _File, metadata: Metadata) -> Statement:
    converted = convert(text)
    return Statement(
        title=_title(metadata, file.language) or converted.title,
        markdown=converted.markdown,
        language=_language(converted.markdown, file),
        has_images=converted.has_images,
    )


def _from_markdown(text: str, file: _File, metadata: Metadata) -> Statement:
    cleaned = clean_markdown(text)
    named = _title(metadata, file.language)
    body = cleaned.markdown
    if cleaned.title and named and words(cleaned.title) != words(named):
        body = f"# {cleaned.title}\n\n{body}"  # a section, since the problem has another name
    return Statement(
        title=named or cleaned.title,
        markdown=body,
        language=_language(body, file),
        has_images=cleaned.has_images,
    )


def _title(metadata: Metadata, language: str) -> str:
    return " ".join(strip_html(metadata.title(language)).split())


def _language(markdown: str, file: _File) -> str:
    """What the text is in; a text too short to tell is believed to be in what its file's name says."""
    return detect_language(markdown) or file.language.partition("-")[0]
