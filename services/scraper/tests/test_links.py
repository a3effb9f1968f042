from pathlib import Path

import pytest

from microcoder.core.rejection import RejectReason
from microcoder.scraper.domain.links import BadLink, resolve_links
from microcoder.scraper.domain.listing import Entry


def tree(files: list[str], links: dict[str, str]) -> dict[str, Entry]:
    entries = {path: Entry(path=path, size=1, content=Path(path)) for path in files}
    return entries | {path: Entry(path=path, target=target) for path, target in links.items()}


def resolved(entries: dict[str, Entry], *, max_files: int = 100) -> dict[str, str]:
    return {path: str(entry.content) for path, entry in resolve_links(entries, "p", max_files=max_files).items()}


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
        ({"p/x": "q/secret"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/x": "p/y", "p/y": "p/x"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/x": "p/x"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/a/loop": "p/a"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/a/loop": "p"}, RejectReason.UNSAFE_PACKAGE),
        ({"p/x": "p/nothing"}, RejectReason.UNREADABLE_PACKAGE),
    ],
)
def test_bad_links(links: dict[str, str], reason: RejectReason) -> None:
    with pytest.raises(BadLink) as caught:
        resolved(tree(["p/a/1.in", "q/secret"], links))
    assert caught.value.fault.reason is reason


def test_links_that_multiply_files_are_counted() -> None:
    links = {f"p/l{level}/{n}": f"p/l{level - 1}" for level in range(1, 5) for n in range(10)}
    with pytest.raises(BadLink, match="more than 1000 files"):
        resolved(tree(["p/l0/1.in"], links), max_files=1000)
