"""TRL's trainer without vLLM.

TRL imports vLLM at once where it is installed, even if rollouts are made by transformers: seconds and 300 MB
that a training process on a small machine does not have. Take `GRPOTrainer` from here.
"""

import importlib
from typing import Any

_availability: Any = importlib.import_module("trl.import_utils")
_availability.is_vllm_available = lambda min_version=None: False  # noqa: ARG005

from trl import GRPOConfig, GRPOTrainer  # noqa: E402

__all__ = ["GRPOConfig", "GRPOTrainer"]
