"""The broker's jars: copied by Maven from wherever its settings say, checked against our list of checksums."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from microcoder.core.errors import DataLoss, FailedPrecondition, Unavailable

HERE = Path(__file__).parent
CHECKSUMS = HERE / "jars.sha256"
MIN_JAVA = 17
_MAVEN_TIMEOUT_S = 600
_NOISE = re.compile(r"\x1b\[[0-9;]*m")


def missing_tools() -> str:
    """What this machine lacks, in one sentence; empty where Java and Maven are there (or the jars already are)."""
    java = java_version()
    if java is None:
        return (
            f"there is no Java: install a JDK or JRE {MIN_JAVA} or newer, for example openjdk-{MIN_JAVA}-jre-headless"
        )
    if java < MIN_JAVA:
        return f"Java {java} is too old for this Kafka: install {MIN_JAVA} or newer, or set JAVA_HOME to one"
    if shutil.which("mvn") is None and not _complete(jar_folder()):
        return "there is no Maven (mvn) to bring Kafka's jars with: install it, for example the package maven"
    return ""


def java_command() -> str:
    """The `java` of JAVA_HOME, else that of PATH."""
    home = os.environ.get("JAVA_HOME", "")
    return str(Path(home) / "bin" / "java") if home else "java"


def java_version() -> int | None:
    """Major version of Java, or None where there is none."""
    try:
        said = subprocess.run([java_command(), "-version"], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return None
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found.group(1)) if found else None


def jar_folder() -> Path:
    """Where the jars lie: in the user's cache, one folder per list of checksums."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    pinned = hashlib.sha256(CHECKSUMS.read_bytes()).hexdigest()[:8]
    return Path(cache) / "microcoder" / f"kafka-{pinned}"


def fetch() -> Path:
    """The folder with the jars; brings them where they are not there yet.

    Raises:
        FailedPrecondition: Java or Maven is missing.
        Unavailable: Maven could not get them.
        DataLoss: What it got is not what is pinned.
    """
    folder = jar_folder()
    if _complete(folder):
        return folder
    if reason := missing_tools():
        raise FailedPrecondition(reason, reason="TOOL_MISSING")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="kafka-fetch-") as staging:
        copied = copy_jars(Path(staging))
        _verify(copied)
        if not _complete(folder):
            shutil.rmtree(folder, ignore_errors=True)
            copied.rename(folder)
    return folder


def copy_jars(staging: Path) -> Path:
    """Lets Maven copy the jars of pom.xml below `staging`; gives their folder.

    Raises:
        Unavailable: Maven failed.
    """
    jars = staging / "jars"
    shutil.copy(HERE / "pom.xml", staging)  # Maven wants to write beside it
    command = ["mvn", "-B", "-q", "-f", str(staging / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={jars}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_MAVEN_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        lines = [line for line in _NOISE.sub("", done.stdout).splitlines() if line.strip()]
        raise Unavailable("Maven could not bring Kafka's jars; it said:\n  " + "\n  ".join(lines[:6]))
    return jars


def checksums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each jar in `folder`, by file name."""
    return {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in sorted(folder.glob("*.jar"))}


def _pinned() -> dict[str, str]:
    pairs = (line.split() for line in CHECKSUMS.read_text().splitlines())
    return {name: digest for digest, name in pairs}


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _pinned())


def _verify(folder: Path) -> None:
    found, pinned = checksums_of(folder), _pinned()
    wrong = sorted(name for name in found.keys() | pinned.keys() if found.get(name) != pinned.get(name))
    if wrong:
        raise DataLoss(
            f"Maven brought other jars than pinned in {CHECKSUMS.name}: {', '.join(wrong)}; "
            "remove them from Maven's local repository and try again, and if it stays so, distrust the source"
        )
