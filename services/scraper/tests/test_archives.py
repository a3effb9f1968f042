"""Folders, tars and zips as they come, good and bad."""

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from microcoder.core.rejection import RejectReason
from microcoder.scraper.adapters.archive import Unreadable, read_any, stem
from microcoder.scraper.adapters.spool import ReadLimits, Spool
from microcoder.scraper.domain.packages import Findings, PackageLimits, find_packages
from microcoder.testing.packages import in_folder, kattis_package, tar_bytes, write_folder, zip_bytes

PACKAGES = {**in_folder("contest/alpha", kattis_package(title="Alpha")), **in_folder("contest/beta", kattis_package())}
MIB = 1024 * 1024


class Reader:
    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.spool = tmp_path / "spool"
        self.spool.mkdir()
        self.max_bytes, self.max_file_bytes, self.max_members = 50 * MIB, 10 * MIB, 1000

    def __call__(self, content: bytes | Path, name: str = "contest.tar") -> Findings:
        path = content if isinstance(content, Path) else self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        limits = ReadLimits(max_bytes=self.max_bytes, max_file_bytes=self.max_file_bytes, max_members=self.max_members)
        listing = read_any(path, Spool(self.spool, limits))
        return find_packages(listing, root_name=stem(path), limits=PackageLimits(max_bytes=20 * MIB, max_files=500))


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def names(findings: Findings) -> list[str]:
    return [package.external_id for package in findings.packages]


