"""A base image without a registry: Debian's own bootstrap, from Debian's own mirror."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.images.builder import Builder, NoBuilder

TAG = "microcoder/base:bookworm"
_SUITE = "bookworm"


def ensure_base(builder: Builder) -> str:
    """The tag of the base image, which is made where it is not there yet (as root, about a minute and a half).

    Raises:
        NoBuilder: debootstrap is missing.
        subprocess.CalledProcessError: It failed.
    """
    if builder.has(TAG):
        return TAG
    if shutil.which("debootstrap") is None:
        raise NoBuilder("A base without a registry needs debootstrap and root: apt-get install debootstrap")
    with tempfile.TemporaryDirectory(prefix="microcoder-base-") as scratch:
        root = Path(scratch) / "root"
        subprocess.run(["debootstrap", "--variant=minbase", _SUITE, str(root)], check=True)
        for archive in (root / "var/cache/apt/archives").glob("*.deb"):
            archive.unlink()
        builder.import_folder(root, TAG)
    return TAG
