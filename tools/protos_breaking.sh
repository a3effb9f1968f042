#!/usr/bin/env bash
# Compares protos/ with a base commit (BASE, else the one before) and fails where an old client would break.
set -euo pipefail
cd "$(dirname "$0")/.."
base=${BASE:-$(git rev-parse --verify --quiet HEAD~1 || true)}
if [ -z "$base" ] || ! git cat-file -e "$base:protos/buf.yaml" 2>/dev/null; then
  echo "No earlier protos to compare with."
  exit 0
fi
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
git archive "$base" protos | tar -x -C "$old"
.venv/bin/buf breaking protos --against "$old/protos"
