#!/bin/sh
# Puts packages of this repository, their local and their third-party dependencies into /opt/microcoder.
#
#   install PINS PACKAGE[EXTRA]...     PINS: services or trainer; PACKAGE: a folder, as services/judge
#
# What is there already stays, so that a layer holds only what it adds. Third-party packages have exactly the versions
# and hashes of constraints/PINS.txt; one without a pin is an error.
set -eu
pins=/build/constraints/$1.txt
shift
uv=/build/uv/bin/uv
target=/opt/microcoder
export UV_PYTHON=$target/bin/python UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_PROGRESS=1
if [ -s /run/secrets/ca.crt ]; then export SSL_CERT_FILE=/run/secrets/ca.crt; fi
[ -x "$target/bin/python" ] || "$uv" venv --quiet --python /usr/bin/python3 "$target"

if [ -n "${TORCH_INDEX:-}" ]; then
  # Another build of torch has another hash and brings none of the CUDA packages.
  version=$(sed -n 's/^torch==\([^ ]*\).*/\1/p' "$pins")
  awk '/^[a-z]/ { keep = !/^(torch|triton|nvidia-[a-z0-9-]*|cuda-[a-z0-9-]*)==/ } keep' "$pins" > /build/pins.txt
  pins=/build/pins.txt
  "$uv" pip install --quiet --no-deps --index-url "$TORCH_INDEX" "torch==$version"
fi

# First the third-party part: named with the pins' own versions, and everything behind them by the same file.
python3 /build/closure "$pins" requirements "$@" > /build/requirements.txt
if [ -s /build/requirements.txt ]; then
  "$uv" pip install --quiet --require-hashes --constraint "$pins" -r /build/requirements.txt
fi

# Then ours, built by pinned tools, with the dependencies checked instead of resolved.
wheels=$(mktemp -d)
for folder in $(python3 /build/closure "$pins" folders "$@"); do
  "$uv" build --quiet --wheel --require-hashes --build-constraints /build/constraints/services.txt \
    --out-dir "$wheels" "/build/$folder"
done
"$uv" pip install --quiet --no-deps "$wheels"/*.whl
"$uv" pip check --quiet
last=$(basename "${1%%[*}")
for name in "microcoder-$last" microcoder; do
  if [ -x "$target/bin/$name" ]; then ln -sf "$name" "$target/bin/entry"; break; fi
done
rm -rf "$wheels"
