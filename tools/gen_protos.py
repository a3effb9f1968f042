"""Generates the stubs of protos/ into libs/protos; with --check only says whether they are up to date."""

import argparse
import filecmp
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
TARGET = ROOT / "libs" / "protos" / "src" / "microcoder" / "v1"


def generate(out: Path) -> None:
    """Writes the stubs of every proto file below `out`."""
    files = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    command = [
        sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={PROTOS}",
        f"--python_out={out}", f"--mypy_out={out}", f"--grpc_python_out={out}", f"--mypy_grpc_out={out}", *files,
    ]  # fmt: skip
    # protoc looks its plug-ins up in PATH; they lie beside the interpreter, which may not be in it.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    done = subprocess.run(
        command, cwd=PROTOS, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh = Path(folder) / "microcoder" / "v1"
        names = sorted(path.name for path in fresh.iterdir())
        if check:
            stale = [n for n in names if not _same(fresh / n, TARGET / n)]
            stale += [p.name for p in TARGET.glob("*_pb2*") if p.name not in names]
            if stale:
                print("Stubs differ from protos/: " + ", ".join(stale) + ". Run `make protos`.", file=sys.stderr)
                return 1
            return 0
        for old in TARGET.glob("*_pb2*"):
            old.unlink()
        for name in names:
            (TARGET / name).write_bytes((fresh / name).read_bytes())
    return 0


def _same(left: Path, right: Path) -> bool:
    return right.exists() and filecmp.cmp(left, right, shallow=False)


if __name__ == "__main__":
    sys.exit(main())
