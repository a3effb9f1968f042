"""Stable identifiers. They appear in URLs, topics' keys, file names and on screens, so they are readable slugs."""

import hashlib
import re
import secrets

_UNSAFE = re.compile(r"[^a-z0-9]+")
_MAX_PART = 60


def digest_of(data: bytes) -> str:
    """SHA-256 of `data` as 64 lower-case hex digits: the name of a blob."""
    return hashlib.sha256(data).hexdigest()


def slug(text: str) -> str:
    """`text` in lower-case ASCII letters, digits and hyphens, at most 69 characters.

    Where something had to be dropped or cut, eight hex digits of the SHA-256 of `text` are appended, so that two
    different texts never share a slug.
    """
    lowered = text.lower()
    plain = _UNSAFE.sub("-", lowered).strip("-")
    lossless = plain == lowered and len(plain) <= _MAX_PART
    if lossless and plain:
        return plain
    mark = digest_of(text.encode("utf-8", "surrogatepass"))[:8]
    return f"{plain[:_MAX_PART].rstrip('-')}-{mark}" if plain else mark


def problem_id(source: str, external_id: str) -> str:
    """The id of one problem of one source: the same pair always gives the same id."""
    return f"{slug(source)}.{slug(external_id)}"


def new_run_id(prefix: str) -> str:
    """A fresh id such as `train-3f9a1c`, for things that a person starts."""
    return f"{prefix}-{secrets.token_hex(3)}"
