"""One run: the helper's arguments, its descriptors, its report."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from microcoder.judge.adapters.jail.cgroups import ControlGroups
from microcoder.judge.adapters.jail.descriptors import contents_of, file_holding
from microcoder.judge.adapters.jail.dialogue import Ends, dialogue
from microcoder.judge.adapters.jail.layout import Layout
from microcoder.judge.domain.engine import (
    BOX_DIR,
    PROGRAM_DIR,
    Ended,
    EngineFailed,
    Interaction,
    Outcome,
    RunLimits,
    RunSpec,
    Tier,
)

FIRST_USER = 64_000
"""The first user id of runs, where nothing else is said."""
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Jail:
    """What all runs of an engine have in common."""

    helper: Path
    """The supervisor's binary."""
    tier: Tier
    """How well runs are shut in."""
    layout: Layout
    """What they see of the host."""
    python: str
    """The interpreter that they get."""
    privileged: bool
    """The judge may choose the user of a run."""
    first_user: int = FIRST_USER
    """Where it may, the runs of slot n get this user id plus n."""
    cgroups: ControlGroups | None = None
    """Where groups are made."""

    @property
    def namespaces(self) -> bool:
        """Whether runs have a root of their own."""
        return self.tier.at_least(Tier.NAMESPACES)


class ColdEngine:
    """Runs each program by a helper process of its own. See `microcoder.judge.domain.engine.Engine`."""

    def __init__(self, jail: Jail, *, slots: int, mechanisms: tuple[str, ...] = ()) -> None:
        self._jail = jail
        self._mechanisms = mechanisms
        self._slots = iter(range(slots))
        self._slot = threading.local()
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="jail", initializer=self._begin_thread)
        # The other sides of interactions have slots of their own: two that wait for each other need no second turn.
        self._other_slots = iter(range(slots, 2 * slots))
        self._others = ThreadPoolExecutor(slots, thread_name_prefix="other", initializer=self._begin_other)

    @property
    def jail(self) -> Jail:
        """What its runs have in common."""
        return self._jail

    @property
    def tier(self) -> Tier:
        return self._jail.tier

    @property
    def python(self) -> str:
        """Path of the interpreter that programs get."""
        return self._jail.python

    @property
    def mechanisms(self) -> tuple[str, ...]:
        return self._mechanisms

    async def run(self, spec: RunSpec) -> Outcome:
        return await self._run_on(self._threads, spec, _StopPipe())

    async def interact(self, program: RunSpec, other: RunSpec, *, settles: Callable[[Outcome], bool]) -> Interaction:
        with dialogue() as sides:
            stop = _StopPipe()
            ours = asyncio.create_task(self._run_on(self._threads, program, stop, sides.program))
            theirs = asyncio.create_task(self._run_on(self._others, other, _StopPipe(), sides.other))
            try:
                said = await theirs
                if settles(said):
                    stop.pull()
                return Interaction(program=await ours, other=said)
            finally:
                for task in (ours, theirs):
                    task.cancel()
                await asyncio.gather(ours, theirs, return_exceptions=True)

    async def _run_on(
        self, threads: ThreadPoolExecutor, spec: RunSpec, stop: "_StopPipe", ends: Ends | None = None
    ) -> Outcome:
        try:
            work = asyncio.get_running_loop().run_in_executor(threads, self._run, spec, stop, ends)
            return await asyncio.shield(work)
        except BrokenExecutor as error:
            stop.close()
            raise EngineFailed("a thread could not join its control groups") from error
        except asyncio.CancelledError:
            stop.pull()
            with contextlib.suppress(EngineFailed):
                await work
            raise

    async def close(self) -> None:
        await self.close_threads()
        if self._jail.cgroups is not None:
            self._jail.cgroups.remove()

    async def close_threads(self) -> None:
        """Waits for the runs under way and frees all but the control groups."""
        for threads in (self._threads, self._others):
            await asyncio.to_thread(threads.shutdown)

    def _begin_thread(self) -> None:
        self._join(next(self._slots))

    def _begin_other(self) -> None:
        self._join(next(self._other_slots))

    def _join(self, slot: int) -> None:
        self._slot.number = slot
        if self._jail.cgroups is not None:
            self._jail.cgroups.join(self._slot.number)

    def _run(self, spec: RunSpec, stop: "_StopPipe", ends: Ends | None) -> Outcome:
        try:
            with ExitStack() as stack:
                stack.callback(stop.close)
                if ends is not None:
                    stack.callback(ends.close)
                return _run(self._jail, spec, slot=self._slot.number, stop=stop, stack=stack, ends=ends)
        except OSError as error:
            raise EngineFailed(f"the run could not be set up: {error}") from error


