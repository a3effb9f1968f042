"""The language table: how a program of each language is compiled and started."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from microcoder.judge.domain.engine import BOX_DIR, PROGRAM_DIR

MAIN = "{main}"
"""In a command: the program's first file."""
CLASS = "{class}"
"""In a command: the first file's name without its suffix."""
HEAP = "{heap_mib}"
"""In a run command: the memory that is left for the program's own data, MiB."""
SOURCES = "{sources}"
"""In a compile command, as a word of its own: all files that are compiled together."""
HEADERS = "{headers}"
"""In a compile command, as a word of its own: the option that names the folder of precompiled headers, where it is."""
CALL_DRIVER = ".call.py"
"""Name that our driver of function calls has in the program's folder."""
ARTEFACT = "program"
"""Name of a compiled program in its folder."""
HEADER = "bits/stdc++.h"
"""The header that is precompiled: everything of the C++ standard library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One row. Commands are argv templates."""

    id: str
    """What submissions name."""
    main: str
    """File name of a program that is given as one text."""
    main_pattern: str = ""
    """What to look for in that text: its first group names the file, without the suffix; empty for nothing."""
    version: tuple[str, ...]
    """Prints the version in its first line."""
    compile: tuple[str, ...] = ()
    """Makes the artefact `BOX_DIR/program`; empty for interpreted languages."""
    compiled_suffixes: tuple[str, ...] = ()
    """Files that `SOURCES` takes; the others are only there to be included."""
    precompile: tuple[str, ...] = ()
    """Makes `BOX_DIR/program` from a file that includes `HEADER`; empty where nothing is precompiled."""
    run: tuple[str, ...]
    """Starts the program."""
    check: tuple[str, ...] = ()
    """Fails where the program is not of this language; asked after a runtime error, to tell it from a compile error."""
    call: tuple[str, ...] = ()
    """Starts `CALL_DRIVER` on the program; empty where functions of this language cannot be called."""
    time_multiplier: float = 1.0
    """A problem's own CPU limit is multiplied by this; limits of a request are not."""
    memory_multiplier: float = 1.0
    """The same for a problem's own memory limit."""
    runtime_bytes: int = 0
    """What its runtime takes beside the program's data, bytes: added to a problem's memory limit, and never heap."""
    list_packages: tuple[str, ...] = ()
    """Prints the third-party packages that programs may import, `name version` a line; empty where there are none."""
    packages: tuple[str, ...] = ()
    """What it printed."""

    @property
    def interpreted(self) -> bool:
        """Whether there is nothing to compile."""
        return not self.compile


@dataclass(frozen=True, slots=True, kw_only=True)
class JavaTools:
    """Paths of a Java development kit's commands."""

    java: str
    javac: str
    jar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Paths of what the languages need."""

    python: str
    """The interpreter that programs get."""
    packages: str = ""
    """Folder of third-party packages for Python; empty for none."""
    cc: str
    """C compiler."""
    cxx: str
    """C++ compiler."""
    java: JavaTools | None = None
    """None where there is none."""


# What a compiler makes leaves the jail as standard output: nothing that it writes is ever opened from outside.
_EMIT = ("/bin/sh", "-c", '"$@" >&2 && exec cat "$0"', f"{BOX_DIR}/{ARTEFACT}")
_CHECK_SYNTAX = "import sys; compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec', dont_inherit=True)"
_VERSION_WITH_NUMPY = "import sys, numpy; print(f'Python {sys.version.split()[0]}, numpy {numpy.__version__}')"
_LIST_PACKAGES = "from importlib.metadata import distributions as d; [print(x.name, x.version) for x in d()]"
# One file leaves the jail: an archive without compression, which starts fastest. It names the class that is started:
# one with a main method, that of the main file before others. A second virtual machine to ask for it would cost as
# much as the compiler, so the names and types in the class files are looked for.
_JAVA_COMPILE = r"""
javac=$1 jar=$2 first=$3; shift 3
"$javac" -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 -J-Xmx512m -encoding UTF-8 -proc:none -nowarn \
    -d "$0/classes" "$@" || exit
cd "$0/classes" || exit
started=$(find . -name '*.class' -exec env LC_ALL=C grep -qaP '\x01\x00\x04main' {} \; \
    -exec grep -qaF '([Ljava/lang/String;)V' {} \; -print | sort)
named=$(printf '%s\n' "$started" | grep -F "/$first.class")
main=$(printf '%s\n' "${named:-$started}" | head -n 1)
if [ -z "$main" ]; then echo "no class has a method 'public static void main(String[])'" >&2; exit 1; fi
main=$(printf '%s' "${main%.class}" | cut -c 3- | tr / .)
exec "$jar" -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 --create --no-compress --main-class "$main" \
    --file "$0/program" -C "$0/classes" .
