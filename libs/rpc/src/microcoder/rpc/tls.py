"""Credentials from PEM files, made anew when the files change."""

from pathlib import Path

import grpc

from microcoder.rpc.files import Reloaded, read_file
from microcoder.rpc.settings import ChannelSettings, TlsSettings


def server_credentials(tls: TlsSettings) -> grpc.ServerCredentials | None:
    """What a server shows and asks for; None for plain text. New connections get the files as they are then.

    Raises:
        FailedPrecondition: A file cannot be read.
    """
    if tls.cert_file is None or tls.key_file is None:
        return None
    key, certificate = tls.key_file, tls.cert_file
    configuration = Reloaded(
        _files(tls),
        lambda: grpc.ssl_server_certificate_configuration(
            [(read_file(key, kind="TLS"), read_file(certificate, kind="TLS"))], root_certificates=_read(tls.ca_file)
        ),
    )
    return grpc.dynamic_ssl_server_credentials(
        configuration.current(), configuration.current, require_client_authentication=tls.ca_file is not None
    )


def channel_credentials(settings: ChannelSettings) -> Reloaded[grpc.ChannelCredentials] | None:
    """What a client trusts and shows, as of the time of asking; None for plain text.

    Raises:
        FailedPrecondition: A file cannot be read.
    """
    if not settings.secure:
        return None
    tls = settings.tls
    return Reloaded(
        _files(tls),
        lambda: grpc.ssl_channel_credentials(_read(tls.ca_file), _read(tls.key_file), _read(tls.cert_file)),
    )


def _files(tls: TlsSettings) -> list[Path]:
    return [path for path in (tls.cert_file, tls.key_file, tls.ca_file) if path is not None]


def _read(path: Path | None) -> bytes | None:
    return read_file(path, kind="TLS") if path else None
