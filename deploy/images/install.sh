#!/bin/sh
# What the Dockerfile's stages do. PACKAGE is a folder of this repository, with or without extras: services/judge.
#
#   install.sh wheels                        wheels of all our packages, in /wheels
#   install.sh third-party PINS PACKAGE...   everything of others behind PACKAGE, into /opt/microcoder, with exactly the
#                                            versions and hashes of constraints/PINS.txt; one without a pin is an error
#   install.sh own PACKAGE...                PACKAGE and our packages behind it, on top; `entry` starts the first one
#
# What is there already stays, so that a layer holds only what it adds.
set -eu
command=$1
shift
uv=/build/uv/bin/uv
target=/opt/microcoder
export UV_PYTHON=$target/bin/python UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_PROGRESS=1
if [ -s /run/secrets/ca.crt ]; then export SSL_CERT_FILE=/run/secrets/ca.crt; fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

closure() { python3 /build/closure.py /manifests "$@"; }

wheels() {
  cp -r /sources "$scratch/sources"
  for manifest in "$scratch"/sources/*/*/pyproject.toml; do
    UV_PYTHON=/usr/bin/python3 "$uv" build --quiet --wheel --require-hashes \
      --build-constraints /build/constraints/services.txt --out-dir /wheels "${manifest%/*}"
  done
}

third_party() {
  pins=/build/constraints/$1.txt
  overrides=/build/constraints/$1.overrides
  shift
  [ -x "$target/bin/python" ] || "$uv" venv --quiet --python /usr/bin/python3 "$target"
  closure requirements "$pins" "$@" > "$scratch/requirements.txt"
  # The pins were resolved with them, so they cannot be met without.
  set --
  [ ! -e "$overrides" ] || set -- --override "$overrides"
  "$uv" pip install --quiet --require-hashes --constraint "$pins" "$@" -r "$scratch/requirements.txt"
}

own() {
  for name in $(closure names "$@"); do
    set -- "$@" "/wheels/$(echo "$name" | tr - _)"-*.whl
  done
  first=$(closure names "${1%%[*}" | tail -n 1)
  while [ "${1#/wheels/}" = "$1" ]; do shift; done
  "$uv" pip install --quiet --offline --no-deps "$@"
  # Packages of others were resolved, with overrides that a check does not know of: only ours come without their own.
  if "$uv" pip check 2>&1 | grep '^The package `microcoder-'; then exit 1; fi
  for name in "$first" microcoder; do
    if [ -x "$target/bin/$name" ]; then ln -sf "$name" "$target/bin/entry" && break; fi
  done
}

case $command in
  wheels) wheels ;;
  third-party) third_party "$@" ;;
  own) own "$@" ;;
esac
