"""What the platform stands on, inside a cluster of one machine: MongoDB, Kafka, a contest host, a small LLM."""

import base64
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from microcoder.bus import local_kafka
from microcoder.store.local_mongod import find_mongod
from tools.cluster.kubectl import Cluster
from tools.images.builder import ROOT, Builder

MANIFESTS = ROOT / "deploy" / "local"
MONGOD_IMAGE = "microcoder-local/mongod:6.0"
KAFKA_IMAGE = "microcoder-local/kafka:4.4"
MONGODB_URI = "mongodb://mongodb:27017/?directConnection=true"
BOOTSTRAP_SERVERS = "kafka:9092"
SECRET = "microcoder-mongodb"
TRAINING_SECRET = "microcoder-training"


def build_images(builder: Builder, *, base: str) -> list[str]:
    """Builds the images of MongoDB and Kafka from what this machine has; gives their tags.

    Raises:
        FailedPrecondition: There is no mongod, or no Java or Maven for Kafka; the message says what to install.
    """
    with tempfile.TemporaryDirectory(prefix="microcoder-context-") as scratch:
        context = Path(scratch)
        shutil.copy(find_mongod(), context / "mongod")
        builder.build(MANIFESTS / "mongod.Dockerfile", context, MONGOD_IMAGE, arguments={"BASE": base})
        (context / "mongod").unlink()
        shutil.copytree(local_kafka.fetch(), context / "jars")
        shutil.copy(MANIFESTS / "kafka.sh", context)
        builder.build(MANIFESTS / "kafka.Dockerfile", context, KAFKA_IMAGE, arguments={"BASE": base})
    return [MONGOD_IMAGE, KAFKA_IMAGE]


def install_store_and_bus(cluster: Cluster) -> None:
    """Applies both and waits until they answer."""
    for name in ("mongodb", "kafka"):
        cluster.apply((MANIFESTS / f"{name}.yaml").read_text(encoding="utf-8"))
    _apply_secret(cluster, SECRET, {"uri": MONGODB_URI})
    _apply_secret(cluster, TRAINING_SECRET, {"MICROCODER_STORE__URI": MONGODB_URI})
    for name in ("mongodb", "kafka"):
        cluster.rolled_out(f"statefulset/{name}", timeout_s=180)


def _apply_secret(cluster: Cluster, name: str, content: Mapping[str, str]) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": dict(content)}
    cluster.apply(json.dumps(secret))


def install_items(cluster: Cluster, name: str, items: Path) -> None:
    """Makes a ConfigMap of the file with evaluation items."""
    made = cluster.kubectl("create", "configmap", name, f"--from-file={items}", "--dry-run=client", "--output", "json")
    cluster.kubectl("apply", "--server-side", "--filename", "-", stdin=made)


def install_feed(cluster: Cluster, files: Mapping[str, bytes], *, image: str) -> str:
    """Serves `files` (name, content) over HTTP inside the cluster; gives the address of its `feed.json`."""
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "contest-feed"},
        "binaryData": {name: base64.b64encode(content).decode() for name, content in files.items()},
    }
    # Server-side: the annotation of a client-side apply would hold everything a second time, and be too long.
    cluster.kubectl("apply", "--server-side", "--filename", "-", stdin=json.dumps(config))
    cluster.apply(with_image("feed.yaml", "microcoder/cli", image))
    cluster.rolled_out("deployment/contests", timeout_s=120)
    return f"http://contests.{cluster.namespace}.svc/feed.json"


def install_model(cluster: Cluster, *, image: str) -> None:
    """Makes the claims for runs and models, and the small model in the latter; waits until it is there."""
    cluster.apply(with_image("models.yaml", "microcoder/llm", image))
    cluster.kubectl("wait", "job/model", "--for=condition=Complete", "--timeout", "600s", timeout_s=620)


def install_llm(cluster: Cluster, *, image: str) -> str:
    """Starts the small LLM on the model of `install_model`; gives its base URL. It answers after a minute or two."""
    cluster.apply(with_image("llm.yaml", "microcoder/llm", image))
    return f"http://llm.{cluster.namespace}.svc:8000/v1"


def with_image(manifest: str, repository: str, image: str) -> str:
    """A manifest of deploy/local with an image in place of the bare repository."""
    text = (MANIFESTS / manifest).read_text(encoding="utf-8")
    return text.replace(f"image: {repository}\n", f"image: {image}\n")
