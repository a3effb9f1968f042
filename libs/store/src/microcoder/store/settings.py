"""Settings of the store."""

from typing import Literal

from pydantic import Field, SecretStr

from microcoder.config import Group

_MIB = 1024 * 1024


class StoreSettings(Group):
    """Where the records lie and how patient we are with it."""

    uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017")
    """MongoDB connection string. Secret as a whole, since it may hold a password."""
    database: str = Field(default="microcoder", pattern=r"^[A-Za-z0-9_-]{1,63}$")
    """Name of the database."""
    driver: Literal["motor", "pymongo"] = "motor"
    """Motor, or PyMongo's own asyncio client."""
    max_connections: int = Field(default=50, ge=1)
    """Connections of this process at most."""
    connect_timeout_s: float = Field(default=3.0, gt=0)
    """For opening one connection, seconds."""
    server_selection_timeout_s: float = Field(default=3.0, gt=0)
    """How long an operation waits for a server that can serve it, seconds; then it fails with Unavailable."""
    answer_timeout_s: float = Field(default=30.0, gt=0)
    """How long an operation waits for the server's answer, seconds; then it fails with Unavailable."""
    blob_limit_bytes: int = Field(default=128 * _MIB, ge=1, le=1024 * _MIB)
    """Largest blob, bytes before compression."""
    blob_chunk_bytes: int = Field(default=1 * _MIB, ge=1024, le=15 * _MIB)
    """Size of a GridFS chunk, bytes."""
    blob_compression_level: int = Field(default=3, ge=1, le=19)
    """Of zstd: 1 is fastest, 19 smallest."""
