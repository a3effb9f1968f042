"""A copy of the objects of one kind that follows the API server: list once, watch from there, list again if it broke.

This is client-go's reflector in small. A copy may be old but never wrong for long: where the server is away `fresh`
turns false, and nobody should conclude from what is missing.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from microcoder.cluster.connection import Connection, Object, WatchStream
from microcoder.cluster.errors import EXPIRED
from microcoder.cluster.resources import Kind
from microcoder.core.errors import MicrocoderError
from microcoder.telemetry import get_logger

_LOG = get_logger(__name__)
_WATCH_S = 240
"""The server ends a watch after this; then it is opened again where it stopped."""
_REMEMBERED = 200
"""Deleted objects that a late answer must not bring back."""
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0


class Mirror:
    """Follows the objects that fit a label selector, in a thread of its own.

    Args:
        connection: The API server.
        kind: What is followed.
        selector: Label selector.
        on_change: Called from the thread after every change.
    """

    def __init__(self, connection: Connection, kind: Kind, selector: str, on_change: Callable[[], None]) -> None:
        self._connection = connection
        self._kind = kind
        self._selector = selector
        self._on_change = on_change
        self._lock = threading.Lock()
        self._objects: dict[str, Object] = {}
        self._gone: deque[str] = deque(maxlen=_REMEMBERED)
        self._version = ""
        self._stopped = threading.Event()
        self._stream: WatchStream | None = None
        self._thread = threading.Thread(target=self._run, name=f"mirror-{kind.plural}", daemon=True)
        self.trouble = "it was not asked yet"
        """Why the copy may be old; empty where it is fresh."""

    @property
    def fresh(self) -> bool:
        """Whether the copy follows the server."""
        return not self.trouble

    def start(self) -> None:
        """Begins to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Ends following."""
        self._stopped.set()
        stream = self._stream
        if stream is not None:
            stream.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def objects(self) -> Mapping[str, Object]:
        """The objects by name, as last seen. They must not be changed."""
        with self._lock:
            return dict(self._objects)

    def created(self, item: Object) -> None:
        """Takes in an object that the server has just made, so that it is seen before the watch tells of it."""
        with self._lock:
            if item["metadata"]["uid"] not in self._gone:
                self._objects.setdefault(item["metadata"]["name"], item)

    def changed(self, item: Object) -> None:
        """Takes in the server's answer to a change, unless the watch has told more already."""
        with self._lock:
            known = self._objects.get(item["metadata"]["name"])
            if known is not None and _version_of(item) > _version_of(known):
                self._objects[item["metadata"]["name"]] = item

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stopped.is_set():
            began = time.monotonic()
            try:
                if not self._version:
                    self._list()
                self._watch()
                pause = _FIRST_PAUSE_S
            except Exception as error:  # noqa: BLE001  a copy that stands still unseen would be the worst end
                if self._stopped.is_set():
                    return
                pause = _FIRST_PAUSE_S if time.monotonic() - began > _LONGEST_PAUSE_S else pause
                self._lost(error, pause)
                self._stopped.wait(pause * random.uniform(0.8, 1.2))  # noqa: S311  spreads load, hides nothing
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _lost(self, error: Exception, pause: float) -> None:
        self._version = ""
        if isinstance(error, MicrocoderError) and error.reason == EXPIRED:  # usual; the next list repairs it
            return
        if not self.trouble:
            known = isinstance(error, MicrocoderError)
            _LOG.warning(
                "lost sight of the cluster", kind=self._kind.plural, error=str(error), again_in_s=pause,
                exc_info=None if known else error,
            )  # fmt: skip
        self.trouble = str(error) or type(error).__name__
        self._on_change()

    def _list(self) -> None:
        path = self._kind.path(self._connection.namespace)
        answer = self._connection.request("GET", path, query={"labelSelector": self._selector})
        with self._lock:
            self._objects = {item["metadata"]["name"]: item for item in answer["items"]}
        self._version = answer["metadata"]["resourceVersion"]
        if self.trouble:
            _LOG.info("following the cluster", kind=self._kind.plural, objects=len(answer["items"]))
        self.trouble = ""
        self._on_change()

    def _watch(self) -> None:
        """Follows one watch to its end, which is no error: the next one goes on from the newest version seen."""
        stream = self._connection.watch(
            self._kind.path(self._connection.namespace),
            query={
                "labelSelector": self._selector,
                "resourceVersion": self._version,
                "allowWatchBookmarks": "true",
                "timeoutSeconds": str(_WATCH_S),
            },
        )
        self._stream = stream
        try:
            for event in stream:
                self._take(event)
        finally:
            self._stream = None
            stream.close()

    def _take(self, event: Object) -> None:
        item = event["object"]
        self._version = item["metadata"]["resourceVersion"]
        if event["type"] == "BOOKMARK":
            return
        name = item["metadata"]["name"]
        with self._lock:
            if event["type"] == "DELETED":
                self._objects.pop(name, None)
                self._gone.append(item["metadata"]["uid"])
            else:
                self._objects[name] = item
        self._on_change()


def _version_of(item: Object) -> int:
    """Resource versions of one kind grow and are numbers in every server (Kubernetes 1.35 promises it)."""
    return int(item["metadata"]["resourceVersion"])
