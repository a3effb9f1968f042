import pytest

from microcoder.scraper.domain.names import UnsafeName, below, is_inside, link_path, safe_path


@pytest.mark.parametrize(
    ("name", "path"),
    [("a/b.in", "a/b.in"), ("./a//b", "a/b"), ("a/./b/", "a/b"), ("./", ""), ("ä/ö", "ä/ö"), ("..a/b..", "..a/b..")],
)
def test_harmless_names_are_normalised(name: str, path: str) -> None:
    assert safe_path(name) == path


@pytest.mark.parametrize(
    ("name", "anchor"),
    [
        ("../x", ""), ("p/../../x", "p"), ("p/q/../x", "p/q"), ("/etc/passwd", ""), ("C:/x", ""), ("\\\\host\\x", ""),
        ("p/a\\b", "p"), ("p/a\nb", "p"), ("p/\x00", "p"), ("p/\udcff", "p"), ("a" * 2000, ""),
    ],
)  # fmt: skip
def test_names_that_leave_or_confuse_are_refused(name: str, anchor: str) -> None:
    with pytest.raises(UnsafeName) as caught:
        safe_path(name)
    assert caught.value.anchor == anchor


@pytest.mark.parametrize(
    ("link", "target", "expected"),
    [
        ("p/data/2.in", "../other/1.in", "p/other/1.in"),
        ("p/x", "./y", "p/y"),
        ("p/x", "../..", None),
        ("x", "..", None),
        ("p/x", "/etc/passwd", None),
        ("p/x", "a\\b", None),
    ],
)
def test_where_links_point(link: str, target: str, expected: str | None) -> None:
    assert link_path(link, target) == expected


def test_inside_is_about_folders_not_prefixes() -> None:
    assert is_inside("a/b", "a")
    assert is_inside("a", "a")
    assert is_inside("a", "")
    assert not is_inside("ab/c", "a")
    assert below("a/b/c", "a") == "b/c"
