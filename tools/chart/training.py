"""Values of graphics processors and of training runs."""

from typing import Annotated, Literal

from pydantic import Field

from tools.chart.base import Image, Labels, Name, Object, Quantity, Values


class Gpu(Values):
    """Nodes with graphics processors."""

    resource: str
    node_selector: Labels
    tolerations: list[Object]
    runtime_class_name: Name


class Rbac(Values):
    """Rights in the release's namespace."""

    create: bool
    job_sets: bool


class RunsClaim(Values):
    """Where checkpoints and models lie."""

    existing_claim: Name
    create: bool
    size: Quantity
    storage_class_name: str
    access_mode: Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"]


class Training(Values):
    """Training runs as Jobs of the cluster."""

    launcher: Literal["kubernetes", "local"]
    image: Image
    runs: RunsClaim
    models_claim: Name
    secrets: list[Name]
    gpus: Annotated[int, Field(ge=0)]
    cpu: Quantity
    memory: Quantity
    shared_memory: Quantity
    grace_seconds: Annotated[int, Field(ge=1)]
    node_selector: Labels
    tolerations: list[Object]
    queue: Name
    priority_class_name: Name
