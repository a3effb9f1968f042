"""What all groups of values share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


def _all_optional(schema: dict[str, Any]) -> None:
    """A user states only what differs from values.yaml, so no key is required of the user."""
    schema.pop("required", None)
    schema.pop("title", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
        if "patternProperties" in field:
            field["additionalProperties"] = False


class Values(BaseModel):
    """A group of values. Every key stands in values.yaml; no other key is allowed."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, use_attribute_docstrings=True, json_schema_extra=_all_optional
    )


Object = dict[str, Any]
"""Part of a Kubernetes object, checked by the API server."""
Name = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$", max_length=253)]
"""Name of an object; empty for none."""
Quantity = Annotated[str, Field(pattern=r"^\d+(\.\d+)?([EPTGMk]i?|m)?$")]
"""An amount as Kubernetes writes it: 5Gi."""
Port = Annotated[int, Field(ge=1, le=65535)]
Labels = dict[str, str]
Scalar = str | int | float | bool
"""Value of an environment variable."""


class Image(Values):
    """An image of the chart."""

    repository: str
    """Without registry and tag."""
    tag: str
    """Empty for image.tag."""
    digest: Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64})?$")]
    """sha256:…; wins over the tag."""


class Resources(Values):
    """Requests and limits."""

    requests: dict[str, str | int | float] = Field(default_factory=dict)
    limits: dict[str, str | int | float] = Field(default_factory=dict)
    claims: list[Object] = Field(default_factory=list)


class Peer(Values):
    """Where something is reached."""

    to: list[Object]
    """NetworkPolicyPeers; empty for anywhere."""
    ports: list[Port]
