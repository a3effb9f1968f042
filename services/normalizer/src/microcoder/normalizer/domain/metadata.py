"""What `problem.yaml` says, in the legacy format and the basics of 2023-07.

Format: https://www.kattis.com/problem-package-format
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microcoder.normalizer.domain.numbers import positive

_MIB = 1024 * 1024
_MAX_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The fields that matter here."""

    names: Mapping[str, str]
    """Title by language; under "" where no language is given."""
    author: str
    """Authors as stated, empty where unknown."""
    licence: str
    """In the source's words, empty where unknown."""
    source_url: str
    """Where the problem was used first, empty where unknown."""
    tags: tuple[str, ...]
    """Keywords."""
    kinds: frozenset[str]
    """`pass-fail`, `scoring`, `interactive`, `multi-pass`, `submit-answer`; legacy validation modes included."""
    custom_validator: bool | None
    """Whether outputs are compared by a program of the package; None where the programs that are there decide."""
    validator_flags: tuple[str, ...]
    """Arguments for the comparison on every test."""
    time_limit_s: float | None
    """Seconds of CPU, None where none is stated."""
    memory_bytes: int | None
    """Bytes, None where none is stated."""
    output_bytes: int | None
    """Bytes, None where none is stated."""

    def title(self, language: str) -> str:
        """The title for a statement in `language`, empty where there is none."""
        return self.names.get(language) or self.names.get("") or self.names.get("en") or ""


def read_metadata(document: Mapping[str, Any]) -> Metadata:
    """The metadata in a parsed `problem.yaml`. What has the wrong type counts as absent."""
    limits = _mapping(document.get("limits"))
    validation = str(document.get("validation") or "").split()
    modern = not str(document.get("problem_format_version") or "legacy").startswith("legacy")
    return Metadata(
        names=_names(document.get("name")),
        author=_people(document.get("author") or document.get("credits")),
        licence=_licence(document.get("license")),
        source_url=_text(document.get("source_url") or _mapping(document.get("source")).get("url")),
        tags=tuple(_words(document.get("keywords"))),
        kinds=frozenset([*_words(document.get("type")), *validation[1:]]),
        custom_validator=None if modern else validation[:1] == ["custom"],
        validator_flags=tuple(_words(document.get("validator_flags"))),
        time_limit_s=positive(limits.get("time_limit")),
        memory_bytes=_mebibytes(limits.get("memory")),
        output_bytes=_mebibytes(limits.get("output")),
    )


def _mebibytes(value: Any) -> int | None:
    number = positive(value)
    return None if number is None else int(number * _MIB)


def _names(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(language): _text(name) for language, name in value.items() if _text(name)}
    return {"": _text(value)} if _text(value) else {}


def _people(value: Any) -> str:
    if isinstance(value, Mapping):
        return _people(value.get("authors"))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_person, value)))[:_MAX_TEXT]
    return _person(value)


def _person(value: Any) -> str:
    return _text(value.get("name") if isinstance(value, Mapping) else value)


def _licence(value: Any) -> str:
    licence = _text(value).lower()
    return "" if licence == "unknown" else licence


def _words(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value if (text := _text(item))]
    return _text(value).split()


def _text(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return " ".join(str(value).split())[:_MAX_TEXT]
    return ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
