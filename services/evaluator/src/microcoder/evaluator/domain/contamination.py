"""Does an evaluation item share a problem with the data that a model was trained on?

Contest statements share boilerplate, so that a single common n-gram says little. What counts here is the share of the
shorter text's 16-grams that the other one has too. Item and problem are the same where

- their statements have the same words, or
- their titles have the same words and so have, by and large, their statements, or
- at least three tenths of the shorter one's 16-grams are in the other.

Between LiveCodeBench's 1,055 items and 12,472 other copies of contest problems (docs/evaluation.md) these rules find
the 598 copies, and beside them only siblings such as the easy and the hard version of one problem; at one tenth, the
fixed phrases of a platform's short statements are found too.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

NGRAM = 16
"""Words in a row (MicroCoder's screen)."""
MIN_SHARED_NGRAMS = 0.3
"""Share of the shorter text's n-grams from which two texts are one problem."""
MIN_SHARED_WORDS = 0.3
"""Jaccard index of the words from which two texts with equal titles are one problem."""

_COMMAND = re.compile(r"\\[a-zA-Z]+|<[^<>]{1,80}>|&[a-z]{2,8};")
_WORD = re.compile(r"[^\W_]+")


class Rule(StrEnum):
    """Why two texts count as one problem."""

    STATEMENT = "same statement"
    TITLE = "same title and words"
    NGRAMS = "shared 16-grams"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What is compared of an item or of a problem."""

    id: str
    title: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """An item that is in the training data."""

    item_id: str
    problem_id: str
    rule: Rule
    share: float
    """Of the shorter text's 16-grams that the other has; 1 for equal statements."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    id: str
    title: str
    words: tuple[str, ...]
    ngrams: frozenset[int]


def find_overlaps(items: Iterable[Text], problems: Iterable[Text]) -> list[Overlap]:
    """One overlap for each pair of an item and a problem that are the same, in the order of the problems."""
    prepared = [_prepare(item) for item in items]
    by_ngram: defaultdict[int, set[int]] = defaultdict(set)
    by_title: defaultdict[str, set[int]] = defaultdict(set)
    by_words: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for index, item in enumerate(prepared):
        by_title[item.title].add(index)
        by_words[item.words].add(index)
        for ngram in item.ngrams:
            by_ngram[ngram].add(index)
    found = []
    for problem in map(_prepare, problems):
        candidates = by_title[problem.title] | by_words[problem.words]
        for ngram in problem.ngrams:
            candidates |= by_ngram.get(ngram, set())
        found += [overlap for index in sorted(candidates) if (overlap := _compare(prepared[index], problem))]
    return found


def _compare(item: _Prepared, problem: _Prepared) -> Overlap | None:
    shorter = min(len(item.ngrams), len(problem.ngrams))
    share = len(item.ngrams & problem.ngrams) / shorter if shorter else 0.0
    if item.words and item.words == problem.words:
        rule, share = Rule.STATEMENT, 1.0
    elif item.title and item.title == problem.title and _jaccard(item.words, problem.words) >= MIN_SHARED_WORDS:
        rule = Rule.TITLE
    elif share >= MIN_SHARED_NGRAMS:
        rule = Rule.NGRAMS
    else:
        return None
    return Overlap(item_id=item.id, problem_id=problem.id, rule=rule, share=share)


def _prepare(text: Text) -> _Prepared:
    words = _words(text.statement)
    ngrams = frozenset(hash(words[i : i + NGRAM]) for i in range(len(words) - NGRAM + 1))
    return _Prepared(text.id, " ".join(_words(text.title)), words, ngrams)


def _words(text: str) -> tuple[str, ...]:
    """Words and numbers in lower case; LaTeX commands, HTML tags, entities and punctuation left out."""
    return tuple(_WORD.findall(_COMMAND.sub(" ", text).casefold()))


def _jaccard(left: Sequence[str], right: Sequence[str]) -> float:
    both, either = set(left) & set(right), set(left) | set(right)
    return len(both) / len(either) if either else 0.0
