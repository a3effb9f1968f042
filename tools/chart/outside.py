"""Values of what is outside of the chart, and of the calls between the services."""

from typing import Annotated, Literal

from pydantic import Field

from tools.chart.base import Name, Object, Peer, Port, Values


class Mongodb(Values):
    """The store."""

    existing_secret: Name
    """Secret with the connection string."""
    uri_key: str
    database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,63}$")]
    ca_secret: Name


class Kafka(Values):
    """The bus."""

    bootstrap_servers: Annotated[str, Field(pattern=r"^([^\s,:/]+:\d+(,[^\s,:/]+:\d+)*)?$")]
    """host:port, several separated by commas."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    existing_secret: Name
    username_key: str
    password_key: str
    ca_secret: Name
    ca_key: str
    client_secret: Name
    client_cert_key: str
    client_key_key: str
    partitions: Annotated[int, Field(ge=1, le=1000)]
    replication_factor: Annotated[int, Field(ge=-1)]


class Llm(Values):
    """An OpenAI-compatible endpoint."""

    base_url: Annotated[str, Field(pattern=r"^(https?://.+)?$")]
    model: str
    existing_secret: Name
    api_key_key: str


class IssuerRef(Values):
    """An issuer of cert-manager."""

    name: Name
    kind: Literal["Issuer", "ClusterIssuer"]
    group: str


class TlsSecrets(Values):
    """Secrets with tls.crt, tls.key and ca.crt."""

    scraper: Name
    normalizer: Name
    judge: Name
    scorer: Name
    trainer: Name
    evaluator: Name
    client: Name


class Tls(Values):
    """Certificates of the services."""

    enabled: bool
    source: Literal["helm", "certManager", "existingSecrets"]
    client_certificates: bool
    days: Annotated[int, Field(ge=1)]
    issuer_ref: IssuerRef
    existing_secrets: TlsSecrets
    extra_dns_names: list[str]


class Token(Values):
    """What callers show."""

    enabled: bool
    existing_secret: Name
    key: str


class Internet(Values):
    """What the scraper may reach."""

    cidr: str
    except_: list[str] = Field(alias="except")
    ports: list[Port]


class NetworkPolicy(Values):
    """Default deny, and one allowed way per edge."""

    enabled: bool
    mongodb: Peer
    kafka: Peer
    llm: Peer
    api_server: Peer
    dns: Peer
    internet: Internet
    clients: list[Object]
    monitoring: list[Object]
