"""A model of a few thousand parameters that can write programs, because its tokens are pieces of programs."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs the packages of constraints/trainer.txt (make setup-trainer)")
tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")

END = "<|end|>"
OPENINGS = ("```python\nx = input()\n", "```python\nx = int(input())\n")
BODIES = ("print(x)\n```\n", "print(x * 2)\n```\n", "print(1 / 0)\n```\n")
WORDS = ("echo", "double")
TEMPLATE = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"


def build(folder: Path, *, seed: int = 0) -> Path:
    """Writes a random two-layer model with a tokenizer and a chat template, loadable like any other."""
    tokenizer = build_tokenizer()
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def build_tokenizer() -> Any:
    base = ["<|unk|>", "<|pad|>", END, *WORDS]
    vocabulary = {word: index for index, word in enumerate(base)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="<|unk|>"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = tokenizers.decoders.Fuse()
    tokenizer.add_tokens([tokenizers.AddedToken(text, normalized=False) for text in (*OPENINGS, *BODIES)])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<|unk|>", pad_token="<|pad|>", eos_token=END
    )
    fast.chat_template = TEMPLATE
    return fast
