"""The language table: how a program of each language is compiled and started."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from microcoder.judge.domain.engine import BOX_DIR, PROGRAM_DIR

MAIN = "{main}"
"""In a command: the program's first file."""
SOURCES = "{sources}"
"""In a compile command, as a word of its own: all files that are compiled together."""
CALL_DRIVER = ".call.py"
"""Name that our driver of function calls has in the program's folder."""
ARTEFACT = "program"
"""Name of a compiled program in its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One row. Commands are argv templates."""

    id: str
    """What submissions name."""
    main: str
    """File name of a program that is given as one text."""
    version: tuple[str, ...]
    """Prints the version in its first line."""
    compile: tuple[str, ...] = ()
    """Makes the artefact `BOX_DIR/program`; empty for interpreted languages."""
    compiled_suffixes: tuple[str, ...] = ()
    """Files that `SOURCES` takes; the others are only there to be included."""
    run: tuple[str, ...]
    """Starts the program."""
    check: tuple[str, ...] = ()
    """Fails where the program is not of this language; asked after a runtime error, to tell it from a compile error."""
    call: tuple[str, ...] = ()
    """Starts `CALL_DRIVER` on the program; empty where functions of this language cannot be called."""
    time_multiplier: float = 1.0
    """A problem's own CPU limit is multiplied by this; limits of a request are not."""

    @property
    def interpreted(self) -> bool:
        """Whether there is nothing to compile."""
        return not self.compile


_CHECK_SYNTAX = "import sys; compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec', dont_inherit=True)"


def _compiled(language: str, compiler: str, standard: str, suffixes: tuple[str, ...], *libraries: str) -> Language:
    return Language(
        id=language,
        main=f"main{suffixes[0]}",
        version=(compiler, "--version"),
        compile=(
            *(compiler, "-O2", f"-std={standard}", "-pipe", f"-I{PROGRAM_DIR}"),
            *("-o", f"{BOX_DIR}/{ARTEFACT}", SOURCES, *libraries),
        ),
        compiled_suffixes=suffixes,
        run=(f"{PROGRAM_DIR}/{ARTEFACT}",),
    )


def language_table(*, python: str, cc: str, cxx: str, multipliers: Mapping[str, float]) -> dict[str, Language]:
    """The languages by id.

    Args:
        python: Path of the interpreter that programs get.
        cc: Path of the C compiler.
        cxx: Path of the C++ compiler.
        multipliers: CPU time multipliers that differ from the table's, by language.
    """
    # -s and -B: nothing of a user's home, no caches. Long integers convert as before Python 3.11.
    start = (python, "-s", "-B", "-X", "int_max_str_digits=0")
    rows = (
        Language(
            id="python3",
            main="main.py",
            version=(python, "--version"),
            run=(*start, f"{PROGRAM_DIR}/{MAIN}"),
            call=(*start, f"{PROGRAM_DIR}/{CALL_DRIVER}", f"{PROGRAM_DIR}/{MAIN}"),
            check=(python, "-I", "-c", _CHECK_SYNTAX, f"{PROGRAM_DIR}/{MAIN}"),
            time_multiplier=3.0,
        ),
        _compiled("cpp", cxx, "gnu++20", (".cpp", ".cc", ".cxx", ".C", ".c++")),
        _compiled("c", cc, "gnu17", (".c",), "-lm"),
    )
    return {row.id: replace(row, time_multiplier=multipliers.get(row.id, row.time_multiplier)) for row in rows}


def fill(command: tuple[str, ...], *, main: str, sources: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The command for one program."""
    filled: list[str] = []
    for word in command:
        filled.extend([f"{PROGRAM_DIR}/{path}" for path in sources] if word == SOURCES else [word.replace(MAIN, main)])
    return tuple(filled)
