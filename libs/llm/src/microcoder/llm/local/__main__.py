"""`python -m microcoder.llm.local prepare|serve`."""

import argparse
import os
import sys
from pathlib import Path

from microcoder.core.errors import MicrocoderError
from microcoder.llm.local.vllm import VllmOptions, vllm_command, vllm_environment
from microcoder.llm.local.weights import prepare


def main() -> int:
    """Runs the command line; the exit code is 1 where it cannot be done."""
    arguments = _parser().parse_args()
    try:
        if arguments.command == "prepare":
            _prepare(arguments.out)
        else:
            _serve(arguments)
    except MicrocoderError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m microcoder.llm.local", description="A small LLM for one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("prepare", help="write SmolLM2-135M-Instruct in safetensors form, once")
    make.add_argument("--out", type=Path, required=True, help="folder to write")
    defaults = VllmOptions()
    serve = commands.add_parser("serve", help="serve a model by vLLM on the CPU")
    serve.add_argument("--model", type=Path, required=True, help="folder with the model")
    serve.add_argument("--port", type=int, required=True)
    serve.add_argument("--host", default=defaults.host, help="address to listen on (%(default)s)")
    serve.add_argument("--name", default=defaults.model_name, help="name in the API (%(default)s)")
    serve.add_argument("--max-model-len", type=int, default=defaults.max_model_len, help="tokens (%(default)s)")
    serve.add_argument("--kv-cache-gib", type=int, default=defaults.kv_cache_gib, help="GiB (%(default)s)")
    return parser


def _prepare(out: Path) -> None:
    made = prepare(out)
    sys.stdout.write(f"{'Wrote the model to' if made else 'The model is already in'} {out}\n")


def _serve(arguments: argparse.Namespace) -> None:
    options = VllmOptions(
        model_name=arguments.name,
        max_model_len=arguments.max_model_len,
        kv_cache_gib=arguments.kv_cache_gib,
        host=arguments.host,
    )
    os.environ.update(vllm_environment(options))
    command = vllm_command(sys.executable, arguments.model, arguments.port, options)
    # vLLM takes this process over, so that signals reach it directly.
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    raise SystemExit(main())
