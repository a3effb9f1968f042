"""The programs of a package: submissions with what is expected of them, and output validators."""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from microcoder.core.ids import digest_of
from microcoder.core.languages import language_of_file
from microcoder.core.problem import Program, SourceFile
from microcoder.core.rejection import RejectReason
from microcoder.core.verdict import Verdict
from microcoder.normalizer.domain.package import Package, below
from microcoder.normalizer.domain.rejecting import Rejected

SUBMISSIONS = "submissions/"
"""The names of submissions are relative to it, those of validators to the package."""

_AC, _WA, _TLE, _MLE, _OLE, _RE, _CE = (
    Verdict.AC, Verdict.WA, Verdict.TLE, Verdict.MLE, Verdict.OLE, Verdict.RE, Verdict.CE,
)  # fmt: skip

_CRASHED = (_RE, _MLE)
"""Kattis reports running out of memory as a run time error."""
_TOO_SLOW = (_TLE, Verdict.ITL)

EXPECTED_BY_FOLDER: Mapping[str, tuple[Verdict, ...]] = {
    "accepted": (_AC,),
    "slow_accepted": (_AC, *_TOO_SLOW),
    "partially_accepted": (_WA, *_TOO_SLOW, *_CRASHED, _OLE),
    "partial": (_WA, *_TOO_SLOW, *_CRASHED, _OLE),
    "rejected": (_WA, *_TOO_SLOW, *_CRASHED, _OLE),
    "wrong_answer": (_WA, _OLE),
    "no_output": (_WA,),
    "time_limit_exceeded": _TOO_SLOW,
    "run_time_error": _CRASHED,
    "runtime_error": _CRASHED,
    "memory_limit_exceeded": (_MLE, _RE),
    "output_limit_exceeded": (_OLE,),
    "output_limit": (_OLE,),
    "compiler_error": (_CE,),
    "compile_error": (_CE,),
}
"""Folders of Kattis, ICPC and DOMjudge packages, and the verdicts that are right for what lies in them."""

_EXPECTED_BY_WORD: Mapping[str, tuple[Verdict, ...]] = {
    "CORRECT": (_AC,),
    "ACCEPTED": (_AC,),
    "WRONG-ANSWER": (_WA,),
    "WRONG_ANSWER": (_WA,),
    "NO-OUTPUT": (_WA,),
    "TIMELIMIT": _TOO_SLOW,
    "TIME_LIMIT_EXCEEDED": _TOO_SLOW,
    "RUN-ERROR": _CRASHED,
    "RUN_TIME_ERROR": _CRASHED,
    "OUTPUT-LIMIT": (_OLE,),
    "MEMORY-LIMIT": (_MLE, _RE),
    "COMPILER-ERROR": (_CE,),
    "COMPILER_ERROR": (_CE,),
}
_ANNOTATION = re.compile(rb"@EXPECTED_RESULTS@:?[ \t]*([A-Za-z_, \t-]+)")

_MAIN = re.compile(rb"\b(int|void|fun|fn|func|def|auto)\s+main\b|static\s+void\s+main|__main__")
_PYTHON2 = re.compile(rb"^#!.*\bpython2")


def submissions(package: Package, *, max_bytes: int) -> tuple[Program, ...]:
    """The submissions whose expected verdicts and language are known, by name. Longer ones are left out."""
    return tuple(program for program in all_submissions(package, max_bytes=max_bytes) if program.expected)


def all_submissions(package: Package, *, max_bytes: int) -> Iterator[Program]:
    """The same and those of which nothing says what verdict is right: their `expected` is empty."""
    for root, paths in _grouped(below(package, SUBMISSIONS.rstrip("/")), depth=3):
        program = _program(package, root, paths, max_bytes=max_bytes)
        if program is not None:
            expected = _annotated(package, paths) or EXPECTED_BY_FOLDER.get(root.split("/")[1], ())
            yield dataclasses.replace(program, name=root.removeprefix(SUBMISSIONS), expected=expected)


def output_validators(package: Package, *, max_bytes: int) -> tuple[Program, ...]:
    """The output validators in a known language, by name: many in the legacy format, one in 2023-07.

    Raises:
        Rejected: One has scripts of its own to be built or started.
    """
    modern = below(package, "output_validator")
    is_one_program = any(path.count("/") == 1 for path in modern)
    groups = _grouped(below(package, "output_validators"), depth=2)
    groups += _grouped(modern, depth=1 if is_one_program else 2)
    for root, paths in groups:
        scripts = [name for name in ("build", "run") if f"{root}/{name}" in paths]
        if scripts:
            raise Rejected(
                RejectReason.UNSUPPORTED_MODE,
                f"{root} is built and started by its own scripts ({', '.join(scripts)}), which are not run: validators "
                "are compiled and started by the judge's language table",
            )
    programs = (_program(package, root, paths, max_bytes=max_bytes) for root, paths in groups)
    return tuple(program for program in programs if program is not None)


def _grouped(paths: Iterable[str], *, depth: int) -> list[tuple[str, list[str]]]:
    """`paths` by program: the file or folder that is `depth` parts deep."""
    programs: dict[str, list[str]] = {}
    for path in paths:
        parts = path.split("/")
        if len(parts) >= depth and not parts[-1].startswith("."):
            programs.setdefault("/".join(parts[:depth]), []).append(path)
    return sorted(programs.items())


def _program(package: Package, root: str, paths: Sequence[str], *, max_bytes: int) -> Program | None:
    """The program at `root`, its main file first; None where the language is not known or it is too long."""
    if sum(package.size(path) for path in paths) > max_bytes:
        return None
    sources = [path for path in paths if language_of_file(path)]
    if not sources:
        return None
    main = next((path for path in sources if _MAIN.search(package.read(path))), sources[0])
    others = [path for path in paths if path != main]
    return Program(
        name=root,
        language=_language(main, package.read(main)),
        files=tuple(_source_file(package, path, root) for path in (main, *others)),
    )


def _language(path: str, code: bytes) -> str:
    language = language_of_file(path)
    return "python2" if language == "python3" and _PYTHON2.match(code) else language


def _source_file(package: Package, path: str, root: str) -> SourceFile:
    relative = path.rpartition("/")[2] if path == root else path.removeprefix(root + "/")
    data = package.read(path)
    return SourceFile(path=relative, digest=digest_of(data), size_bytes=len(data))


def _annotated(package: Package, paths: Sequence[str]) -> tuple[Verdict, ...]:
    """What a DOMjudge comment in the program expects; empty where there is none or a word in it is unknown."""
    for path in paths:
        match = _ANNOTATION.search(package.read(path))
        if match is None:
            continue
        words = [word.strip().upper() for word in match[1].decode("ascii").split(",") if word.strip()]
        if words and all(word in _EXPECTED_BY_WORD for word in words):
            verdicts = [verdict for word in words for verdict in _EXPECTED_BY_WORD[word]]
            return tuple(dict.fromkeys(verdicts))
    return ()
