from pathlib import Path

from microcoder.trainer.domain.checkpoints import STABLE, newest_complete


def save(run: Path, step: int, *files: str) -> None:
    folder = run / f"checkpoint-{step}"
    folder.mkdir()
    for name in files:
        (folder / name).touch()


def test_the_newest_complete_one_is_chosen(tmp_path: Path) -> None:
    save(tmp_path, 9, "trainer_state.json", STABLE)
    save(tmp_path, 10, "trainer_state.json", STABLE)
    save(tmp_path, 11, "trainer_state.json")
    save(tmp_path, 12, "model.safetensors")
    save(tmp_path, 13, "trainer_state.json", STABLE, "checkpoint-is-incomplete.txt")
    found = newest_complete(tmp_path)
    assert found is not None
    assert (found.step, found.folder.name) == (10, "checkpoint-10")


def test_no_folder_or_none_complete_is_none(tmp_path: Path) -> None:
    assert newest_complete(tmp_path / "absent") is None
    save(tmp_path, 1, "trainer_state.json")
    (tmp_path / "checkpoint-last").mkdir()
    assert newest_complete(tmp_path) is None
