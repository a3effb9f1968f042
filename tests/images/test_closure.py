"""What goes into an image: only the package, the local packages behind it, and pinned third-party ones."""

from pathlib import Path

import pytest

from deploy.images.closure import Unpinned, projects, read_pins, requirements

ROOT = Path(__file__).parents[2]
PINS = read_pins((ROOT / "constraints/services.txt").read_text())


def folders(*wanted: str) -> list[str]:
    return [project.folder for project in projects(ROOT, wanted)]


def test_dependencies_come_first_and_nothing_else_comes() -> None:
    found = folders("services/judge")
    assert found[0] == "libs/core"
    assert found[-1] == "services/judge"
    assert "libs/host" in found
    assert {"libs/llm", "libs/cli", "libs/testing", "services/scorer"}.isdisjoint(found)


@pytest.mark.parametrize("service", ["scraper", "normalizer", "judge", "scorer", "trainer", "evaluator"])
def test_every_requirement_of_every_service_is_pinned_with_hashes(service: str) -> None:
    for line in requirements(projects(ROOT, [f"services/{service}"]), PINS):
        assert "==" in line
        assert "--hash=sha256:" in line


def test_extras_are_taken_only_where_they_are_asked_for() -> None:
    pins = read_pins((ROOT / "constraints/trainer.txt").read_text())
    plain = requirements(projects(ROOT, ["services/trainer"]), pins)
    train = requirements(projects(ROOT, ["services/trainer[train]"]), pins)
    assert not any(line.startswith("torch==") for line in plain)
    assert any(line.startswith("torch==") for line in train)


def test_a_requirement_without_a_pin_is_an_error() -> None:
    few = {name: pin for name, pin in PINS.items() if name != "httpx"}
    with pytest.raises(Unpinned, match=r"httpx.*make constraints"):
        requirements(projects(ROOT, ["services/scraper"]), few)


def test_an_extra_of_a_requirement_stays_with_its_pin() -> None:
    lines = requirements(projects(ROOT, ["libs/bus"]), PINS)
    assert any(line.startswith("kafka-python[crc32c]==") for line in lines)


def test_what_the_pins_were_resolved_with_goes_to_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line.removeprefix("!") for line in lines if line.startswith("!")]
    needed = [*ROOT.glob("constraints/*.txt"), *ROOT.glob("constraints/*.overrides")]
    assert needed
    for path in needed:
        assert any(path.relative_to(ROOT).match(pattern) for pattern in patterns), path
