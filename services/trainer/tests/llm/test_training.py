"""Real training processes on a toy model, with the real judge as their reward."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from microcoder.core.timeline import Stage
from microcoder.core.training import Algorithm
from microcoder.core.verdict import Verdict
from microcoder.trainer.domain.checkpoints import newest_complete
from microcoder.trainer.domain.outcome import ExitCode

pytestmark = [pytest.mark.llm, pytest.mark.slow, pytest.mark.timeout(600)]

Training = Any


async def test_it_learns(training: Training) -> None:
    run = await training.add("train-learn", algorithm=Algorithm.MICROCODER_GRPO, max_steps=30, save_steps=30)
    code, outcome = await training.train(run.id)
    assert code == ExitCode.FINISHED, training.output(run.id)
    rewards = await training.rewards(run.id)
    first, last = (sum(rewards[step] for step in steps) / 5 for steps in (range(1, 6), range(26, 31)))
    print(f"mean reward of the first five steps {first:.2f}, of the last five {last:.2f}")
    assert first < 0.3
    assert last > 0.8
    ended = await training.store.training_runs.get(run.id)
    assert (ended.progress.done, ended.checkpoint) == (30, str(training.folder / run.id / "checkpoint-30"))
    assert ended.trained_model == str(training.folder / run.id / "final")
    assert str(training.folder / run.id / "final") in outcome.message
    samples = [s async for s in training.store.training_samples.scan({"run_id": run.id})]
    assert {sample.verdict for sample in samples} >= {Verdict.AC, Verdict.WA, Verdict.RE}
    assert all((sample.reward == 1.0) is (sample.verdict is Verdict.AC) for sample in samples)
    lives = [life async for _, life in training.store.timeline.scan()]
    assert [entry.stage for life in lives for entry in life] == [Stage.TRAINED, Stage.TRAINED]
    _loads(training.folder / run.id / "final")


async def test_a_stopped_run_goes_on_as_if_nothing_had_happened(training: Training) -> None:
    spec = {"algorithm": Algorithm.MICROCODER_GRPO, "max_steps": 16, "save_steps": 10}
    straight, broken = await training.add("train-straight", **spec), await training.add("train-broken", **spec)
    await training.train(straight.id)
    process = await training.start(broken.id)
    while (await training.store.training_runs.get(broken.id)).progress.done < 5:
        assert process.returncode is None, training.output(broken.id)
        await asyncio.sleep(0.02)
    process.terminate()
    assert await process.wait() == ExitCode.STOPPED
    stopped = await training.store.training_runs.get(broken.id)
    checkpoint = newest_complete(training.folder / broken.id)
    assert checkpoint is not None
    assert 5 <= checkpoint.step == stopped.progress.done < 16
    assert stopped.checkpoint == str(checkpoint.folder)
    code, _ = await training.train(broken.id, "--resume")
    assert code == ExitCode.FINISHED, training.output(broken.id)
    assert f"resuming from step {checkpoint.step}" in training.output(broken.id)
    assert await training.rewards(broken.id) == await training.rewards(straight.id)


async def test_two_processes_train_one_model_and_stop_together(training: Training) -> None:
    run = await training.add("train-two", algorithm=Algorithm.MICROCODER_GRPO, max_steps=8, save_steps=8)
    process = await training.start(run.id, "--processes=2")
    while (await training.store.training_runs.get(run.id)).progress.done < 2:
        assert process.returncode is None, training.output(run.id)
        await asyncio.sleep(0.02)
    process.terminate()
    assert await process.wait() == ExitCode.STOPPED, training.output(run.id)
    checkpoint = newest_complete(training.folder / run.id)
    assert checkpoint is not None
    assert {file.name for file in checkpoint.folder.glob("rng_state_*")} == {"rng_state_0.pth", "rng_state_1.pth"}
    code, outcome = await training.train(run.id, "--processes=2", "--resume=auto")
    assert code == ExitCode.FINISHED, training.output(run.id)
    assert outcome.step == 8
    assert sorted(await training.rewards(run.id)) == list(range(1, 9))
    _loads(training.folder / run.id / "final")


async def test_rows_that_cannot_be_shared_are_named(training: Training) -> None:
    run = await training.add("train-odd", prompts_per_step=1, group_size=3)
    code, outcome = await training.train(run.id, "--processes=2")
    assert code == ExitCode.BAD_REQUEST
    assert "3 completions a step" in outcome.message


async def test_a_judge_that_is_down_gives_no_rewards_and_a_clear_end(training: Training) -> None:
    run = await training.add("train-nojudge", max_steps=20)
    code, outcome = await training.train(
        run.id,
        MICROCODER_ENDPOINTS__JUDGE="127.0.0.1:1",
        MICROCODER_TRAINER__JUDGE_TIMEOUT_S="0.3",
        MICROCODER_TRAINER__JUDGE_PATIENCE="2",
    )
    assert code == ExitCode.NO_JUDGE, training.output(run.id)
    assert "The judge gave no verdict in 2 rollouts on end" in outcome.message
    samples = [s async for s in training.store.training_samples.scan({"run_id": run.id})]
    rewards = {sample.verdict: sample.reward for sample in samples}
    assert rewards == {Verdict.IE: None, Verdict.CE: 0.0}
    assert newest_complete(training.folder / run.id) is not None


async def test_adapters_are_merged_into_a_model_that_stands_alone(training: Training) -> None:
    run = await training.add("train-lora", max_steps=2, lora_rank=4, algorithm=Algorithm.GRPO)
    code, _ = await training.train(run.id)
    assert code == ExitCode.FINISHED, training.output(run.id)
    assert not (training.folder / run.id / "final" / "adapter_config.json").exists()
    _loads(training.folder / run.id / "final")


@pytest.mark.parametrize(
    ("spec", "code", "word"),
    [
        ({"model": "/no/such/folder"}, ExitCode.NO_MODEL, "/no/such/folder"),
        ({"release_id": "none"}, ExitCode.BAD_RELEASE, "no release none"),
    ],
)
async def test_what_cannot_work_ends_with_a_code_that_says_so(
    training: Training, spec: dict[str, Any], code: ExitCode, word: str
) -> None:
    run = await training.add("train-bad", **spec)
    ended, outcome = await training.train(run.id)
    assert ended == code, training.output(run.id)
    assert word in outcome.message


def _loads(folder: Path) -> None:
    transformers = pytest.importorskip("transformers")
    model, info = transformers.AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    assert tokenizer.chat_template
    assert model.config.vocab_size == len(tokenizer)
