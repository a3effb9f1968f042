"""The whole platform on a cluster, and the sample contest's way through it."""

import os
from datetime import UTC, datetime
from pathlib import Path

from microcoder.cli.cluster.values import merged
from microcoder.cli.connect import connect
from microcoder.cli.journey.plan import JourneyPlan
from microcoder.cli.journey.steps import travel
from microcoder.cli.journey.summary import summary
from microcoder.cli.output import Say, console
from tools.cluster import dependencies, site
from tools.cluster.collecting import FromFeed, two_rounds
from tools.cluster.feed import feed_files, packages_in
from tools.cluster.forward import services_here
from tools.cluster.places import Place
from tools.cluster.release import install, make_namespace, values_for
from tools.images.__main__ import build, version
from tools.images.base import ensure_base
from tools.images.builder import ROOT, find_builder
from tools.images.recipes import RECIPES

EXAMPLES = ROOT / "examples"
SOURCE = "feed:contests.{namespace}.svc/feed"


class Demo:
    """One release with what it stands on, in one namespace."""

    def __init__(self, place: Place, *, release: str, say: Say, base: str, keep_images: bool) -> None:
        self._place = place
        self._cluster = place.cluster
        self._release = release
        self._say = say
        self._base = base
        self._keep_images = keep_images

    def bring_up(self) -> None:
        """Images, MongoDB, Kafka, the LLM and the chart.

        Raises:
            FailedPrecondition: Something that is needed is not there.
            NoBuilder: Nothing here builds images.
        """
        self._bring_images()
        seccomp = self._place.seccomp()
        make_namespace(self._cluster, pod_security="baseline" if seccomp.profile else "privileged")
        self._say("MongoDB and Kafka: starting")
        dependencies.install_store_and_bus(self._cluster)
        self._say("LLM: preparing the model")
        dependencies.install_model(self._cluster, image=self._image("llm"))
        llm = dependencies.install_llm(self._cluster, image=self._image("llm"))
        dependencies.install_items(self._cluster, site.ITEMS, EXAMPLES / "evaluation" / "items.jsonl")
        values = merged(
            values_for(registry=self._place.registry, tag=version(), llm_base_url=llm, seccomp=seccomp),
            site.journey_values(
                release=self._release, image=self._image("training"), store_secret=dependencies.TRAINING_SECRET
            ),
        )
        self._say("Chart: installing")
        seconds = install(self._cluster, self._release, values)
        self._say(f"Chart: six services are ready after {seconds:.0f} s")

    async def journey(self, state_dir: Path, *, steps: int) -> None:
        """The sample contest streams in from a feed and goes the whole way; ends with a summary.

        Args:
            state_dir: Folder for the release's files.
            steps: Of the training run.

        Raises:
            FailedPrecondition: A step failed; the message says which and why.
        """
        packages = packages_in(EXAMPLES / "contest")
        files = feed_files(two_rounds(packages, datetime.now(UTC)))
        url = dependencies.install_feed(self._cluster, files, image=self._image("cli"))
        source = SOURCE.format(namespace=self._cluster.namespace)
        plan = JourneyPlan(
            path=EXAMPLES / "contest",
            source=source,
            dataset=Path(site.ITEMS_FILE),
            model=site.MODEL,
            steps=steps,
        )
        with services_here(self._cluster, self._release) as environ:
            os.environ.update(environ)
            async with connect(state_dir) as clients:
                collect = FromFeed(url, source, len(packages))
                done = await travel(clients, plan, state_dir, self._say, collect=collect)
        for part in summary(done):
            console.print(part)

    def say_how_to_use(self) -> None:
        """Prints the commands that a person may want next."""
        for name, value in self._cluster.environ.items():
            if name in ("KUBECONFIG", "PATH"):
                console.print(f"export {name}={value}", soft_wrap=True)
        namespace = self._cluster.namespace
        console.print(f"kubectl -n {namespace} get pods,jobs\nhelm -n {namespace} test {self._release}")
        console.print("Take it away again: python -m tools.cluster down")

    def remove(self) -> None:
        """The release and its namespace; on this machine the whole cluster."""
        if self._place.local is not None:
            self._place.local.down()
        else:
            self._cluster.helm("uninstall", self._release, "--ignore-not-found")
            self._cluster.kubectl("delete", "namespace", self._cluster.namespace, "--ignore-not-found")
        self._say("Removed")

    def _image(self, name: str) -> str:
        return self._place.image(f"microcoder/{name}:{version()}")

    def _bring_images(self) -> None:
        builder = find_builder()
        tags = [f"microcoder/{recipe.name}:{version()}" for recipe in RECIPES]
        own = [dependencies.MONGOD_IMAGE, dependencies.KAFKA_IMAGE]
        missing = [tag for tag in (*tags, *own) if not (self._keep_images and builder.has(tag))]
        if missing:
            self._say(f"Images: building {len(missing)} (the first time takes many minutes)")
            base = self._base or ensure_base(builder)
            wanted = [recipe for recipe, tag in zip(RECIPES, tags, strict=True) if tag in missing]
            build(builder, wanted, base=base, prefix="microcoder")
            if set(own) & set(missing):
                dependencies.build_images(builder, base=base)
        absent = [tag for tag in (*tags, *own) if not (self._keep_images and self._place.has(tag))]
        self._place.bring(builder, absent, self._say)
