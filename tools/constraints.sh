#!/usr/bin/env bash
# Resolves constraints/*.in into hashed pins that name no host.
set -euo pipefail
cd "$(dirname "$0")/../constraints"
compile() {
  ../.venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header "$@"
}
compile -o bootstrap.txt bootstrap.in
compile -o services.txt services.in
compile --override trainer.overrides -o trainer.txt trainer.in
