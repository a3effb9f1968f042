"""The values of one service; all services have the same."""

from typing import Annotated, Literal

from pydantic import Field

from tools.chart.base import Image, Labels, Name, Object, Quantity, Resources, Scalar, Values

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[int, Field(ge=0)]
Setting = Annotated[str, Field(pattern=r"^[A-Z0-9]+(_[A-Z0-9]+)*(__[A-Z0-9]+(_[A-Z0-9]+)*)+$")]
"""GROUP__FIELD, without MICROCODER_."""


class TopologySpread(Values):
    """How the pods of a service are spread."""

    enabled: bool
    max_skew: Annotated[int, Field(ge=1)]
    topology_key: str
    when_unsatisfiable: Literal["ScheduleAnyway", "DoNotSchedule"]


class DisruptionBudget(Values):
    """How many pods may be missing while nodes are drained."""

    enabled: bool
    max_unavailable: int | Annotated[str, Field(pattern=r"^\d{1,3}%$")]


class Hpa(Values):
    """By CPU."""

    enabled: bool
    target_cpu_percent: Annotated[int, Field(ge=1)]
    scale_down_stabilization_seconds: Annotated[int, Field(ge=0, le=3600)]


class Keda(Values):
    """By the lag of the consumer group."""

    enabled: bool
    lag_threshold: Annotated[int, Field(ge=1)]
    """Messages behind for one replica."""
    activation_lag_threshold: Count
    polling_interval: Seconds
    cooldown_period: Seconds


class Autoscaling(Values):
    """Who says how many replicas there are; at most one of the two."""

    min_replicas: Count
    max_replicas: Annotated[int, Field(ge=1)]
    hpa: Hpa
    keda: Keda


class Probe(Values):
    """When the kubelet asks and gives up."""

    initial_delay_seconds: Seconds = 0
    period_seconds: Annotated[int, Field(ge=1)]
    timeout_seconds: Annotated[int, Field(ge=1)]
    failure_threshold: Annotated[int, Field(ge=1)]


class Probes(Values):
    """On the admin port."""

    startup: Probe
    liveness: Probe
    readiness: Probe


class ServiceAccount(Values):
    """The identity of the pods."""

    create: bool
    name: Name
    annotations: Labels


class Secrets(Values):
    """The service's own credentials; empty for the release's."""

    mongodb: Name
    """Secret with the connection string under mongodb.uriKey."""
    kafka: Name
    """Secret with user and password."""
    kafka_client: Name
    """Secret with a client certificate."""
    llm: Name
    """Secret with the API key."""


class KubernetesService(Values):
    """The Service object."""

    headless: bool
    annotations: Labels


class Scratch(Values):
    """Largest sizes of writable folders."""

    tmp: Quantity
    state: Quantity


class ServiceNetworkPolicy(Values):
    """Beyond the edges that the chart knows."""

    extra_ingress: list[Object]
    extra_egress: list[Object]


class Service(Values):
    """One service."""

    enabled: bool
    replicas: Count
    image: Image
    env: dict[Setting, Scalar]
    """Settings without the prefix MICROCODER_."""
    extra_env: list[Object]
    extra_env_from: list[Object]
    resources: Resources
    node_selector: Labels
    tolerations: list[Object]
    affinity: Object
    topology_spread: TopologySpread
    priority_class_name: Name
    runtime_class_name: Name
    pdb: DisruptionBudget
    autoscaling: Autoscaling
    probes: Probes
    drain_seconds: Annotated[int, Field(ge=1)]
    pre_stop_seconds: Seconds
    pod_security_context: Object
    security_context: Object
    service_account: ServiceAccount
    secrets: Secrets
    service: KubernetesService
    scratch: Scratch
    network_policy: ServiceNetworkPolicy
    pod_annotations: Labels
    pod_labels: Labels
    extra_volumes: list[Object]
    extra_volume_mounts: list[Object]
    extra_containers: list[Object]
    init_containers: list[Object]


class Services(Values):
    """The six."""

    scraper: Service
    normalizer: Service
    judge: Service
    scorer: Service
    trainer: Service
    evaluator: Service
