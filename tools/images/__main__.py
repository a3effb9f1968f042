"""Builds images and says how large they are.

python -m tools.images                 all but the large ones, on Debian's image from a registry
python -m tools.images --offline       the same on a base made by debootstrap, where no registry is reached
python -m tools.images training llm    these
"""

import argparse
import subprocess
import sys
import tomllib
from collections.abc import Sequence

from tools.images.base import ensure_base
from tools.images.builder import ROOT, Builder, NoBuilder, find_builder
from tools.images.recipes import DOCKERFILE, RECIPES, Recipe, recipes

DEFAULT_PREFIX = "microcoder"
_REGISTRY_BASE = "debian:bookworm-slim"


def version() -> str:
    """Of the project, which is the images' tag."""
    text = (ROOT / "services/scraper/pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def build(builder: Builder, wanted: Sequence[Recipe], *, base: str, prefix: str) -> dict[str, int]:
    """Builds `wanted` and gives the bytes of each by its tag.

    Raises:
        subprocess.CalledProcessError: A build failed.
    """
    common = {"BASE": base, "VERSION": version(), "REVISION": _revision()}
    sizes = {}
    for recipe in wanted:
        tag = f"{prefix}/{recipe.name}:{version()}"
        builder.build(ROOT / DOCKERFILE, ROOT, tag, arguments={**common, **recipe.arguments()}, target="image")
        sizes[tag] = builder.size(tag)
    return sizes


def _revision() -> str:
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def main() -> int:
    """Exit code 1 where nothing here builds images or a build failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.images", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*(r.name for r in RECIPES), []])
    parser.add_argument("--offline", action="store_true", help="make the base by debootstrap (needs root)")
    parser.add_argument("--base", default=_REGISTRY_BASE, help="Debian 12 or newer (%(default)s)")
    parser.add_argument("--prefix", default=DEFAULT_PREFIX, help="before the names, as registry/team (%(default)s)")
    parser.add_argument("--large", action="store_true", help="also the images with torch, several gigabytes each")
    chosen = parser.parse_args()
    try:
        builder = find_builder()
        base = ensure_base(builder) if chosen.offline else chosen.base
        wanted = recipes(chosen.names, large=chosen.large)
        sizes = build(builder, wanted, base=base, prefix=chosen.prefix)
    except NoBuilder as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{' '.join(map(str, error.cmd[:3]))} failed with exit code {error.returncode}; see above\n")
        return 1
    for tag, size in sizes.items():
        sys.stdout.write(f"{size / 1e6:8.0f} MB  {tag}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
