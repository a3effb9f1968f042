"""Sampling from a checkpoint by a real child process, on a model of a few thousand parameters made in code."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from microcoder.core.errors import FailedPrecondition
from microcoder.core.evaluation import EvaluationSpec
from microcoder.core.solving import ChatMessage
from microcoder.evaluator.adapters.checkpoint import CheckpointSampler
from microcoder.evaluator.domain.answers import Completion
from microcoder.evaluator.sampling import SampleRequest

pytestmark = pytest.mark.llm
WHY = "needs torch and transformers (make setup-trainer)"
CONTEXT = 64
TEMPLATE = "{% for m in messages %}{{ m.content }} {% endfor %}"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch", reason=WHY)
    transformers = pytest.importorskip("transformers", reason=WHY)
    tokenizers = pytest.importorskip("tokenizers", reason=WHY)
    path = tmp_path_factory.mktemp("model")
    vocabulary = {word: index for index, word in enumerate(["<end>", "<pad>", "<unk>", *"abcdefghijkl"])}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, eos_token="<end>", pad_token="<pad>", unk_token="<unk>"
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(path)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=CONTEXT,
        eos_token_id=0,
        pad_token_id=1,
        bos_token_id=None,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    return path


Sampled = Callable[..., dict[str, dict[str, Any]]]
"""Samples the prompts `{id: text}` and gives the reply to each."""


@pytest.fixture
def sampled(checkpoint: Path) -> Sampled:
    """The child's side, without the child, since loading torch takes long."""
    from microcoder.evaluator.sample import Options, Prompt, run  # noqa: PLC0415  needs torch

    def go(prompts: dict[str, str], *, seed: int = 5, **changes: Any) -> dict[str, dict[str, Any]]:
        fields = {"checkpoint": str(checkpoint), "temperature": 1.0, "max_tokens": 16, "batch_sequences": 6, **changes}
        asked = [
            Prompt(id=name, messages=[{"role": "user", "content": text}], samples=3, seed=seed + index)
            for index, (name, text) in enumerate(prompts.items())
        ]
        out = io.StringIO()
        run(Options(**fields), asked, out)
        return {reply["id"]: reply for reply in map(json.loads, out.getvalue().splitlines())}

    return go


def completions(replies: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [completion for reply in replies.values() for completion in reply["completions"]]


def test_every_prompt_gets_its_samples_and_the_seed_decides_them(sampled: Sampled) -> None:
    prompts = {name: f"a b {name}" for name in "abcde"}
    first = sampled(prompts)
    assert list(first) == list("abcde")
    texts = [completion["text"] for completion in completions(first)]
    assert len(texts) == 15
    assert len(set(texts)) > 5
    assert sampled(prompts) == first
    assert sampled(prompts, seed=50) != first


def test_cut_off_completions_say_so(sampled: Sampled) -> None:
    found = completions(sampled(dict.fromkeys("abcdefgh", "a b c"), max_tokens=4))
    assert {completion["truncated"] for completion in found} == {True, False}
    assert all(completion["truncated"] or len(completion["text"].split()) < 4 for completion in found)


def test_greedy_sampling_repeats_one_completion(sampled: Sampled) -> None:
    found = completions(sampled({"a": "a b"}, temperature=0.0))
    assert len(found) == 3
    assert len({completion["text"] for completion in found}) == 1


def test_prompts_of_different_lengths_do_not_disturb_each_other(sampled: Sampled) -> None:
    prompts = {"one": "a", "two": "c b", "many": "a b c d e f g h i j k l a b c"}
    together = sampled(prompts, temperature=0.0)
    alone = {name: sampled({name: text}, temperature=0.0)[name] for name, text in prompts.items()}
    assert together == alone


def test_reading_a_prompt_once_changes_nothing(checkpoint: Path, sampled: Sampled) -> None:
    """What the model's own generation gives, greedily, on the prompt as a whole."""
    import transformers  # noqa: PLC0415  needs torch

    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.AutoModelForCausalLM.from_pretrained(checkpoint)
    inputs = tokenizer("d a b h k c", return_tensors="pt", add_special_tokens=False)
    output = model.generate(**inputs, do_sample=False, max_new_tokens=16, pad_token_id=1)
    text = tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert sampled({"x": "d a b h k c"}, temperature=0.0)["x"]["completions"][0]["text"] == text


def test_a_prompt_beyond_the_context_fails_alone(sampled: Sampled) -> None:
    replies = sampled({"long": "a " * CONTEXT, "short": "a b"})
    assert f"the prompt has {CONTEXT} tokens" in replies["long"]["error"]
    assert len(replies["short"]["completions"]) == 3


def requests(count: int) -> list[SampleRequest]:
    prompt = [ChatMessage(role="user", content="a b")]
    return [SampleRequest(item_id=str(i), messages=prompt, samples=3, seed=i) for i in range(count)]


def sampler_of(checkpoint: Path) -> CheckpointSampler:
    spec = EvaluationSpec(dataset="-", checkpoint=str(checkpoint), max_tokens=16, samples=3)
    return CheckpointSampler(spec, python=Path(sys.executable), batch_sequences=3)


async def test_the_child_process_gives_outcomes_as_they_come_and_ends_when_closed(checkpoint: Path) -> None:
    sampler = sampler_of(checkpoint)
    outcomes = sampler.sample(requests(5_000))
    first = await anext(outcomes)
    assert first.item_id == "0"
    assert [type(completion) for completion in first.completions] == [Completion] * 3
    process = sampler._process
    assert process is not None
    assert process.returncode is None
    await outcomes.aclose()
    assert process.returncode is not None


async def test_a_folder_without_a_usable_model_ends_with_the_reason(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(FailedPrecondition, match="The sampling process ended with code 1"):
        async for _ in sampler_of(tmp_path).sample(requests(1)):
            pass


async def test_an_interpreter_that_is_not_there_is_named(tmp_path: Path) -> None:
    spec = EvaluationSpec(dataset="-", checkpoint=str(tmp_path))
    sampler = CheckpointSampler(spec, python=tmp_path / "python", batch_sequences=1)
    with pytest.raises(FailedPrecondition, match="MICROCODER_EVALUATOR__PYTHON"):
        await anext(sampler.sample(requests(1)))
