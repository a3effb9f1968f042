"""The trainer service on a real API server, with a service account that has the documented Role and no more."""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from microcoder.cluster import Connection
from microcoder.core.run import Progress
from microcoder.core.training import TrainingPhase, TrainingRun, TrainingSpec
from microcoder.host import Parts, Runtime
from microcoder.store import Store
from microcoder.testing.builders import make_release
from microcoder.trainer.app import build
from microcoder.trainer.records import change_run
from microcoder.trainer.settings import KubernetesSettings, LauncherKind, TrainerServiceSettings, TrainerSettings
from microcoder.v1 import trainer_service_pb2 as pb
from microcoder.v1 import training_pb2
from microcoder.v1.trainer_service_pb2_grpc import TrainerStub
from microcoder.wire import from_proto, to_proto

Json = dict[str, Any]
LONG = {"kube-local/run-for": "300s"}
"""Annotation of a simulated pod that outlives its test."""
_CALL_S = 20.0
PAGE = Path(__file__).parents[2] / "docs" / "kubernetes.md"


def documented_rules() -> list[Json]:
    """The rules of the trainer's Role as the page for researchers gives them."""
    block = PAGE.read_text().split("## Rights", 1)[1].split("```yaml", 1)[1].split("```", 1)[0]
    rules: list[Json] = yaml.safe_load(block)["rules"]
    return rules


