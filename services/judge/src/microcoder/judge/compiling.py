"""From source files to something that can be run, in a jail, once per program."""

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from microcoder.core.errors import InvalidArgument
from microcoder.core.verdict import Verdict
from microcoder.judge.artefacts import Artefact, ArtefactCache, CompileError
from microcoder.judge.domain.engine import EngineFailed, Outcome, Run, RunLimits, RunSpec
from microcoder.judge.domain.languages import ARTEFACT, Language, emitting, fill, main_file, with_heap
from microcoder.judge.domain.program import SourceProgram
from microcoder.judge.domain.verdicts import classify, readable
from microcoder.judge.observing import SILENT, JudgeObserver, Phase
from microcoder.judge.precompiled import PrecompiledHeaders

__all__ = ["CompileError", "Compiler", "Executable"]

_MESSAGE_CHARS = 4_000
_LIMITS = RunLimits(
    cpu_time_ms=20_000,
    memory_bytes=1024 * 2**20,
    output_bytes=64 * 2**20,
    error_bytes=64 * 1024,
    box_bytes=256 * 2**20,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Executable:
    """What is started, for every test anew."""

    argv: tuple[str, ...]
    """Command."""
    files: Mapping[str, bytes]
    """Content of the program's folder."""


class Compiler:
    """Compiles programs and keeps what came out.

    Args:
        languages: The rows of the table that work here.
        versions: What their tools say of themselves.
        artefacts: Where compiled programs are kept.
        headers: Precompiled headers.
        observer: Hears of the work.
    """

    def __init__(
        self,
        languages: Mapping[str, Language],
        *,
        versions: Mapping[str, str],
        artefacts: ArtefactCache,
        headers: PrecompiledHeaders,
        observer: JudgeObserver = SILENT,
    ) -> None:
        self._languages = languages
        self._versions = versions
        self._artefacts = artefacts
        self._headers = headers
        self._observer = observer
        self._locks: dict[str, asyncio.Lock] = {}

    def language(self, language: str) -> Language:
        """The row of the table.

        Raises:
            InvalidArgument: This judge has none such.
        """
        row = self._languages.get(language)
        if row is None:
            raise InvalidArgument(
                f"this judge cannot run {language!r}; it has {', '.join(self._languages)}",
                fields={"language": "is not available"},
            )
        return row

    @property
    def languages(self) -> tuple[str, ...]:
        """Ids of the languages that this judge has."""
        return tuple(self._languages)

    async def prepare(
        self, program: SourceProgram, run: Run, *, memory_bytes: int = _LIMITS.memory_bytes
    ) -> Executable | CompileError:
        """The executable of `program`; interpreted programs are taken as they are.

        Args:
            program: What to prepare.
            run: Runs the compiler.
            memory_bytes: Memory limit of its runs.

        Raises:
            InvalidArgument: The language is not available.
            EngineFailed: The judge's own trouble.
        """
        language = self.language(program.language)
        argv = with_heap(fill(language.run, main=program.main), language, memory_bytes)
        if language.interpreted:
            return Executable(argv=argv, files=program.files)
        artefact = await self._artefact(language, program, run)
        if isinstance(artefact, CompileError):
            return artefact
        return Executable(argv=argv, files={ARTEFACT: artefact})

    async def check(self, program: SourceProgram, run: Run) -> CompileError | None:
        """Why an interpreted program that ended with an error is not of its language, None where it is.

        Raises:
            EngineFailed: The judge's own trouble.
        """
        language = self.language(program.language)
        if not language.check:
            return None
        spec = RunSpec(argv=fill(language.check, main=program.main), files=program.files, limits=_LIMITS)
        outcome = await run(spec)
        return None if classify(outcome, _LIMITS) is None else _error(outcome)

    async def precompile(self, run: Run, *, only: Collection[str] = ()) -> None:
        """Makes the precompiled headers that are not there yet. Until then programs compile without.

        Args:
            run: Runs the compiler.
            only: Languages; empty for all.

        Raises:
            EngineFailed: One cannot be made.
            OSError: One cannot be kept.
        """
        for language in self._languages.values():
            if not only or language.id in only:
                await self._headers.build(language, run)

    async def _artefact(self, language: Language, program: SourceProgram, run: Run) -> Artefact:
        key = _digest(language, self._versions.get(language.id, ""), program)
        async with self._locks.setdefault(key, asyncio.Lock()):
            try:
                artefact = await self._artefacts.get(key)
                self._observer.looked_up("artefacts", hit=artefact is not None)
                if artefact is None:
                    artefact = await self._compile(language, program, run)
                    await self._artefacts.put(key, artefact)
                return artefact
            finally:
                self._locks.pop(key, None)

    async def _compile(self, language: Language, program: SourceProgram, run: Run) -> Artefact:
        program = _as_named(language, program)
        sources = tuple(path for path in program.files if path.endswith(language.compiled_suffixes))
        if program.main not in sources:
            raise InvalidArgument(
                f"{program.main!r} does not end with one of {', '.join(language.compiled_suffixes)}",
                fields={"source": "has a file name of another language"},
            )
        headers = self._headers.folder(language)
        command = fill(language.compile, main=program.main, sources=sources, headers=headers)
        spec = RunSpec(
            argv=emitting(command), files=program.files, shared=(headers,) if headers else (), limits=_LIMITS
        )
        outcome = await run(spec)
        self._observer.took(Phase.COMPILE, outcome.wall_time_us / 1e6)
        failed = classify(outcome, _LIMITS)
        if failed is None:
            return outcome.stdout
        if failed[0] is Verdict.IE:
            raise EngineFailed(failed[1])
        return _error(outcome, why=failed[1])


def _as_named(language: Language, program: SourceProgram) -> SourceProgram:
    """A program of one file under the name that its language asks for: problem packages call it as they like."""
    if len(program.files) > 1 or not language.main_pattern:
        return program
    source = program.files[program.main]
    name = main_file(language, source)
    return replace(program, files={name: source}, main=name)


def _error(outcome: Outcome, *, why: str = "") -> CompileError:
    text = readable(outcome.stderr, limit=_MESSAGE_CHARS)
    return CompileError(text or why or "the compiler failed without a message")


def _digest(language: Language, version: str, program: SourceProgram) -> str:
    """Over all that decides what the compiler makes."""
    hasher = hashlib.sha256()
    words = [version, *language.compile, program.main]
    for part in (*words, *(item for path in sorted(program.files) for item in (path, program.files[path]))):
        data = part if isinstance(part, bytes) else part.encode()
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()
