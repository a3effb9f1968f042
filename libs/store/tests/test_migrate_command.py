import pytest

from microcoder.store import migrate
from microcoder.testing.store import drop_database, fresh_settings


def test_it_says_what_it_did(
    mongodb_uri: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = fresh_settings(mongodb_uri)
    monkeypatch.setenv("MICROCODER_STORE__URI", mongodb_uri)
    monkeypatch.setenv("MICROCODER_STORE__DATABASE", settings.database)
    try:
        assert migrate.main() == 0
        assert "Migrated: indexes" in capsys.readouterr().out
        assert migrate.main() == 0
        assert "Up to date" in capsys.readouterr().out
    finally:
        drop_database(settings)


def test_it_says_why_it_could_not(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MICROCODER_STORE__URI", "mongodb://127.0.0.1:9")
    monkeypatch.setenv("MICROCODER_STORE__SERVER_SELECTION_TIMEOUT_S", "0.2")
    assert migrate.main() == 1
    assert "does not answer" in capsys.readouterr().err
