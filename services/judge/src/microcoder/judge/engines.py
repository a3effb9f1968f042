"""Which engine runs programs here."""

from collections.abc import Callable, Sequence
from pathlib import Path

from microcoder.core.errors import FailedPrecondition
from microcoder.judge.adapters.jail import ColdEngine, interpreters, open_engine
from microcoder.judge.adapters.warm import open_warm
from microcoder.judge.domain.engine import STRONGEST_FIRST, Engine, EngineFailed, EngineKind, Tier
from microcoder.judge.domain.languages import python_command
from microcoder.judge.settings import JudgeSettings
from microcoder.telemetry import get_logger

_LOG = get_logger(__name__)


def _log_replaced(reason: str) -> None:
    _LOG.info("a slot is replaced", reason=reason[:300])


async def open_chosen(
    settings: JudgeSettings,
    *,
    slots: int,
    tiers: Sequence[Tier] = STRONGEST_FIRST,
    folders: Sequence[str] = (),
    on_replaced: Callable[[str], None] = _log_replaced,
) -> Engine:
    """The engine that the settings ask for, in the strongest of `tiers` that this host allows.

    Args:
        settings: The judge's.
        slots: Runs at a time.
        tiers: What may be tried.
        folders: What programs see besides the system's folders.
        on_replaced: Told why a warm slot is replaced.

    Raises:
        FailedPrecondition: There is none, with the reasons.
    """
    cold = await open_engine(
        cache=settings.cache_dir,
        compiler=settings.cc,
        interpreters=interpreters(settings.python),
        slots=slots,
        minimum=settings.min_tier,
        tiers=tiers,
        folders=folders,
        first_user=settings.first_user,
    )
    if settings.engine is EngineKind.COLD:
        return cold
    try:
        return await _warm(cold, settings.cache_dir, settings.cc, slots, on_replaced)
    except (EngineFailed, FailedPrecondition, OSError) as error:
        if settings.engine is EngineKind.WARM:
            await cold.close()
            raise FailedPrecondition(
                f"MICROCODER_JUDGE__ENGINE=warm, and warm slots do not work here: {error}. Set it to auto or cold"
            ) from error
        _LOG.warning("programs run cold: warm slots do not work here", error=str(error)[:500])
        return cold


async def _warm(cold: ColdEngine, cache: Path, compiler: str, slots: int, on_replaced: Callable[[str], None]) -> Engine:
    return await open_warm(
        cold,
        cache=cache,
        compiler=compiler,
        slots=slots,
        interpreter=python_command(cold.python),
        on_replaced=on_replaced,
    )
