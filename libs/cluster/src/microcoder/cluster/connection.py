"""One connection to an API server. Objects are plain JSON: what is not known here is carried along unharmed."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import urllib3

from microcoder.cluster.errors import from_status, translated
from microcoder.cluster.settings import ClusterSettings
from microcoder.core.errors import FailedPrecondition, Unavailable

if TYPE_CHECKING:
    from kubernetes.client import ApiClient, Configuration

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object as JSON."""

MERGE_PATCH = "application/merge-patch+json"
_JSON = "application/json"
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_SILENCE_S = 330.0
"""Longest silence of a watch. Servers send bookmarks every minute or so, and end a watch after its own time."""


class Connection:
    """Calls to the API server. Blocking and thread-safe; `Resources` has the same for an event loop.

    Args:
        api: The client, with credentials.
        namespace: Where objects are looked for.
        timeout_s: Longest wait for an answer, seconds.
    """

    def __init__(self, api: "ApiClient", *, namespace: str, timeout_s: float) -> None:
        self._api = api
        self._timeout_s = timeout_s
        self.namespace = namespace

    @property
    def server(self) -> str:
        """Address of the API server."""
        return str(self._api.configuration.host)

    def request(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Object | None = None
    ) -> Object:
        """One call and its answer.

        Args:
            method: GET, POST, PUT, PATCH (a JSON merge patch) or DELETE.
            path: From the root of the server.
            query: Parameters.
            body: Sent as JSON.

        Raises:
            MicrocoderError: See `errors.translated`.
        """
        action = f"{method} {path}"
        with translated(action):
            content_type = MERGE_PATCH if method == "PATCH" else _JSON
            answer = self._send(method, path, query, body, content_type, timeout=(self._timeout_s, self._timeout_s))
            data = answer.read()
        if not 200 <= answer.status < 300:
            raise from_status(action, answer.status, _message(data, answer.reason))
        return json.loads(data) if data else {}

    def watch(self, path: str, *, query: Mapping[str, str]) -> "WatchStream":
        """Opens a watch.

        Raises:
            MicrocoderError: It was refused, see `errors.translated`.
        """
        action = f"WATCH {path}"
        with translated(action):
            answer = self._send(
                "GET", path, {**query, "watch": "true"}, None, _JSON, timeout=(self._timeout_s, _SILENCE_S)
            )
            if answer.status != 200:
                raise from_status(action, answer.status, _message(answer.read(), answer.reason))
        return WatchStream(answer.response, action)

    def close(self) -> None:
        """Closes idle connections."""
        self._api.rest_client.pool_manager.clear()

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Object | None,
        content_type: str,
        *,
        timeout: tuple[float, float],
    ) -> Any:
        serialized = self._api.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": _JSON, "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        return self._api.call_api(*serialized, _request_timeout=timeout)


class WatchStream:
    """The events of one watch, until the server ends it or `stop` is called from another thread."""

    def __init__(self, response: urllib3.HTTPResponse, action: str) -> None:
        self._response = response
        self._action = action
        self._stopped = False

    def __iter__(self) -> Iterator[Object]:
        """Events as `{"type": …, "object": …}`.

        Raises:
            MicrocoderError: The stream broke, or the server reported an error in it (410: list again).
        """
        with translated(self._action):
            rest = b""
            for chunk in self._response.stream(amt=None, decode_content=True):
                if self._stopped:
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.strip():
                        yield self._event(self._read(line))

    def stop(self) -> None:
        """Ends the stream."""
        self._stopped = True  # first: what is read from a TLS connection after this is not decrypted any more
        self._response.shutdown()

    def close(self) -> None:
        """Gives the connection up; a half-read one cannot be used again."""
        self._response.close()

    def _read(self, line: bytes) -> Object:
        try:
            event: Object = json.loads(line)
        except ValueError as error:
            raise Unavailable(f"The watch sends what is no JSON ({self._action}): {error}") from error
        return event

    def _event(self, event: Object) -> Object:
        if event.get("type") == "ERROR":
            status = event.get("object", {})
            raise from_status(self._action, int(status.get("code", 500)), str(status.get("message", "")))
        return event


def connect(settings: ClusterSettings) -> Connection:
    """A connection with the credentials that `settings` name. Nothing is sent yet.

    Raises:
        FailedPrecondition: There are no credentials; the message says where they were looked for.
    """
    from kubernetes import client, config  # noqa: PLC0415  half a second: only where there is a cluster

    loaded = client.Configuration()
    loaded.retries = False  # whoever calls decides how often
    try:
        namespace = _load(settings, loaded)
    except config.ConfigException as error:
        raise FailedPrecondition(
            f"No Kubernetes cluster is known here: {str(error).rstrip('. ')}. Run inside a pod with a service account, "
            "or name a kubeconfig file with KUBECONFIG."
        ) from error
    return Connection(client.ApiClient(loaded), namespace=settings.namespace or namespace, timeout_s=settings.timeout_s)


def _load(settings: ClusterSettings, into: "Configuration") -> str:
    """Loads credentials into `into` and gives the namespace that goes with them."""
    from kubernetes import config  # noqa: PLC0415  as above

    if settings.kubeconfig is None and "KUBERNETES_SERVICE_HOST" in os.environ and _NAMESPACE_FILE.exists():
        config.load_incluster_config(client_configuration=into)
        return _NAMESPACE_FILE.read_text(encoding="utf-8").strip()
    file = str(settings.kubeconfig) if settings.kubeconfig else None
    context = settings.context or None
    config.load_kube_config(config_file=file, context=context, client_configuration=into)
    contexts, current = config.list_kube_config_contexts(config_file=file)
    chosen = next((item for item in contexts if item["name"] == context), current)
    return str(chosen["context"].get("namespace") or "default")


def _message(data: bytes, reason: str | None) -> str:
    try:
        return str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        return data.decode("utf-8", "replace").strip() or str(reason or "it says nothing")
