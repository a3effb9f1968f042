"""One release of our own images on a real kubelet, for the tests of this folder. Minutes: by `make test-real-node`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from microcoder.core.errors import MicrocoderError
from microcoder.testing.openai import ScriptedOpenAI
from tests.cluster.real_node.support import HOST, ContestHost, Platform
from tools.cluster import dependencies
from tools.cluster.forward import services_here
from tools.cluster.local import find_kube_local
from tools.cluster.places import Place, find_place
from tools.cluster.release import install, make_namespace, values_for
from tools.images.__main__ import build, version
from tools.images.base import ensure_base
from tools.images.builder import Builder, NoBuilder, find_builder
from tools.images.recipes import RECIPES, recipes

WANTED = "MICROCODER_TEST_REAL_NODE"
KEEP = "MICROCODER_TEST_KEEP"
"""A folder: images and the cluster in it are used as they are, and stay."""
RELEASE = "microcoder"
NAMES = [recipe.name for recipe in RECIPES if not recipe.large]


@pytest.fixture(scope="session")
def builder() -> Builder:
    if os.environ.get(WANTED) != "1":
        pytest.skip("takes minutes, root and docker: run `make test-real-node`")
    if os.geteuid() != 0 or find_kube_local() is None:
        pytest.skip("needs root and `kube-local`, on PATH or in MICROCODER_SHARED/k8s")
    try:
        return find_builder()
    except NoBuilder as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def place(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A cluster of this machine that has our images."""
    kept = os.environ.get(KEEP)
    folder = Path(kept) if kept else tmp_path_factory.mktemp("cluster") / "kube"
    tags = [f"microcoder/{name}:{version()}" for name in NAMES]
    own = [dependencies.MONGOD_IMAGE, dependencies.KAFKA_IMAGE]
    base = ensure_base(builder)
    if not (kept and all(map(builder.has, tags))):
        build(builder, recipes(NAMES, large=False), base=base, prefix="microcoder")
    if not (kept and all(map(builder.has, own))):
        try:
            dependencies.build_images(builder, base=base)
        except MicrocoderError as error:
            pytest.skip(error.message)
    given = os.environ.pop("KUBECONFIG", None)
    found = find_place(namespace="real-node", registry="", folder=folder, say=print)
    assert found.local is not None
    found.bring(builder, [tag for tag in (*tags, *own) if not (kept and found.has(tag))], print)
    yield found
    if not kept:
        found.local.down()
    if given is not None:
        os.environ["KUBECONFIG"] = given


@pytest.fixture(scope="session")
def platform(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The chart with MongoDB and Kafka in the cluster; LLM and contests come from this machine."""
    folder = tmp_path_factory.mktemp("platform")
    (folder / "contests").mkdir()
    seccomp = place.seccomp()
    cluster = place.cluster
    make_namespace(cluster, pod_security="baseline" if seccomp.profile else "privileged")
    dependencies.install_store_and_bus(cluster)
    with ScriptedOpenAI(host=HOST) as llm, ContestHost(folder / "contests") as contests:
        scraper = {"SCRAPER__POLL_INTERVAL_S": "2", "SCRAPER__HTTP__MIN_INTERVAL_S": "0"}
        values = values_for(
            registry="",
            tag=version(),
            llm_base_url=llm.base_url,
            seccomp=seccomp,
            extra={"services": {"scraper": {"env": scraper}}},
        )
        install_s = install(cluster, RELEASE, values)
        with services_here(cluster, RELEASE, folder=folder) as environ:
            yield Platform(
                cluster=cluster,
                release=RELEASE,
                environ=environ,
                state=folder / "state",
                llm=llm,
                contests=contests,
                install_s=install_s,
            )
        if os.environ.get(KEEP):
            cluster.helm("uninstall", RELEASE, "--wait")
            cluster.kubectl("delete", "namespace", cluster.namespace, timeout_s=180)
