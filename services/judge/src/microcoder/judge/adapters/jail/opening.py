"""Finds the strongest tier that this host allows, by trying."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.adapters.jail.cgroups import open_control_groups
from microcoder.judge.adapters.jail.engine import FIRST_USER, ColdEngine, Jail
from microcoder.judge.adapters.jail.helper import build_helper
from microcoder.judge.adapters.jail.interpreter import Interpreter
from microcoder.judge.adapters.jail.layout import host_layout
from microcoder.judge.domain.engine import EngineFailed, RunLimits, RunSpec, Tier

_PROBE_LIMITS = RunLimits(cpu_time_ms=5_000, memory_bytes=256 * 2**20, output_bytes=1_000)
_FIRST_PROGRAM = "import os; print('shut in' if os.getuid() else 'still root', os.path.exists('/proc/self/fd'))"
_NAMESPACES = "user, pid, mount, network, ipc, uts and cgroup namespaces"
_POLLING = "memory by polling, CPU by rusage"
_MADE_OF = {
    Tier.NAMESPACES_CGROUPS: (_NAMESPACES, "memory, CPU and pids cgroups"),
    Tier.NAMESPACES: (_NAMESPACES, _POLLING),
    Tier.LANDLOCK: ("Landlock", _POLLING),
    Tier.RLIMITS: ("no isolation of files", _POLLING),
}


async def open_engine(
    *,
    cache: Path,
    compiler: str,
    interpreters: Sequence[Interpreter],
    slots: int,
    minimum: Tier,
    tiers: Sequence[Tier] = tuple(reversed(Tier)),
    folders: Sequence[str] = (),
    first_user: int = FIRST_USER,
) -> ColdEngine:
    """An engine of the strongest of `tiers` that works here.

    Args:
        cache: Folder for the helper.
        compiler: C compiler that builds it.
        interpreters: Pythons that programs may get, best first.
        slots: Runs at a time.
        minimum: Weaker tiers are refused.
        tiers: What is tried, strongest first.
        folders: What programs see besides the system's folders.
        first_user: See `Jail`.

    Raises:
        FailedPrecondition: None of at least `minimum` works, with the reason of each.
    """
    helper = build_helper(cache, compiler=compiler)
    empty = cache / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    for tier in tiers:
        if not tier.at_least(minimum):
            break
        for privileged, python in product(_ways(), interpreters):
            jail = Jail(
                helper=helper,
                tier=tier,
                layout=host_layout(python, empty=empty, folders=folders),
                python=python.executable,
                privileged=privileged,
                first_user=first_user,
            )
            try:
                engine = await _try(jail, slots, failures)
            except (EngineFailed, OSError) as error:
                failures.append(f"{tier}: {error}")
                continue
            return engine
    raise FailedPrecondition(
        f"the judge cannot shut programs in as well as MICROCODER_JUDGE__MIN_TIER={minimum} asks: "
        f"{'; '.join(dict.fromkeys(failures))}. Allow unprivileged user namespaces (docs/judge.md says how), or accept "
        f"a weaker tier by that setting ({', '.join(Tier)})"
    )


async def _try(jail: Jail, slots: int, failures: Sequence[str]) -> ColdEngine:
    """An engine that has run a first program.

    Raises:
        EngineFailed: The jail does not work here.
        OSError: The control groups do not.
    """
    cgroups = open_control_groups() if jail.tier is Tier.NAMESPACES_CGROUPS else None
    jail = replace(jail, cgroups=cgroups)
    try:
        has_proc = await _probe(jail)
    except EngineFailed:
        if cgroups is not None:
            cgroups.remove()
        raise
    return ColdEngine(jail, slots=slots, mechanisms=tuple(_mechanisms(jail, has_proc, failures)))


def _ways() -> tuple[bool, ...]:
    """As root a run gets a user of its own; where that is not allowed, the judge's own user without its rights."""
    return (True, False) if os.geteuid() == 0 else (False,)


async def _probe(jail: Jail) -> bool:
    """Whether the jail has a /proc of its own.

    Raises:
        EngineFailed: The jail does not work here.
    """
    engine = ColdEngine(jail, slots=1)
    spec = RunSpec(argv=(jail.python, "-I", "-c", _FIRST_PROGRAM), files={}, limits=_PROBE_LIMITS)
    try:
        outcome = await engine.run(spec)
    finally:
        await engine.close_threads()
    if outcome.exit_code != 0 or not outcome.stdout.startswith(b"shut in"):
        raise EngineFailed(f"a first program fails: {outcome.stderr[-300:].decode('utf-8', 'replace')}")
    return outcome.stdout.split()[-1] == b"True"


def _mechanisms(jail: Jail, has_proc: bool, failures: Sequence[str]) -> Iterator[str]:
    yield from _MADE_OF[jail.tier]
    yield f"programs get {jail.python}"
    yield "seccomp filter, no_new_privs, no capabilities, rlimits"
    yield "a user id per run" if jail.privileged else "the judge's own user id"
    if jail.namespaces and not has_proc:
        yield "no /proc: /dev/stdin cannot be opened by name"
    for failure in dict.fromkeys(failures):
        yield f"not {failure}"