"""
_CPP_SUFFIXES = (".cpp", ".cc", ".cxx", ".C", ".c++")


def python_command(python: str) -> tuple[str, ...]:
    """How a Python program is started, up to its file."""
    # -s and -B: nothing of a user's home, no caches. Long integers convert as before Python 3.11.
    return (python, "-s", "-B", "-X", "int_max_str_digits=0")


def _python(python: str) -> Language:
    start = python_command(python)
    return Language(
        id="python3",
        main="main.py",
        version=(python, "--version"),
        run=(*start, f"{PROGRAM_DIR}/{MAIN}"),
        call=(*start, f"{PROGRAM_DIR}/{CALL_DRIVER}", f"{PROGRAM_DIR}/{MAIN}"),
        check=(python, "-I", "-c", _CHECK_SYNTAX, f"{PROGRAM_DIR}/{MAIN}"),
        time_multiplier=3.0,
    )


def _c(language: str, compiler: str, standard: str, suffixes: tuple[str, ...], *libraries: str) -> Language:
    # A thousand errors tell no more than a few, and take the compiler minutes.
    start = (compiler, "-O2", f"-std={standard}", "-pipe", "-fmax-errors=25", "-fdiagnostics-color=never")
    return Language(
        id=language,
        main=f"main{suffixes[0]}",
        version=(compiler, "--version"),
        compile=(*start, f"-I{PROGRAM_DIR}", HEADERS, "-o", f"{BOX_DIR}/{ARTEFACT}", SOURCES, *libraries),
        compiled_suffixes=suffixes,
        run=(f"{PROGRAM_DIR}/{ARTEFACT}",),
    )


def _cpp(language: str, compiler: str, standard: str) -> Language:
    row = _c(language, compiler, standard, _CPP_SUFFIXES)
    # The options must be those of the compile command, or the compiler refuses what they made.
    start = (compiler, "-O2", f"-std={standard}", "-pipe")
    return replace(
        row,
        precompile=(*start, "-x", "c++-header", f"{PROGRAM_DIR}/{MAIN}", "-o", f"{BOX_DIR}/{ARTEFACT}"),
    )


def _python_with_packages(python: str, packages: str) -> Language:
    """Starts cold: what is imported there is not what the warm interpreter has."""
    row = _python(python)
    setting = with_environment({"PYTHONPATH": packages})
    return replace(
        row,
        id="python3-numpy",
        version=(*setting, python, "-s", "-c", _VERSION_WITH_NUMPY),
        list_packages=(*setting, python, "-s", "-c", _LIST_PACKAGES),
        run=(*setting, *row.run),
        call=(*setting, *row.call),
    )


def _java(tools: JavaTools) -> Language:
    return Language(
        id="java",
        main="Main.java",
        main_pattern=r"(?m)^[ \t]*public\s+(?:(?:final|abstract|strictfp|sealed)\s+)*(?:class|record|enum)\s+(\w+)",
        version=(tools.java, "--version"),
        compile=("/bin/sh", "-c", _JAVA_COMPILE, BOX_DIR, tools.javac, tools.jar, CLASS, SOURCES),
        compiled_suffixes=(".java",),
        # The serial collector has no threads of its own whose CPU time would be the program's.
        run=(
            *(tools.java, "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:ReservedCodeCacheSize=64m", "-Xss64m"),
            *(f"-Xmx{HEAP}m", "-jar", f"{PROGRAM_DIR}/{ARTEFACT}"),
        ),
        time_multiplier=2.0,
        runtime_bytes=128 * 2**20,
    )


def language_table(
    tools: Tools, *, configured: Iterable[Language] = (), multipliers: Mapping[str, float]
) -> dict[str, Language]:
    """The languages by id.

    Args:
        tools: Of this host.
        configured: Further languages, or other rows for those of the table.
        multipliers: CPU time multipliers that differ from the table's, by language.
    """
    rows = (
        _python(tools.python),
        *((_python_with_packages(tools.python, tools.packages),) if tools.packages else ()),
        _cpp("cpp", tools.cxx, "gnu++20"),
        _cpp("cpp17", tools.cxx, "gnu++17"),
        _c("c", tools.cc, "gnu17", (".c",), "-lm"),
        *((_java(tools.java),) if tools.java else ()),
        *configured,
    )
    return {row.id: replace(row, time_multiplier=multipliers.get(row.id, row.time_multiplier)) for row in rows}


def main_file(language: Language, source: bytes) -> str:
    """The name that the file of a program must have; `source` is all of it."""
    found = re.search(language.main_pattern.encode(), source) if language.main_pattern else None
    return f"{found[1].decode()}{PurePosixPath(language.main).suffix}" if found else language.main


def fill(
    command: tuple[str, ...], *, main: str, sources: tuple[str, ...] = (), headers: str | None = None
) -> tuple[str, ...]:
    """The command for one program.

    Args:
        command: Template.
        main: Its first file.
        sources: All files that are compiled together.
        headers: Folder of precompiled headers, None where there is none.
    """
    filled: list[str] = []
    name = PurePosixPath(main).stem
    for word in command:
        if word == SOURCES:
            filled.extend(f"{PROGRAM_DIR}/{path}" for path in sources)
        elif word == HEADERS:
            filled.extend([f"-I{headers}"] if headers else [])
        else:
            filled.append(word.replace(MAIN, main).replace(CLASS, name))
    return tuple(filled)


def with_heap(command: tuple[str, ...], language: Language, memory_bytes: int) -> tuple[str, ...]:
    """A run command for a memory limit: what the runtime takes is no heap, but at least half of the limit is."""
    heap = max(memory_bytes - language.runtime_bytes, memory_bytes // 2) // 2**20
    return tuple(word.replace(HEAP, str(heap)) for word in command)


def with_environment(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The beginning of a command that sets variables."""
    return ("/usr/bin/env", *(f"{name}={value}" for name, value in variables.items())) if variables else ()


def emitting(command: tuple[str, ...]) -> tuple[str, ...]:
    """Runs `command`, which says what it has to say on standard error, then prints the artefact that it made."""
    return (*_EMIT, *command)
