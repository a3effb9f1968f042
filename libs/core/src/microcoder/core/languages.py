"""Names of programming languages: one id each, whatever a source, a file or a person calls it."""

from collections.abc import Mapping
from pathlib import PurePosixPath

_BY_SUFFIX: Mapping[str, str] = {
    ".py": "python3", ".py3": "python3", ".py2": "python2",
    ".cpp": "cpp", ".cc": "cpp", ".cxx": "cpp", ".c++": "cpp", ".C": "cpp", ".c": "c",
    ".java": "java", ".kt": "kotlin", ".scala": "scala", ".rs": "rust", ".go": "go", ".cs": "csharp",
    ".js": "javascript", ".ts": "typescript", ".rb": "ruby", ".php": "php", ".hs": "haskell", ".ml": "ocaml",
    ".lisp": "lisp", ".pas": "pascal", ".pl": "perl", ".swift": "swift", ".d": "d", ".sh": "bash",
}  # fmt: skip
_NAMES: Mapping[str, tuple[str, ...]] = {
    "python3": ("python", "py", "py3", "cpython", "cpython3"),
    "python3-numpy": ("numpy", "python-numpy"),
    "python2": ("py2",),
    "cpp": ("c++", "cc", "cxx", "g++", "gnuc++", "c++20", "cpp20", "gnu++20", "gnuc++20"),
    "cpp17": ("c++17", "gnu++17", "gnuc++17", "c++14", "cpp14", "gnuc++14", "c++11", "cpp11", "gnuc++11"),
    "c": ("gcc", "gnuc", "c11", "c17", "gnuc11", "gnuc17", "c99"),
    "java": ("java8", "java11", "java17", "java21", "openjdk"),
    "javascript": ("js", "node", "nodejs", "node.js"),
    "typescript": ("ts",),
    "csharp": ("c#", "cs"),
    "go": ("golang",),
    "rust": ("rs",),
    "kotlin": ("kt",),
    "ruby": ("rb",),
    "haskell": ("hs",),
    "pascal": ("pas", "fpc", "freepascal"),
    "perl": ("pl", "perl5"),
}
_BY_NAME = {name: language for language, names in _NAMES.items() for name in (language, *names)}


def language_id(name: str) -> str:
    """The id for any of a language's names: `C++17`, `GNU C++ 17` and `cpp17` are `cpp17`.

    A name that is not known is taken for an id, without blanks and in lower case.
    """
    plain = "".join(name.split()).casefold()
    return _BY_NAME.get(plain, plain)


def aliases_of(language: str) -> tuple[str, ...]:
    """The other names of a language, in lower case and without blanks."""
    return _NAMES.get(language, ())


def language_of_file(path: str) -> str:
    """The id for a source file by its suffix; empty where the suffix is of no known language."""
    return _BY_SUFFIX.get(PurePosixPath(path).suffix, "")
