"""The cold engine: a fresh process in fresh namespaces per run, by a small helper in C."""

from microcoder.judge.adapters.jail.engine import ColdEngine
from microcoder.judge.adapters.jail.interpreter import Interpreter, interpreters
from microcoder.judge.adapters.jail.opening import open_engine

__all__ = ["ColdEngine", "Interpreter", "interpreters", "open_engine"]