def trainer_kubeconfig(admin: Connection, cluster_kubeconfig: Path, namespace: str, folder: Path) -> Path:
    """A service account with the documented Role in `namespace`; gives a kubeconfig for it."""
    name = "microcoder-trainer"
    metadata = {"name": name, "namespace": namespace}
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    core = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    admin.request("POST", core, body={"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    admin.request("POST", f"{rbac}/roles", body={"metadata": metadata, "rules": documented_rules()})
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    admin.request("POST", f"{rbac}/rolebindings", body={"metadata": metadata, "subjects": [subject], "roleRef": role})
    asked = {"spec": {"expirationSeconds": 3600}}
    token = admin.request("POST", f"{core}/{name}/token", body=asked)["status"]["token"]
    config: Json = yaml.safe_load(cluster_kubeconfig.read_text())
    config["users"] = [{"name": name, "user": {"token": token}}]
    for context in config["contexts"]:
        context["context"] |= {"user": name, "namespace": namespace}
    file = folder / "trainer-kubeconfig"
    file.write_text(json.dumps(config))
    return file


@dataclass(kw_only=True)
class TrainerBench:
    """A trainer service that can be restarted, and what there is around it."""

    store: Store
    make_runtime: Callable[..., Runtime[TrainerServiceSettings]]
    admin: Connection
    """The administrator, in the namespace of the runs."""
    kubeconfig: Path
    """Of the service's account."""
    namespace: str
    parts: Parts | None = None
    task: asyncio.Task[None] | None = None
    settings: Json = field(default_factory=dict)

    async def start(self, **kubernetes: Any) -> Parts:
        """Starts the service; settings once given hold for later starts too."""
        self.settings |= kubernetes
        own = {"kubeconfig": self.kubeconfig, "namespace": self.namespace, "backoff_limit": 0, **self.settings}
        group = TrainerSettings(launcher=LauncherKind.KUBERNETES, kubernetes=KubernetesSettings(**own))
        self.parts = await build(self.make_runtime("trainer", TrainerServiceSettings(trainer=group)))
        self.task = asyncio.ensure_future(self.parts.tasks[0]())
        return self.parts

    async def stop(self) -> None:
        """Ends the service, as a rolling update does."""
        if self.parts is None or self.task is None:
            return
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        for close in self.parts.close:
            await close()
        self.parts = self.task = None

    async def spec(self, **fields: Any) -> TrainingSpec:
        """A specification whose release is in the store."""
        release = make_release()
        await self.store.releases.put(release)
        return TrainingSpec(**{"release_id": release.id, "model": "/models/tiny", "max_steps": 10, **fields})

    async def until(self, run_id: str, holds: Callable[[TrainingRun], bool], seconds: float = 40.0) -> TrainingRun:
        """Waits until the record is as wanted."""
        run: TrainingRun | None = None
        try:
            async with asyncio.timeout(seconds):
                while True:
                    run = await self.store.training_runs.find(run_id)
                    if run is not None and holds(run):
                        return run
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"after {seconds} s the record is {run}") from None

    async def report(self, run_id: str, step: int, reward: float) -> None:
        """What the training process does after a step; there is none on a simulated node."""

        def advance(run: TrainingRun) -> TrainingRun:
            done = Progress(done=step, total=run.spec.max_steps, unit="steps")
            return replace(run, progress=done, mean_reward=reward)

        await change_run(self.store.training_runs, run_id, advance)

    async def job(self, name: str) -> Json | None:
        """The Job as it is in the cluster."""
        items = await self._items(f"/apis/batch/v1/namespaces/{self.namespace}/jobs")
        return next((item for item in items if item["metadata"]["name"] == name), None)

    async def pods(self, run_id: str) -> list[Json]:
        """The run's pods, oldest first."""
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        found = await self._items(path, {"labelSelector": f"microcoder.dev/run-id={run_id}"})
        return sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    async def request(self, method: str, path: str, body: Json | None = None) -> Json:
        """A call as the administrator."""
        return await asyncio.to_thread(self.admin.request, method, path, body=body)

    async def patch_job(self, name: str, body: Json) -> None:
        await self.request("PATCH", f"/apis/batch/v1/namespaces/{self.namespace}/jobs/{name}", body)

    async def end_pods(self, run_id: str, exit_code: int) -> None:
        """What a kubelet reports once processes that were told to end have done so; simulated nodes leave it out."""
        ended = {"exitCode": exit_code, "reason": "Error", "message": '{"message": "Stopped after step 3 of 10."}'}
        for pod in await self.pods(run_id):
            if "deletionTimestamp" in pod["metadata"] and pod["status"]["phase"] == "Running":
                container = {**pod["status"]["containerStatuses"][0], "ready": False, "state": {"terminated": ended}}
                status = {"phase": "Failed", "containerStatuses": [container]}
                path = f"/api/v1/namespaces/{self.namespace}/pods/{pod['metadata']['name']}/status"
                await self.request("PATCH", path, {"status": status})

    async def delete_job(self, name: str) -> None:
        """As `kubectl delete job` does."""
        body = {"propagationPolicy": "Background"}
        await self.request("DELETE", f"/apis/batch/v1/namespaces/{self.namespace}/jobs/{name}", body)

    async def eventually(self, holds: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
        """Waits until something in the cluster is as wanted."""
        async with asyncio.timeout(seconds):
            while not await holds():  # noqa: ASYNC110  the cluster sets no events
                await asyncio.sleep(0.1)

    async def _items(self, path: str, query: dict[str, str] | None = None) -> list[Json]:
        answer = await asyncio.to_thread(self.admin.request, "GET", path, query=query)
        items: list[Json] = answer["items"]
        return items


class Client:
    """A researcher who talks gRPC."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    async def create(self, bench: TrainerBench, **placement: Any) -> str:
        spec = to_proto(await bench.spec(), training_pb2.TrainingSpec)
        asked = training_pb2.Placement(**placement)
        request = pb.CreateTrainingRunRequest(spec=spec, placement=asked, name="kinds", owner="ada")
        return str((await self._stub.CreateTrainingRun(request, timeout=_CALL_S)).training_run.id)

    async def manifest(self, bench: TrainerBench, **placement: Any) -> tuple[str, str]:
        spec = to_proto(await bench.spec(), training_pb2.TrainingSpec)
        request = pb.RenderTrainingManifestRequest(spec=spec, placement=training_pb2.Placement(**placement))
        answer = await self._stub.RenderTrainingManifest(request, timeout=_CALL_S)
        return answer.run_id, answer.manifest

    async def get(self, run_id: str) -> TrainingRun:
        answer = await self._stub.GetTrainingRun(pb.GetTrainingRunRequest(run_id=run_id), timeout=_CALL_S)
        return from_proto(answer.training_run, TrainingRun)

    async def cancel(self, run_id: str) -> None:
        await self._stub.CancelTrainingRun(pb.CancelTrainingRunRequest(run_id=run_id), timeout=_CALL_S)

    async def resume(self, run_id: str) -> None:
        await self._stub.ResumeTrainingRun(pb.ResumeTrainingRunRequest(run_id=run_id), timeout=_CALL_S)


async def started(bench: TrainerBench, serve: Any, **kubernetes: Any) -> Client:
    parts = await bench.start(**kubernetes)
    return Client(TrainerStub(await serve(parts.servicers)))


def phase_is(*phases: TrainingPhase) -> Any:
    return lambda run: run.phase in phases


def has_ended(run: TrainingRun) -> bool:
    return run.state.ended


class Gate:
    """A TCP proxy in front of the API server that can be shut, as a network does it: connections break."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open = threading.Event()
        self._open.set()
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        self._open.clear()
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._connections.clear()

    def open(self) -> None:
        self._open.set()

    def close(self) -> None:
        self.shut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._open.is_set():
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._connections += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
