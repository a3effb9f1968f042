"""The warm engine: jails that stay, and a warm interpreter in each that forks per run."""

from microcoder.judge.adapters.warm.engine import WarmEngine
from microcoder.judge.adapters.warm.opening import open_warm

__all__ = ["WarmEngine", "open_warm"]
