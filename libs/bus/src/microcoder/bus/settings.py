"""How a process reaches the bus."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, model_validator

from microcoder.bus.worker.policy import WorkerPolicy

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class KafkaSettings(BaseModel):
    """A Kafka cluster. Chosen by naming its bootstrap servers."""

    bootstrap_servers: str = ""
    """`host:port`, several separated by commas. Empty: the embedded bus."""
    client_id: str = "microcoder"
    """Name of this client in the broker's logs and quotas."""
    security_protocol: SecurityProtocol = "PLAINTEXT"
    """Whether connections are encrypted (SSL) and authenticated (SASL)."""
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    """Used where `security_protocol` says SASL."""
    sasl_username: str = ""
    """User of SASL."""
    sasl_password: SecretStr = SecretStr("")
    """Password of SASL."""
    tls_ca_file: Path | None = None
    """PEM file of the authorities that sign the brokers' certificates. None: those of the system."""
    tls_cert_file: Path | None = None
    """PEM file of this client's certificate, where the brokers ask for one."""
    tls_key_file: Path | None = None
    """PEM file of this client's key."""
    tls_key_password: SecretStr = SecretStr("")
    """Password of `tls_key_file`."""
    replication_factor: int = Field(default=-1, ge=-1)
    """Copies of a topic that this process creates. -1: the brokers' default."""
    connect_timeout_s: float = Field(default=15.0, gt=0)
    """How long the first contact may take."""
    delivery_timeout_s: float = Field(default=30.0, gt=0)
    """How long a record may take to be acknowledged before `produce` gives up."""
    request_timeout_s: float = Field(default=10.0, gt=0)
    """How long a broker may take to answer one request."""
    session_timeout_s: float = Field(default=15.0, ge=6)
    """A member that was silent for so long is dead. Brokers allow 6 s and more by default."""
    max_poll_interval_s: float = Field(default=300.0, gt=0)
    """A member that did not poll for so long leaves its group."""

    @model_validator(mode="after")
    def _sasl_is_complete(self) -> "KafkaSettings":
        if "SASL" in self.security_protocol and not (self.sasl_username and self.sasl_password.get_secret_value()):
            raise ValueError(f"{self.security_protocol} needs sasl_username and sasl_password")
        return self

    @model_validator(mode="after")
    def _delivery_outlasts_a_request(self) -> "KafkaSettings":
        if self.delivery_timeout_s < self.request_timeout_s + 1:
            raise ValueError("delivery_timeout_s must be at least request_timeout_s + 1")
        return self


class BusSettings(BaseModel):
    """Where the bus is and how this process uses it."""

    path: Path = Path(".microcoder/bus.sqlite3")
    """File of the embedded bus, on a local disk (SQLite's WAL does not work on network file systems)."""
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    """Kafka, where its bootstrap servers are named."""
    partitions: int = Field(default=4, ge=1, le=1000)
    """Partitions of a topic that this process creates: how many members of a group can work at once."""
    session_timeout_s: float = Field(default=10.0, gt=0)
    """Embedded bus: a member that was silent for so long is dead, and others take its partitions over."""
    retention_s: float = Field(default=7 * 24 * 3600.0, gt=0)
    """Embedded bus: age from which records may be deleted that every group of their topic has committed."""
    worker: WorkerPolicy = Field(default_factory=WorkerPolicy)
    """How workers retry, commit and give up."""
