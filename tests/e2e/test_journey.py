"""`microcoder run` from packages to an evaluated model, twice: with a training process, on a tiny model built here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from microcoder.cli.local.llm import training_python
from microcoder.testing.openai import ScriptedOpenAI
from microcoder.testing.platform import Platform, clean_environ

pytestmark = [pytest.mark.mongo, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("two-baskets", "double-portion", "taller-tower", "crooked-scale")
TINY_MODEL = """
import sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
vocabulary = {token: i for i, token in enumerate(["<pad>", "<eos>", *alphabet])}
tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>")
fast.chat_template = "{% for m in messages %}{{ m['content'] }}\\n{% endfor %}"
config = LlamaConfig(
    vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
    max_position_embeddings=8192, pad_token_id=0, bos_token_id=1, eos_token_id=1,
)
LlamaForCausalLM(config).save_pretrained(sys.argv[1])
fast.save_pretrained(sys.argv[1])
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    python = training_python()
    if python is None:
        pytest.skip("no training environment here: `make setup-trainer` makes it")
    folder = tmp_path_factory.mktemp("tiny-model")
    subprocess.run([str(python), "-c", TINY_MODEL, str(folder)], check=True, capture_output=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    for name in PACKAGES:
        (folder / name).symlink_to(ROOT / "examples" / "contest" / name)
    archive = folder / "packages.tar"
    subprocess.run(["tar", "-chf", str(archive), "-C", str(folder), *PACKAGES], check=True)
    return archive


def test_the_whole_way_twice(
    tmp_path: Path, mongod_is_there: None, llm: ScriptedOpenAI, model: Path, packages: Path
) -> None:
    platform = Platform(tmp_path / "state", llm)
    try:
        options = ["run", "--source", str(packages), "--name", "tiny", "--model", str(model)]
        options += ["--steps", "2", "--max-prompt-tokens", "4000"]
        first = platform.cli(*options, timeout_s=600)
        second = platform.cli(*options, timeout_s=300)
    finally:
        assert platform.stop() == 0
    assert first["changed"] is True
    assert first["funnel"]["rejected"] == {"REFERENCE_FAILED": "1"}
    assert len(first["release"]["problem_ids"]) == len(PACKAGES) - 1
    assert Path(first["release_folder"], "README.md").exists()
    assert [int(point["step"]) for point in first["metrics"]] == [1, 2]
    assert all("reward" in point["values"] for point in first["metrics"])
    cells = {(cell["platform"], cell["level"]): cell for cell in first["evaluation_after"]["table"]}
    overall = cells["all", "all"]
    assert 0 <= overall["low"] <= overall["value"] <= overall["high"] <= 1

    assert second["changed"] is False
    for part in ("release", "training", "evaluation_before", "evaluation_after"):
        assert second[part]["id"] == first[part]["id"]


def test_without_packages_it_says_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "microcoder.cli", "run", "--source", str(tmp_path / "none"), "--json"]
    state = ["--state", str(tmp_path / "state")]
    done = subprocess.run([*command, *state], capture_output=True, text=True, env=clean_environ(), check=False)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["reason"] == "INVALID_ARGUMENT"
