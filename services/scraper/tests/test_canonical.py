import io
import random
import tarfile
from pathlib import Path

from microcoder.scraper.domain.canonical import write_canonical
from microcoder.scraper.domain.listing import Entry
from microcoder.testing.packages import kattis_package, write_folder


def canonical(folder: Path, paths: list[str]) -> bytes:
    out = io.BytesIO()
    entries = [(path, Entry(path=path, size=(folder / path).stat().st_size, content=folder / path)) for path in paths]
    write_canonical(entries, out)
    return out.getvalue()


def test_bytes_depend_on_names_and_contents_alone(tmp_path: Path) -> None:
    files = {**kattis_package(), "data/secret/" + "ö" * 110 + ".in": b"long name"}
    first = write_folder(tmp_path / "a", files)
    second = write_folder(tmp_path / "b", dict(reversed(files.items())))
    (second / "problem.yaml").chmod(0o755)
    paths = list(files)
    random.Random(7).shuffle(paths)
    assert canonical(first, list(files)) == canonical(second, paths)


def test_another_content_or_name_gives_other_bytes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"a": b"1", "b": b"1"})
    assert canonical(folder, ["a"]) != canonical(folder, ["b"])


def test_it_is_a_plain_tar(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"z": b"1", "a/b": b"22"})
    with tarfile.open(fileobj=io.BytesIO(canonical(folder, ["z", "a/b"])), mode="r:") as tar:
        members = tar.getmembers()
    assert [(m.name, m.size, m.mtime, m.mode, m.uname) for m in members] == [
        ("a/b", 2, 0, 0o644, ""),
        ("z", 1, 0, 0o644, ""),
    ]
