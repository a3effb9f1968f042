"""Makes an engine warm where the host allows it."""

from collections.abc import Callable
from pathlib import Path

from microcoder.judge.adapters.jail.engine import ColdEngine
from microcoder.judge.adapters.jail.helper import NATIVE as JAIL
from microcoder.judge.adapters.jail.helper import build
from microcoder.judge.adapters.warm.engine import WarmEngine, Warmth
from microcoder.judge.domain.engine import EngineFailed

_HERE = Path(__file__).parent
_NATIVE = _HERE / "native"
_SUPERVISOR = (
    *(_NATIVE / f"{name}.c" for name in ("slot", "keeping", "watching", "account", "outlet", "parcel")),
    *(JAIL / f"{name}.c" for name in ("notice", "spawn", "root", "files", "figures", "tree", "options", "seal")),
)
_LIBRARY = (
    *(_NATIVE / f"{name}.c" for name in ("keeper", "spare", "interpreter", "mappings", "box", "parcel")),
    *(JAIL / f"{name}.c" for name in ("notice", "files", "seal", "seccomp")),
)


async def open_warm(
    cold: ColdEngine,
    *,
    cache: Path,
    compiler: str,
    slots: int,
    interpreter: tuple[str, ...],
    on_replaced: Callable[[str], None] = lambda _reason: None,
) -> WarmEngine:
    """A warm engine that closes `cold` with itself.

    Args:
        cold: An open engine.
        cache: Folder for what is built.
        compiler: C compiler.
        slots: Runs at a time.
        interpreter: Command that starts Python programs.
        on_replaced: Told why a slot is replaced.

    Raises:
        EngineFailed: It does not work here, with the reason; `cold` is as it was.
        FailedPrecondition: The compiler does not.
    """
    if not cold.jail.namespaces:
        raise EngineFailed(f"warm slots need namespaces, and the tier is {cold.tier}")
    warmth = Warmth(
        supervisor=build(cache, "slot", _SUPERVISOR, compiler=compiler),
        library=build(cache, "keeper", _LIBRARY, compiler=compiler, flags=("-fPIC", "-shared")),
        boot=_HERE / "boot.py",
        driver=_HERE.parents[1] / "jailed" / "call.py",
        interpreter=interpreter,
    )
    engine = WarmEngine(
        cold,
        warmth,
        slots=slots,
        mechanisms=(*cold.mechanisms, "warm slots: a fork of a warm interpreter, or a new process, per run"),
        on_replaced=on_replaced,
    )
    try:
        await engine.start()
    except BaseException:
        await engine.stop()
        raise
    return engine