class _StopPipe:
    """A pipe whose writing end we hold: closing it tells the helper to kill the run. Dying closes it, too."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self._lock = threading.Lock()

    def pull(self) -> None:
        with self._lock:
            if self._writer >= 0:
                os.close(self._writer)
                self._writer = -1

    def close(self) -> None:
        self.pull()
        os.close(self.reader)


def _run(
    jail: Jail, spec: RunSpec, *, slot: int, stop: _StopPipe, stack: ExitStack, ends: Ends | None = None
) -> Outcome:
    memory = _Memory(stack)
    user = jail.first_user + slot
    folders, placement = stack.enter_context(_place(jail, spec, memory, user))
    stdout, stderr = memory.empty() if ends is None else -1, memory.empty()
    result = memory.empty() if spec.result_channel else -1
    limits = spec.limits
    arguments = [
        str(jail.helper),
        f"namespaces={int(jail.namespaces)}",
        f"landlock={int(jail.tier is Tier.LANDLOCK)}",
        f"privileged={int(jail.privileged)}",
        f"host_id={user}",
        *_limit_arguments(limits),
        *(
            ends.arguments()
            if ends is not None
            else (f"input={memory.holding(spec.stdin)}", f"stdout={stdout}:{limits.output_bytes}")
        ),
        f"stderr={stderr}:{limits.error_bytes}",
        *([f"result={result}:{limits.output_bytes}"] if spec.result_channel else []),
        *placement,
        *(jail.cgroups.arguments(slot) if jail.cgroups else []),
        *(f"env={variable}" for variable in run_environment(spec.environment, folders)),
        "--",
        *(located(folders, word) for word in spec.argv),
    ]
    report = _supervise(arguments, stop.reader, memory.descriptors, ends)
    return _outcome(report, lambda fd: contents_of(fd) if fd >= 0 else b"", stdout, stderr, result)


def _limit_arguments(limits: RunLimits) -> list[str]:
    return [
        f"cpu_ms={limits.cpu_time_ms}",
        f"idle_ms={limits.idle_ms}",
        f"wall_ms={limits.wall_ms}",
        f"memory={limits.memory_bytes}",
        f"processes={limits.processes}",
        f"stack={limits.stack_bytes}",
        f"box_bytes={limits.box_bytes}",
        f"file_bytes={limits.box_bytes}",
    ]


def run_environment(extra: Mapping[str, str], folders: Mapping[str, str]) -> list[str]:
    """`NAME=value` of each variable that a run gets; `folders` says where its folders lie."""
    own = {**_ENVIRONMENT, "HOME": folders[BOX_DIR], "TMPDIR": folders[BOX_DIR], **extra}
    return [f"{name}={located(folders, value)}" for name, value in own.items()]


def located(folders: Mapping[str, str], word: str) -> str:
    """The word with its marks replaced by where the folders lie."""
    for mark, folder in folders.items():
        word = word.replace(mark, folder)
    return word


class _Memory:
    """Files in memory for one run."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.descriptors: list[int] = []

    def empty(self) -> int:
        return self.holding(b"")

    def holding(self, data: bytes) -> int:
        fd = self._stack.enter_context(file_holding(data))
        self.descriptors.append(fd)
        return fd


@contextmanager
def _place(jail: Jail, spec: RunSpec, memory: _Memory, user: int) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Where the program's files and its box are, and what tells the helper so."""
    if jail.namespaces:
        inside = {path: f"/shared{path}" for path in spec.shared}
        shared = [f"bind={path}:{target}" for path, target in inside.items()]
        copies = [f"file={memory.holding(data)}:/program/{path}" for path, data in spec.files.items()]
        folders = {PROGRAM_DIR: "/program", BOX_DIR: "/box", **inside}
        yield folders, [*jail.layout.arguments(), *shared, *copies, "box=/box"]
        return
    folder = Path(tempfile.mkdtemp(prefix="microcoder-run-"))
    try:
        program, box = folder / "program", folder / "box"
        for path, data in spec.files.items():
            target = program / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(0o555)
        program.mkdir(exist_ok=True)
        box.mkdir(mode=0o700)
        folder.chmod(0o711)
        if jail.privileged:
            os.chown(box, user, user)
        shown = (*jail.layout.binds, *spec.shared, str(program))
        yield (
            {PROGRAM_DIR: str(program), BOX_DIR: str(box)},
            [
                *(f"bind={path}:{path}" for path in shown),
                *(f"device={path}:{path}" for path in jail.layout.devices),
                f"box={box}",
            ],
        )
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Removes what a run has left, however deep it has nested it."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", "--", str(folder)], stderr=subprocess.DEVNULL, check=False)


def _supervise(arguments: list[str], stop: int, descriptors: list[int], ends: Ends | None) -> dict[str, str]:
    with subprocess.Popen(
        arguments,
        stdin=stop,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(*descriptors, *(ends.descriptors if ends is not None else ())),
        env={},
    ) as helper:
        if ends is not None:
            ends.close()
        told = helper.communicate()[0].decode("utf-8", "replace")
    report = dict(line.split(" ", 1) for line in told.splitlines() if " " in line)
    if "error" in report or "cpu_us" not in report:
        raise EngineFailed(
            report.get("error", f"the helper ended with status {helper.returncode} and without a report")
        )
    return report


def _outcome(report: Mapping[str, str], read: Callable[[int], bytes], stdout: int, stderr: int, result: int) -> Outcome:
    killed = Ended(report["killed"]) if "killed" in report else None
    return Outcome(
        exit_code=int(report["exit"]) if "exit" in report and killed is None else None,
        signal=int(report["signal"]) if "signal" in report and killed is None else None,
        ended=killed,
        cpu_time_us=int(report["cpu_us"]),
        wall_time_us=int(report["wall_us"]),
        run_delay_us=int(report["delay_us"]),
        memory_bytes=int(report["memory"]),
        out_of_memory=int(report["oom_kills"]) > 0,
        stdout=read(stdout),
        stderr=read(stderr),
        result=read(result),
        ended_at_us=int(report["ended_us"]),
        input_over=killed is None and report["input_over"] == "1",
    )
