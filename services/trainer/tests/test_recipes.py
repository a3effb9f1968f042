import pytest

from microcoder.core.training import Algorithm, TrainingSpec
from microcoder.trainer.domain.arguments import Hardware, micro_batch_of, save_interval, trl_arguments
from microcoder.trainer.domain.recipes import recipe_of

CPU = Hardware(cuda=False, bf16=False, micro_batch=4)


def spec(**fields: object) -> TrainingSpec:
    defaults = {"release_id": "r", "model": "m", "prompts_per_step": 4, "group_size": 8}
    return TrainingSpec(**{**defaults, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("algorithm", Algorithm)
def test_every_algorithm_has_a_recipe_that_fills_whole_steps(algorithm: Algorithm) -> None:
    arguments = trl_arguments(spec(), recipe_of(algorithm), CPU, output_dir="out")
    assert arguments["per_device_train_batch_size"] * arguments["gradient_accumulation_steps"] == 32
    assert arguments["num_generations"] == 8


def test_grpo_keeps_the_kl_term_and_the_others_load_no_second_model() -> None:
    betas = {algorithm: recipe_of(algorithm).kl_weight for algorithm in Algorithm}
    assert betas.pop(Algorithm.GRPO) == 0.04
    assert set(betas.values()) == {0.0}


def test_dapo_clips_higher_and_leaves_truncated_completions_out() -> None:
    arguments = trl_arguments(spec(), recipe_of(Algorithm.DAPO), CPU, output_dir="out")
    assert (arguments["loss_type"], arguments["epsilon"], arguments["epsilon_high"]) == ("dapo", 0.2, 0.28)
    assert arguments["mask_truncated_completions"] is True


def test_dr_grpo_does_not_divide_by_the_deviation() -> None:
    arguments = trl_arguments(spec(), recipe_of(Algorithm.DR_GRPO), CPU, output_dir="out")
    assert (arguments["loss_type"], arguments["scale_rewards"]) == ("dr_grpo", "none")


def test_gspo_compares_whole_completions_and_reuses_a_rollout() -> None:
    arguments = trl_arguments(spec(), recipe_of(Algorithm.GSPO), CPU, output_dir="out")
    assert arguments["importance_sampling_level"] == "sequence"
    assert arguments["steps_per_generation"] == 4 * arguments["gradient_accumulation_steps"]


def test_a_rollout_is_never_longer_than_the_run() -> None:
    arguments = trl_arguments(spec(max_steps=3), recipe_of(Algorithm.GSPO), CPU, output_dir="out")
    assert arguments["steps_per_generation"] == 3 * arguments["gradient_accumulation_steps"]


def test_microcoder_grpo_masks_itself_and_not_by_trl() -> None:
    recipe = recipe_of(Algorithm.MICROCODER_GRPO)
    assert recipe.conditional_mask
    assert not trl_arguments(spec(), recipe, CPU, output_dir="out")["mask_truncated_completions"]


@pytest.mark.parametrize(("rows", "most", "size"), [(32, 4, 4), (6, 4, 3), (7, 4, 1), (2, 8, 2)])
def test_micro_batches_divide_a_step(rows: int, most: int, size: int) -> None:
    assert micro_batch_of(rows, most) == size


def test_checkpoints_come_at_the_end_of_a_rollout() -> None:
    assert save_interval(spec(save_steps=10), recipe_of(Algorithm.GSPO)) == 12
    assert save_interval(spec(save_steps=10), recipe_of(Algorithm.DAPO)) == 10


def test_the_cpu_gets_settings_that_work_there() -> None:
    arguments = trl_arguments(spec(), recipe_of(Algorithm.DAPO), CPU, output_dir="out")
    assert arguments["use_cpu"]
    assert not arguments["bf16"]
    assert not arguments["gradient_checkpointing"]
    assert arguments["report_to"] == []
