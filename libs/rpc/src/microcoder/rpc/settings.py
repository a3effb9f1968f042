"""How a server listens and how a channel connects."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from microcoder.config import Group
from microcoder.rpc.tokens import travels

MIB = 1024 * 1024


def _travels(token: SecretStr) -> SecretStr:
    if not travels(token.get_secret_value()):
        raise ValueError("a token travels in a header: use printable ASCII only")
    return token


Token = Annotated[SecretStr, AfterValidator(_travels)]


class TlsSettings(Group):
    """Files in PEM form. All empty: no TLS."""

    cert_file: Path | None = None
    """Own certificate, with its chain."""
    key_file: Path | None = None
    """Key of `cert_file`."""
    ca_file: Path | None = None
    """Whom to trust. At a server: clients must show a certificate of it. At a client: instead of the system's."""

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file belong together; set both or none")
        return self


class RpcSettings(Group):
    """Where and how a service answers calls."""

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` for all."""
    port: int | None = Field(default=None, ge=0, le=65535)
    """Port to listen on; unset for the service's own default, 0 for any free one."""
    max_message_bytes: int = Field(default=64 * MIB, ge=4096)
    """Largest request and largest response."""
    max_concurrent: int | None = Field(default=None, ge=1)
    """Calls that are worked on at a time, streams included; beyond it they are refused. Unset for no limit."""
    reflection: bool = True
    """Whether a client may ask for the contracts."""
    token: Token = SecretStr("")
    """What callers must show as `authorization: Bearer …`; empty for everybody. Health and reflection are exempt."""
    token_file: Path | None = None
    """Instead of `token`: a file with one token a line, all accepted; read anew when it changes."""
    tls: TlsSettings = TlsSettings()
    """Certificates; none for plain text."""

    @model_validator(mode="after")
    def _one_source_of_tokens(self) -> Self:
        _check_one_source(self.token, self.token_file)
        return self

    @model_validator(mode="after")
    def _server_needs_certificate(self) -> Self:
        if self.tls.ca_file is not None and self.tls.cert_file is None:
            raise ValueError("tls.ca_file asks clients for certificates; that needs tls.cert_file and tls.key_file too")
        return self


class ChannelSettings(Group):
    """How calls to other services are made."""

    max_message_bytes: int = Field(default=64 * MIB, ge=4096)
    """Largest request and largest response."""
    token: Token = SecretStr("")
    """Shown to the server as `authorization: Bearer …`; empty for none."""
    token_file: Path | None = None
    """Instead of `token`: a file whose first line is shown; read anew when it changes."""
    secure: bool = False
    """Whether to speak TLS."""
    tls: TlsSettings = TlsSettings()
    """Certificates, where `secure`."""

    @model_validator(mode="after")
    def _one_source_of_tokens(self) -> Self:
        _check_one_source(self.token, self.token_file)
        return self


def _check_one_source(token: SecretStr, file: Path | None) -> None:
    if token.get_secret_value() and file is not None:
        raise ValueError("token and token_file are two sources of the same; set one")
