import pytest

from microcoder.core.languages import language_id, language_of_file


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("cpp", "cpp"),
        ("C++", "cpp"),
        ("GNU C++ 17", "cpp17"),
        ("c++14", "cpp17"),
        ("py3", "python3"),
        ("Python 3", "python3"),
        ("Node.js", "javascript"),
        ("C#", "csharp"),
        (" Brainfuck ", "brainfuck"),
    ],
)
def test_every_name_has_one_id(name: str, language: str) -> None:
    assert language_id(name) == language


def test_files_are_known_by_their_suffix() -> None:
    assert language_of_file("sub/Main.java") == "java"
    assert (language_of_file("a.C"), language_of_file("a.c")) == ("cpp", "c")
    assert language_of_file("README") == ""
