"""Overlap with evaluation sets: containment of word 16-grams.

MicroCoder screens its training set against its test set by "16-gram similarity" with the threshold 0.22; unit and
formula are not published. Ours: the share of a problem's word 16-grams that occur in one protected statement. A share,
because any single shared n-gram flags a large part of all contest problems: they share their boilerplate.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from microcoder.normalizer.domain.fingerprint import words

GRAM = 16
"""Words in a gram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """The protected statement that a text shares most with."""

    name: str
    """Its name, empty where nothing is shared."""
    share: float
    """Share of the text's grams that occur in it, 0 to 1."""


class ProtectedTexts:
    """An index of the statements of an evaluation set."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        """Indexes `texts`, pairs of name and statement."""
        self._names: list[str] = []
        self._owners: defaultdict[int, list[int]] = defaultdict(list)
        for number, (name, text) in enumerate(texts):
            self._names.append(name)
            for gram in _grams(text):
                self._owners[gram].append(number)

    def __len__(self) -> int:
        return len(self._names)

    def overlap(self, text: str) -> Overlap:
        """How much of `text` is found in the protected statement that it shares most with."""
        grams = _grams(text)
        shared = Counter(owner for gram in grams for owner in self._owners.get(gram, ()))
        if not shared:
            return Overlap(name="", share=0.0)
        owner, count = min(shared.items(), key=lambda item: (-item[1], item[0]))
        return Overlap(name=self._names[owner], share=count / len(grams))


def _grams(text: str) -> set[int]:
    """Hashes of the word 16-grams; a shorter text is one gram."""
    tokens = words(text)
    if not tokens:
        return set()
    return {hash(tuple(tokens[i : i + GRAM])) for i in range(max(1, len(tokens) - GRAM + 1))}
