"""Credentials from PEM files."""

from pathlib import Path

import grpc

from microcoder.rpc.files import read_file
from microcoder.rpc.settings import ChannelSettings, TlsSettings


def server_credentials(tls: TlsSettings) -> grpc.ServerCredentials | None:
    """What a server shows and asks for; None for plain text.

    Raises:
        FailedPrecondition: A file cannot be read.
    """
    if tls.cert_file is None or tls.key_file is None:
        return None
    authority = _read(tls.ca_file) if tls.ca_file else None
    pair = (_read(tls.key_file), _read(tls.cert_file))
    return grpc.ssl_server_credentials([pair], authority, require_client_auth=authority is not None)


def channel_credentials(settings: ChannelSettings) -> grpc.ChannelCredentials | None:
    """What a client trusts and shows; None for plain text.

    Raises:
        FailedPrecondition: A file cannot be read.
    """
    if not settings.secure:
        return None
    tls = settings.tls
    return grpc.ssl_channel_credentials(
        _read(tls.ca_file) if tls.ca_file else None,
        _read(tls.key_file) if tls.key_file else None,
        _read(tls.cert_file) if tls.cert_file else None,
    )


def _read(path: Path) -> bytes:
    return read_file(path, kind="TLS")
