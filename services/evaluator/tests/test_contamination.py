import pytest

from microcoder.evaluator.domain.contamination import Rule, Text, find_overlaps

RIVER = (
    "Along a river stand $n$ gauges, numbered from $1$ to $n$ downstream. Gauge $i$ shows a water level. Messages "
    "arrive one after the other and change a single gauge; between them somebody asks for the highest level in a range."
)
TOWER = (
    "Two towers stand side by side in the old town, and tourists wonder which of them is taller. Given both heights in "
    "metres on a single line, print the larger one of them, or either if they are equal."
)


def text(name: str, statement: str, title: str = "") -> Text:
    return Text(id=name, title=title or name, statement=statement)


@pytest.mark.parametrize(
    "copy",
    [
        RIVER,
        RIVER.upper(),
        RIVER.replace("$", "").replace(".", "\n\n"),
        "<p>" + RIVER.replace("$n$", "<code>n</code>") + "</p>",
        RIVER.replace("$1$", "$\\mathbf{1}$"),
    ],
)
def test_equal_words_are_the_same_statement_however_they_are_set(copy: str) -> None:
    (overlap,) = find_overlaps([text("item", copy)], [text("other", TOWER), text("problem", RIVER)])
    assert (overlap.item_id, overlap.problem_id, overlap.rule) == ("item", "problem", Rule.STATEMENT)


def test_a_shared_part_is_found_whatever_surrounds_it() -> None:
    wrapped = f"Time limit: two seconds. {RIVER} The input holds at most one hundred thousand messages in all."
    (overlap,) = find_overlaps([text("item", wrapped)], [text("problem", RIVER)])
    assert overlap.rule is Rule.NGRAMS
    assert overlap.share == 1.0


def test_a_retold_statement_under_the_same_title_is_found() -> None:
    retold = (
        "A river has $n$ gauges numbered downstream. A gauge shows a water level. A message may change a gauge, or "
        "somebody asks for the highest level in a range of them."
    )
    items = [text("item", retold, title="Flood  gauges!")]
    (overlap,) = find_overlaps(items, [text("problem", RIVER, title="Flood Gauges")])
    assert overlap.rule is Rule.TITLE
    assert find_overlaps(items, [text("problem", TOWER, title="Flood Gauges")]) == []


def test_common_phrases_do_not_make_two_problems_one() -> None:
    boilerplate = "The first line holds one integer n. Print one integer, the answer. "
    assert find_overlaps([text("a", boilerplate + RIVER)], [text("b", boilerplate + TOWER)]) == []


def test_short_texts_and_empty_ones_need_equal_words() -> None:
    assert find_overlaps([text("a", "Print n.")], [text("b", "Print m.")]) == []
    assert find_overlaps([text("a", "")], [text("b", "")]) == []
    assert len(find_overlaps([text("a", "Print n.")], [text("b", "print N")])) == 1
