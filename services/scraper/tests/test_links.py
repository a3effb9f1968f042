from pathlib import Path

import pytest

from microcoder.core.rejection import RejectReason
from microcoder.scraper.domain.links import BadLink, LinkedTree
from microcoder.scraper.domain.listing import Cut, Entry, Listing, unsafe


def tree(files: list[str], links: dict[str, str]) -> list[Entry]:
    entries = [Entry(path=path, size=1, content=Path(path)) for path in files]
    return entries + [Entry(path=path, target=target) for path, target in links.items()]


def resolved(entries: list[Entry], *, max_files: int = 100) -> dict[str, str]:
    files = LinkedTree(Listing(entries=tuple(entries))).files("p", max_files=max_files)
    return {path: str(entry.content) for path, entry in files.items()}


def test_links_to_files_folders_and_through_links() -> None:
    entries = tree(["p/a/1.in", "p/a/1.ans"], {"p/b/1.in": "p/a/1.in", "p/c": "p/a", "p/d/x": "p/c/1.ans"})
    assert resolved(entries) == {
        "p/a/1.in": "p/a/1.in",
        "p/a/1.ans": "p/a/1.ans",
        "p/b/1.in": "p/a/1.in",
        "p/c/1.in": "p/a/1.in",
        "p/c/1.ans": "p/a/1.ans",
        "p/d/x": "p/a/1.ans",
    }


@pytest.mark.parametrize(
    ("links", "reason"),
    [
        ({"p/x": "p/y", "p/y": "p/x"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/x": "p/x"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/a/loop": "p/a"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/a/loop": "p"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/x": "q/back", "q/back": "p"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/x": ""}, RejectReason.UNSAFE_PACKAGE),
        ({"p/data/1.ans": "p/nothing"}, RejectReason.UNREADABLE_PACKAGE),
        ({"p/submissions/accepted/a.py": "q/nothing"}, RejectReason.UNREADABLE_PACKAGE),
    ],
)
def test_bad_links(links: dict[str, str], reason: RejectReason) -> None:
    with pytest.raises(BadLink) as caught:
        resolved(tree(["p/a/1.in", "q/secret"], links))
    assert caught.value.fault.reason is reason


def test_a_link_to_nothing_that_nobody_judges_is_left_out() -> None:
    assert resolved(tree(["p/data/1.in"], {"p/problem.pdf": "doc/problem.pdf"})) == {"p/data/1.in": "p/data/1.in"}


def test_packages_share_files_of_their_collection() -> None:
    files = ["p/a/1.in", "p-other/b", "headers/check.h", "q/data/2.in"]
    links = {"p/v/check.h": "headers/check.h", "p/more": "q/data", "q/x": "p/a"}
    assert resolved(tree(files, links)) == {
        "p/a/1.in": "p/a/1.in",
        "p/v/check.h": "headers/check.h",
        "p/more/2.in": "q/data/2.in",
    }


def test_a_link_to_something_faulty_takes_over_the_fault() -> None:
    faulty = [Entry(path="q/device", fault=unsafe("a device")), Entry(path="q/device", size=1, content=Path("x"))]
    with pytest.raises(BadLink, match="a device"):
        resolved([*tree(["p/a"], {"p/x": "q/device"}), *faulty])


def test_of_a_cut_archive_no_package_shares_anything() -> None:
    entries = tree(["p/a", "q/b"], {"p/own": "p/a", "p/shared": "q/b"})
    cut = LinkedTree(Listing(entries=tuple(entries), cut=Cut(fault=unsafe("cut"), last_path="r/c")))
    with pytest.raises(BadLink, match="cut"):
        cut.files("p", max_files=10)
    assert list(cut.files("q", max_files=10)) == ["q/b"]


def test_links_that_multiply_files_are_counted() -> None:
    links = {f"p/l{level}/{n}": f"p/l{level - 1}" for level in range(1, 5) for n in range(10)}
    with pytest.raises(BadLink, match="more than 1000 files"):
        resolved(tree(["p/l0/1.in"], links), max_files=1000)
