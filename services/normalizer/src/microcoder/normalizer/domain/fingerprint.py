"""What makes two problems the same one."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from microcoder.core.ids import digest_of
from microcoder.core.problem import Sample

_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text, case, accents' encoding, punctuation and markup aside."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("_", " "))


def statement_digest(statement: str) -> str:
    """SHA-256 over the words of a statement."""
    return digest_of(" ".join(words(statement)).encode())


def samples_digest(samples: Sequence[Sample]) -> str:
    """SHA-256 over the samples, white space aside; empty where there is none."""
    if not samples:
        return ""
    hasher = hashlib.sha256()
    for sample in samples:
        for text in (sample.input, sample.output):
            hasher.update(" ".join(text.split()).encode() + b"\0")
    return hasher.hexdigest()
