#!/usr/bin/env bash
# Makes one of the two environments, from hashed constraints, and puts this project's packages into it.
#
#   tools/setup.sh services   .venv      the services, the command, every check; no torch
#   tools/setup.sh trainer    .venv-llm  a training process and the LLM of one machine
#
# TORCH_INDEX=<url of an index with another build of torch> takes torch from there.
# Does nothing where the environment is up to date. Needs Python 3.11 or newer; on Debian, as root, it installs what is
# missing (python3-venv, g++), elsewhere it says what to install.
set -euo pipefail
cd "$(dirname "$0")/.."

set_name=${1:?usage: tools/setup.sh services|trainer}
case $set_name in
  services) venv=.venv ;;
  trainer) venv=.venv-llm ;;
  *) echo "Unknown set '$set_name': services or trainer." >&2; exit 2 ;;
esac
python=${PYTHON:-python3}

need() { # need <what> <Debian package> <command that succeeds where it is there>
  local what=$1 package=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing $package"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
  else
    echo "$what is missing. Install it (Debian: apt-get install $package) and run this again." >&2
    exit 1
  fi
}

need "Python" python3 command -v "$python"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON." >&2; exit 1; }
need "Python's venv" python3-venv "$python" -c 'import venv, ensurepip'
need "A C++ compiler" g++ command -v g++

stamp=$venv/.up-to-date
state=$(cat constraints/bootstrap.txt "constraints/$set_name.txt" libs/*/pyproject.toml services/*/pyproject.toml | sha256sum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$state" ] && exit 0

echo "Setting up $venv (the first time takes a minute or two)"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
if [ ! -x .venv/bin/uv ]; then
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints/bootstrap.txt
fi
pins=constraints/$set_name.txt
if [ "$set_name" = trainer ] && [ -n "${TORCH_INDEX:-}" ]; then
  # Another build of torch (for example the CPU's) has another hash and brings none of the CUDA packages.
  pins=$(mktemp)
  trap 'rm -f "$pins"' EXIT
  awk '/^[a-z]/ { keep = !/^(torch|triton|nvidia-[a-z0-9-]*|cuda-[a-z0-9-]*)==/ } keep' constraints/trainer.txt > "$pins"
fi
.venv/bin/uv pip sync --quiet --python "$venv/bin/python" --require-hashes "$pins"
if [ "$pins" != "constraints/$set_name.txt" ]; then
  version=$(sed -n 's/^torch==\([^ ]*\).*/\1/p' constraints/trainer.txt)
  .venv/bin/uv pip install --quiet --python "$venv/bin/python" --no-deps --index-url "$TORCH_INDEX" "torch==$version"
fi
packages=()
for folder in libs/* services/*; do packages+=(--editable "$folder"); done
.venv/bin/uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation "${packages[@]}"
# Bytecode of what every process imports is written here and now: where the environment forbids writing it later
# (PYTHONDONTWRITEBYTECODE), each start of a process would compile all of torch again.
case $set_name in
  services) used=$(ls services | sed 's/.*/import microcoder.&.app/')$'\nimport microcoder.cli.__main__' ;;
  trainer) used=$'import vllm.entrypoints.openai.api_server, trl.trainer.grpo_trainer, peft\nimport microcoder.trainer.train.session' ;;
esac
PYTHONDONTWRITEBYTECODE='' "$venv/bin/python" -W ignore -c "$used" >/dev/null
echo "$state" > "$stamp"
