from microcoder.core.ids import problem_id, slug


def test_plain_text_is_its_own_slug() -> None:
    assert slug("two-sums") == "two-sums"


def test_texts_that_lose_something_stay_apart() -> None:
    slugs = {slug(text) for text in ("Two Sums", "two sums", "two_sums", "two-sums", "две суммы", "")}
    assert len(slugs) == 6


def test_long_text_is_cut_and_marked() -> None:
    assert len(slug("a" * 200)) == 69
    assert slug("a" * 200) != slug("a" * 201)


def test_problem_id_depends_on_both_parts() -> None:
    assert problem_id("kattis:kth", "ants") != problem_id("kattis", "kth-ants")
    assert problem_id("sample", "ants") == "sample.ants"
