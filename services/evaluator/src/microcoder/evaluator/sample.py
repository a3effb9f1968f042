"""Samples completions from a checkpoint: `python -m microcoder.evaluator.sample`, in the training environment.

Reads prompts as JSON lines from standard input (`id`, `messages`, `samples`, `seed`) and writes one JSON line for each
to standard output: `id` with `completions` (`text`, `truncated`), or with `error`. Progress goes to standard error.

Float32 on a CPU, because bfloat16 is 5 to 20 times slower there; bfloat16 on a GPU. Weights are read from safetensors
only and no code of the checkpoint is run. The same prompts in the same order with the same settings give the same
completions on the same machine.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One line of the input."""

    id: str
    messages: list[dict[str, str]]
    samples: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line."""

    checkpoint: str
    temperature: float
    max_tokens: int
    batch_sequences: int


class Sampler:
    """A loaded checkpoint.

    Raises:
        SystemExit: The tokenizer has no chat template, so that it is not said how to ask.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype = torch.bfloat16 if self._device == "cuda" else torch.float32
        self._tokenizer = AutoTokenizer.from_pretrained(options.checkpoint, padding_side="left")
        if not self._tokenizer.chat_template:
            raise SystemExit(f"{options.checkpoint} has no chat template; evaluate an instruction-tuned checkpoint")
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        model = AutoModelForCausalLM.from_pretrained(options.checkpoint, dtype=dtype, use_safetensors=True)
        self._model = model.to(self._device).eval()
        self._context = int(getattr(model.config, "max_position_embeddings", 0) or sys.maxsize)
        self._stops = _stop_tokens(self._model, self._tokenizer)

    def text_of(self, prompt: Prompt) -> str:
        """The prompt as the model reads it."""
        rendered: str = self._tokenizer.apply_chat_template(prompt.messages, tokenize=False, add_generation_prompt=True)
        return rendered

    def too_long(self, text: str) -> str:
        """Why the model cannot take `text`, empty where it can."""
        length = len(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        room = self._context - self._options.max_tokens
        return f"the prompt has {length} tokens, the model's context leaves room for {room}" if length > room else ""

    def complete(self, texts: Sequence[str], *, samples: int, seed: int) -> list[list[dict[str, Any]]]:
        """`samples` completions for each of `texts`."""
        torch.manual_seed(seed)
        inputs = self._tokenizer(list(texts), return_tensors="pt", padding=True, add_special_tokens=False)
        inputs = inputs.to(self._device)
        # Greedy decoding gives the same text each time: it is done once and repeated.
        different = samples if self._options.temperature > 0 else 1
        with torch.inference_mode():
            fresh = self._generate(inputs["input_ids"], inputs["attention_mask"], different)
        completions = [self._completion(tokens) for tokens in fresh]
        groups = [completions[i : i + different] for i in range(0, len(completions), different)]
        return [group * (samples // different) for group in groups]

    def _generate(self, ids: Any, mask: Any, samples: int) -> list[list[int]]:
        """Tokens of `samples` completions of each row of `ids`, row by row. A prompt is read once for all of them."""
        cache = DynamicCache(config=self._model.config)
        if ids.shape[1] > 1:
            positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, :-1]
            self._model(
                input_ids=ids[:, :-1],
                attention_mask=mask[:, :-1],
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache.batch_repeat_interleave(samples)
        temperature = self._options.temperature
        sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
        output = self._model.generate(
            input_ids=ids.repeat_interleave(samples, dim=0),
            attention_mask=mask.repeat_interleave(samples, dim=0),
            past_key_values=cache,
            max_new_tokens=self._options.max_tokens,
            pad_token_id=self._tokenizer.pad_token_id,
            **(sampling if temperature > 0 else {"do_sample": False}),
        )
        tokens: list[list[int]] = output[:, ids.shape[1] :].tolist()
        return tokens

    def _completion(self, tokens: list[int]) -> dict[str, Any]:
        end = next((i for i, token in enumerate(tokens) if token in self._stops), None)
        text = self._tokenizer.decode(tokens[:end], skip_special_tokens=True)
        return {"text": text, "truncated": end is None}


def _stop_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    configured = model.generation_config.eos_token_id
    tokens = configured if isinstance(configured, list) else [configured, tokenizer.eos_token_id]
    return frozenset(token for token in tokens if token is not None)


def batches(prompts: Sequence[Prompt], *, sequences: int) -> Iterator[list[Prompt]]:
    """`prompts` in order, as many at a time as make `sequences` completions; all of a batch want equally many."""
    batch: list[Prompt] = []
    for prompt in prompts:
        full = (len(batch) + 1) * prompt.samples > sequences
        if batch and (full or prompt.samples != batch[0].samples):
            yield batch
            batch = []
        batch.append(prompt)
    if batch:
        yield batch


def run(options: Options, prompts: Sequence[Prompt], out: TextIO) -> None:
    """Samples all `prompts` and writes each reply as soon as it is there."""
    started = time.monotonic()
    sampler = Sampler(options)
    _say(f"loaded {options.checkpoint} in {time.monotonic() - started:.1f} s")
    texts = {prompt.id: sampler.text_of(prompt) for prompt in prompts}
    fitting = []
    for prompt in prompts:
        if problem := sampler.too_long(texts[prompt.id]):
            _write(out, {"id": prompt.id, "error": problem})
        else:
            fitting.append(prompt)
    done = len(prompts) - len(fitting)
    for batch in batches(fitting, sequences=options.batch_sequences):
        asked = [texts[prompt.id] for prompt in batch]
        answers = sampler.complete(asked, samples=batch[0].samples, seed=batch[0].seed)
        for prompt, completions in zip(batch, answers, strict=True):
            _write(out, {"id": prompt.id, "completions": completions})
        done += len(batch)
        _say(f"{done} of {len(prompts)} prompts, {time.monotonic() - started:.0f} s")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="microcoder.evaluator.sample", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--temperature", type=float, required=True)
    parser.add_argument("--max-tokens", type=int, required=True)
    parser.add_argument("--batch-sequences", type=int, default=16)
    options = Options(**vars(parser.parse_args()))
    prompts = [Prompt(**json.loads(line)) for line in sys.stdin if line.strip()]
    # Libraries print what they like; only replies may reach the reader.
    out, sys.stdout = sys.stdout, sys.stderr
    run(options, prompts, out)


def _write(out: TextIO, reply: dict[str, Any]) -> None:
    out.write(json.dumps(reply) + "\n")
    out.flush()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
