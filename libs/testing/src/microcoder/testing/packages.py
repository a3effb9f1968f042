"""Small Kattis problem packages, written as a folder, tar or zip."""

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

Files = Mapping[str, bytes]
"""Content by path."""


class MemoryPackage:
    """The normalizer's `Package`, from a mapping."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @property
    def paths(self) -> Sequence[str]:
        return sorted(self._files)

    def size(self, path: str) -> int:
        return len(self._files[path])

    def read(self, path: str) -> bytes:
        return self._files[path]


def kattis_package(
    *, title: str = "Two Sum", files: Mapping[str, str | bytes | None] | None = None
) -> dict[str, bytes]:
    """A whole package: LaTeX statement, a sample, two secret tests, one right and one wrong program.

    Args:
        title: Of the problem.
        files: More files, or others in place of those above, or None to leave one out, by path.
    """
    body = (
        f"This is the problem of {title}. You are given two integers $a$ and $b$ on one line, and you have to find "
        "the sum of them.\n\n\\section*{Input}\nOne line with the two integers.\n\n\\section*{Output}\nTheir sum."
    )
    contents: dict[str, str | bytes | None] = {
        "problem.yaml": "license: cc by-sa\nauthor: A. Setter\nsource: A Test Contest\n",
        "problem_statement/problem.en.tex": f"\\problemname{{{title}}}\n\n{body}\n",
        "data/sample/1.in": "1 2\n",
        "data/sample/1.ans": "3\n",
        "data/secret/01.in": "10 20\n",
        "data/secret/01.ans": "30\n",
        "data/secret/02.in": "100 -7\n",
        "data/secret/02.ans": "93\n",
        "submissions/accepted/sum.py": "a, b = map(int, input().split())\nprint(a + b)\n",
        "submissions/wrong_answer/product.py": "a, b = map(int, input().split())\nprint(a * b)\n",
    }
    contents |= files or {}
    return {
        path: content.encode() if isinstance(content, str) else content
        for path, content in contents.items()
        if content is not None
    }


def in_folder(folder: str, files: Files) -> dict[str, bytes]:
    """`files` below `folder`."""
    return {f"{folder}/{path}": content for path, content in files.items()}


def write_folder(folder: Path, files: Files) -> Path:
    """Writes `files` below `folder` and gives it."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


def tar_bytes(files: Files, *, mode: str = "w") -> bytes:
    """`files` as a tar; `mode` as that of `tarfile.open`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zip_bytes(files: Files) -> bytes:
    """`files` as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return out.getvalue()
