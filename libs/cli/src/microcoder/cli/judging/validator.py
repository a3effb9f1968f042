"""The output validator of a package on this machine, as a request takes it."""

import re
from pathlib import Path

from microcoder.core.errors import FailedPrecondition
from microcoder.core.languages import language_of_file
from microcoder.v1 import judge_service_pb2 as pb

_FOLDERS = ("output_validator", "output_validators")
_MAX_BYTES = 4 * 1024 * 1024
_MAIN = re.compile(rb"\b(int|void|def)\s+main\b|__main__")


def read_validator(package: Path) -> pb.InlineProgram:
    """The only output validator of the folder `package`.

    Raises:
        FailedPrecondition: There is none or more than one, or it is not a program in a known language without scripts
            of its own.
    """
    folder = next((package / name for name in _FOLDERS if (package / name).is_dir()), None)
    found = _visible(folder) if folder is not None else []
    if folder is not None and folder.name == "output_validator" and any(path.is_file() for path in found):
        return _program(folder)
    if len(found) != 1:
        raise FailedPrecondition(f"{package} needs one output validator of its own and has {len(found)}")
    return _program(found[0])


def _program(root: Path) -> pb.InlineProgram:
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()] if root.is_dir() else [root]
    scripts = [name for name in ("build", "run") if (root / name).is_file()]
    if scripts:
        raise FailedPrecondition(f"{root} is built and started by its own scripts, which are not run")
    if sum(path.stat().st_size for path in paths) > _MAX_BYTES:
        raise FailedPrecondition(f"{root} is larger than {_MAX_BYTES} bytes")
    base = root if root.is_dir() else root.parent
    files = {path.relative_to(base).as_posix(): path.read_bytes() for path in paths if not path.name.startswith(".")}
    sources = [name for name in files if language_of_file(name)]
    if not sources:
        raise FailedPrecondition(f"{root} is an output validator in no known language")
    main = next((name for name in sources if _MAIN.search(files[name])), sources[0])
    return pb.InlineProgram(language=language_of_file(main), files=files, main=main)


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
