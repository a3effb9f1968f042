from pathlib import Path

import pytest
from pydantic import SecretStr

from microcoder.config import load
from microcoder.host.settings import Endpoints
from microcoder.store import StoreSettings
from microcoder.trainer.domain.truncation import Eligible
from microcoder.trainer.environment import as_environment
from microcoder.trainer.settings import TrainerServiceSettings, TrainerSettings


def test_a_process_gets_the_settings_of_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TrainerServiceSettings(
        store=StoreSettings(uri=SecretStr("mongodb://user:secret@db:1"), database="d"),
        endpoints=Endpoints(judge="judge:1"),
        trainer=TrainerSettings(runs_dir=Path("/runs"), mask_eligible=Eligible.PASSED, reward_timeout_s=7),
    )
    groups = frozenset({"store", "channel", "endpoints", "log", "trainer"})
    for name, value in as_environment(settings, groups).items():
        monkeypatch.setenv(name, value)
    given = load(TrainerServiceSettings)
    for group in groups:
        assert getattr(given, group) == getattr(settings, group)
