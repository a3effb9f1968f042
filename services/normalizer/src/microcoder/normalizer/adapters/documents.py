"""The YAML files of a package."""

from collections.abc import Mapping
from typing import Any

import yaml

from microcoder.core.rejection import RejectReason
from microcoder.normalizer.domain.normalize import METADATA_FILE, Documents
from microcoder.normalizer.domain.package import Package, below, read_text
from microcoder.normalizer.domain.rejecting import Rejected
from microcoder.normalizer.domain.suite import GROUP_FILES

_MAX_BYTES = 32 * 1024


def read_documents(package: Package) -> Documents:
    """Parses `problem.yaml` and the settings of groups and tests.

    Raises:
        Rejected: One of them is not UTF-8, not YAML or too long, or there is no `problem.yaml`.
    """
    if METADATA_FILE not in package.paths:
        raise Rejected(RejectReason.UNREADABLE_PACKAGE, f"there is no {METADATA_FILE}")
    groups = {
        folder: _mapping(package, path)
        for path in package.paths
        for folder, _, name in [path.rpartition("/")]
        if name in GROUP_FILES and folder.startswith("data")
    }
    present = set(package.paths)
    for path in below(package, "data"):
        test = path.removesuffix(".yaml")
        if test != path and f"{test}.in" in present:
            groups[test] = _mapping(package, path)
    return Documents(metadata=_mapping(package, METADATA_FILE), groups=groups)


def _mapping(package: Package, path: str) -> Mapping[str, Any]:
    text = read_text(package, path, max_bytes=_MAX_BYTES)
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"{path} is not YAML: {' '.join(str(error).split())[:200]}"
        raise Rejected(RejectReason.UNREADABLE_PACKAGE, message) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise Rejected(RejectReason.UNREADABLE_PACKAGE, f"{path} is not a mapping of names to values")
    return document
