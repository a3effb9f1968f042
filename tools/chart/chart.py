"""All values of the chart."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tools.chart.base import Image, Labels, Name, Object, Quantity, Resources, Values
from tools.chart.monitoring import Monitoring
from tools.chart.outside import Kafka, Llm, Mongodb, NetworkPolicy, Tls, Token
from tools.chart.service import Count, Seconds, Secrets, Service, Services
from tools.chart.training import Gpu, Rbac, Training


class ImageDefaults(Values):
    """Of every image."""

    registry: str
    tag: str
    pull_policy: Literal["Always", "IfNotPresent", "Never"]
    pull_secrets: list[Name]


class Log(Values):
    """What the services log."""

    level: Literal["debug", "info", "warning", "error"]


class Profile(Values):
    """A seccomp or AppArmor profile."""

    type: Literal["", "RuntimeDefault", "Localhost", "Unconfined"]
    localhost_profile: str


class Seccomp(Profile):
    """System calls that the judge may make."""

    type: Literal["RuntimeDefault", "Localhost", "Unconfined"]


class Pool(Values):
    """Label and taint of the judge's nodes."""

    key: str
    value: str
    required: bool


class Sandbox(Values):
    """How the judge's pod shuts programs in."""

    min_tier: Literal["namespaces+cgroups", "namespaces", "landlock", "rlimits"]
    seccomp: Seccomp
    app_armor: Profile
    proc_mount: Literal["Default", "Unmasked"]
    host_users: bool | None
    pool: Pool


class Vllm(Values):
    """An LLM endpoint of the release's own."""

    enabled: bool
    image: Image
    model: str
    args: list[str]
    gpus: Annotated[int, Field(ge=1)]
    hugging_face_secret: Name
    cache_claim: Name
    shared_memory: Quantity
    resources: Resources
    startup_failure_threshold: Annotated[int, Field(ge=1)]
    network_policy: "EgressOnly"


class EgressOnly(Values):
    """Where else it may go, for example for the model's files."""

    extra_egress: list[Object]


class Cli(Values):
    """A pod with the command."""

    enabled: bool
    image: Image
    resources: Resources
    secrets: Secrets


class Migration(Values):
    """The Job before each install and upgrade."""

    enabled: bool
    image: Image
    resources: Resources
    active_deadline_seconds: Seconds
    backoff_limit: Count


class Test(Values):
    """The pod of `helm test`."""

    enabled: bool
    image: Image
    resources: Resources
    timeout_seconds: Annotated[int, Field(ge=1)]


class Chart(Values):
    """values.yaml."""

    global_: dict[str, Any] = Field(default_factory=dict, alias="global")
    """Helm's own."""
    fullname_override: Name
    common_labels: Labels
    image: ImageDefaults
    log: Log
    mongodb: Mongodb
    kafka: Kafka
    llm: Llm
    tls: Tls
    token: Token
    network_policy: NetworkPolicy
    defaults: Service
    services: Services
    sandbox: Sandbox
    gpu: Gpu
    rbac: Rbac
    training: Training
    vllm: Vllm
    monitoring: Monitoring
    cli: Cli
    migration: Migration
    test: Test