def reasons(findings: Findings) -> list[tuple[str, str]]:
    return [(item.name, item.reason) for item in findings.skipped]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("c.tar", tar_bytes),
        ("c.tar.gz", lambda files: tar_bytes(files, mode="w:gz")),
        ("c.tar.bz2", lambda files: tar_bytes(files, mode="w:bz2")),
        ("c.tar.xz", lambda files: tar_bytes(files, mode="w:xz")),
        ("c.zip", zip_bytes),
    ],
)
def test_all_packages_of_an_archive_are_found(
    read: Reader, name: str, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    findings = read(pack({**PACKAGES, "contest/README": b"hello"}), name)
    assert names(findings) == ["alpha", "beta"]
    assert [path for path, _ in findings.packages[0].files] == sorted(kattis_package())
    assert stem(Path(name)) == "c"
    assert findings.skipped == ()


def test_a_folder_is_read_in_place(read: Reader, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f", {**PACKAGES, "contest/alpha/.git/config": b"x"})
    findings = read(folder)
    assert names(findings) == ["alpha", "beta"]
    assert not list(read.spool.iterdir())
    assert not any(".git" in path for path, _ in findings.packages[0].files)


def test_a_package_may_be_the_root_and_same_names_are_told_apart(read: Reader) -> None:
    assert names(read(tar_bytes(kattis_package()), "sums.tar")) == ["sums"]
    twice = {**in_folder("a/sum", kattis_package()), **in_folder("b/sum", kattis_package())}
    assert names(read(tar_bytes(twice))) == ["a/sum", "b/sum"]


def test_a_lonely_problem_yaml_is_named(read: Reader) -> None:
    findings = read(tar_bytes({"a/problem.yaml": b"name: A", **in_folder("b", kattis_package())}))
    assert names(findings) == ["b"]
    assert reasons(findings) == [("a", "NO_STATEMENT")]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_cut_tar_gives_what_was_whole(read: Reader, share: float) -> None:
    big = {f"p{n}/data/secret/big.in": os.urandom(40_000) for n in range(10)}
    files = {path: content for n in range(10) for path, content in in_folder(f"p{n}", kattis_package()).items()}
    ordered = dict(sorted({**files, **big}.items()))
    whole = tar_bytes(ordered, mode="w:gz")
    findings = read(whole[: int(len(whole) * share)])
    assert 0 < len(names(findings)) < 10
    assert names(findings) == [f"p{n}" for n in range(len(names(findings)))]
    assert [reason for _, reason in reasons(findings)] == ["UNREADABLE_PACKAGE"]
    assert all(len(package.files) == len(kattis_package()) + 1 for package in findings.packages)


def test_a_tar_cut_between_two_members_is_noticed(read: Reader) -> None:
    whole = tar_bytes(dict(sorted(PACKAGES.items())))
    end = len(whole.rstrip(b"\0")) // 512 * 512 + 512
    findings = read(whole[:end])
    assert names(findings) == ["alpha"]
    assert reasons(findings) == [("contest/beta", "UNREADABLE_PACKAGE")]


def test_a_damaged_header_in_the_middle_is_noticed(read: Reader) -> None:
    whole = bytearray(tar_bytes(dict(sorted(PACKAGES.items()))))
    at = whole.rindex(b"contest/beta/problem_statement")
    whole[at + 150] ^= 0xFF
    findings = read(bytes(whole))
    assert names(findings) == ["alpha"]
    assert reasons(findings) == [("contest/beta", "UNREADABLE_PACKAGE")]


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8bnot gzip", b"PK\x03\x04junk", os.urandom(2000)])
def test_what_is_no_archive_is_refused(read: Reader, content: bytes) -> None:
    with pytest.raises(Unreadable):
        read(content)


def test_a_cut_zip_is_refused(read: Reader) -> None:
    with pytest.raises(Unreadable, match="damaged or cut zip"):
        read(zip_bytes(PACKAGES)[:-40], "c.zip")


def special(name: str, kind: bytes, target: str = "") -> Callable[[tarfile.TarFile], None]:
    def add(tar: tarfile.TarFile) -> None:
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = target
        tar.addfile(info)

    return add


@pytest.mark.parametrize(
    ("add", "where"),
    [
        (special("contest/alpha/../../../etc/x", tarfile.REGTYPE), "contest/alpha"),
        (special("contest/alpha/data/x", tarfile.SYMTYPE, "/etc/passwd"), "contest/alpha"),
        (special("contest/alpha/data/x", tarfile.SYMTYPE, "../../../../etc/passwd"), "contest/alpha"),
        (special("contest/alpha/data/x", tarfile.LNKTYPE, "/etc/passwd"), ""),
        (special("contest/alpha/data/x", tarfile.CHRTYPE), "contest/alpha"),
        (special("contest/alpha/data/x", tarfile.FIFOTYPE), "contest/alpha"),
        (special("../../etc/x", tarfile.REGTYPE), ""),
        (special("/etc/x", tarfile.REGTYPE), ""),
    ],
)
def test_a_member_that_leaves_the_archive_stops_its_package_only(
    read: Reader, add: Callable[[tarfile.TarFile], None], where: str
) -> None:
    out = io.BytesIO(tar_bytes(PACKAGES))
    with tarfile.open(fileobj=out, mode="a") as tar:
        add(tar)
    findings = read(out.getvalue())
    assert reasons(findings) == [(where, "UNSAFE_PACKAGE")]
    assert "beta" in names(findings)
    assert ("alpha" in names(findings)) is (where == "")


def test_links_inside_a_collection_become_files(read: Reader) -> None:
    out = io.BytesIO(tar_bytes(PACKAGES))
    with tarfile.open(fileobj=out, mode="a") as tar:
        special("contest/alpha/data/secret/03.in", tarfile.SYMTYPE, "01.in")(tar)
        special("contest/alpha/data/secret/03.ans", tarfile.LNKTYPE, "contest/alpha/data/secret/01.ans")(tar)
        special("contest/alpha/shared.yaml", tarfile.SYMTYPE, "../beta/problem.yaml")(tar)
    files = dict(read(out.getvalue()).packages[0].files)
    assert files["data/secret/03.in"] == files["data/secret/01.in"]
    assert files["data/secret/03.ans"] == files["data/secret/01.ans"]
    assert files["shared.yaml"].path == "contest/beta/problem.yaml"


def test_special_files_and_links_of_a_folder(read: Reader, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "f", {**PACKAGES, **in_folder("contest/gamma", kattis_package())})
    os.mkfifo(folder / "contest/alpha/data/pipe")
    (folder / "contest/beta/data/out").symlink_to("/etc")
    (folder / "contest/gamma/data/secret/more").symlink_to("../sample")
    findings = read(folder)
    assert names(findings) == ["gamma"]
    assert reasons(findings) == [("contest/alpha", "UNSAFE_PACKAGE"), ("contest/beta", "UNSAFE_PACKAGE")]
    assert "data/secret/more/1.in" in dict(findings.packages[0].files)


def test_links_and_encryption_in_a_zip(read: Reader) -> None:
    out = io.BytesIO(zip_bytes(PACKAGES))
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("contest/alpha/data/x")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "../../../../etc/passwd")
        archive.writestr("../evil", "x")
    findings = read(out.getvalue(), "c.zip")
    assert names(findings) == ["beta"]
    assert sorted(reasons(findings)) == [("", "UNSAFE_PACKAGE"), ("contest/alpha", "UNSAFE_PACKAGE")]


def test_a_damaged_member_of_a_zip_stops_its_package_only(read: Reader) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, content in {**PACKAGES, "contest/alpha/data/secret/03.in": b"MARK" * 50}.items():
            archive.writestr(path, content)
    damaged = out.getvalue().replace(b"MARKMARK", b"MARKMURK", 1)
    findings = read(damaged, "c.zip")
    assert names(findings) == ["beta"]
    assert reasons(findings) == [("contest/alpha", "UNREADABLE_PACKAGE")]


def test_a_bomb_is_stopped_by_what_it_says_it_holds(read: Reader) -> None:
    bomb = {**PACKAGES, **{f"contest/zeta/data/{n}.in": bytes(9 * MIB) for n in range(8)}}
    for content, name in ((tar_bytes(bomb, mode="w:gz"), "b.tar.gz"), (zip_bytes(bomb), "b.zip")):
        findings = read(content, name)
        assert names(findings)[:1] == ["alpha"]
        assert [reason for _, reason in reasons(findings)] == ["UNSAFE_PACKAGE"]


def test_too_many_members_are_stopped(read: Reader) -> None:
    read.max_members = 100
    many = {**PACKAGES, **{f"z/{n}": b"" for n in range(200)}}
    findings = read(tar_bytes(many))
    assert names(findings) == ["alpha", "beta"]
    assert [reason for _, reason in reasons(findings)] == ["UNSAFE_PACKAGE"]


def test_one_huge_file_stops_its_package_only_and_is_never_unpacked(read: Reader) -> None:
    files = {**PACKAGES, "contest/alpha/data/secret/huge.in": bytes(11 * MIB)}
    findings = read(tar_bytes(files, mode="w:gz"))
    assert names(findings) == ["beta"]
    assert reasons(findings) == [("contest/alpha", "UNSAFE_PACKAGE")]
    assert max(path.stat().st_size for path in read.spool.iterdir()) < MIB


def test_a_header_that_claims_gigabytes_is_not_read(read: Reader) -> None:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 4 * 1024 * MIB
    whole = tar_bytes(PACKAGES).rstrip(b"\0")
    padded = whole + bytes(-len(whole) % 512)
    findings = read(padded + info.tobuf(tarfile.PAX_FORMAT)[:512] + bytes(1024))
    assert [reason for _, reason in reasons(findings)][-1] == RejectReason.UNSAFE_PACKAGE
