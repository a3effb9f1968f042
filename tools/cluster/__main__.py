"""The platform on a cluster.

    python -m tools.cluster demo    images, MongoDB, Kafka, LLM, chart; the sample contest the whole way
    python -m tools.cluster up      the same without the journey; says how to use it
    python -m tools.cluster down    takes it away again

On the cluster of KUBECONFIG, with images by way of --registry; else on one of this machine, by `kube-local`.
"""

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path

from microcoder.cli.output import console, shown, timed_say
from microcoder.core.errors import MicrocoderError
from tools.cluster.demo import Demo
from tools.cluster.places import find_place
from tools.images.builder import NoBuilder

_FOLDER = Path(".microcoder/cluster")


def main() -> int:
    """Exit code 1 where it cannot be done; the message says what to do."""
    parser = argparse.ArgumentParser(prog="python -m tools.cluster", description=__doc__)
    parser.add_argument("command", choices=["demo", "up", "down"])
    parser.add_argument("--namespace", default="microcoder-demo")
    parser.add_argument("--release", default="microcoder")
    parser.add_argument("--registry", default="", help="where images go, as registry.example.org/team")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="of the cluster of this machine (%(default)s)")
    parser.add_argument("--base", default="", help="base of the images; by default one made by debootstrap, locally")
    parser.add_argument("--keep-images", action="store_true", help="do not build images that are there")
    parser.add_argument("--steps", type=int, default=3, help="of the training run (%(default)s)")
    chosen = parser.parse_args()
    say = timed_say()
    try:
        place = find_place(
            namespace=chosen.namespace, registry=chosen.registry, folder=chosen.folder.resolve(), say=say
        )
        demo = Demo(place, release=chosen.release, say=say, base=chosen.base, keep_images=chosen.keep_images)
        if chosen.command == "down":
            demo.remove()
            return 0
        demo.bring_up()
        if chosen.command == "demo":
            asyncio.run(demo.journey(chosen.folder.resolve().parent, steps=chosen.steps))
        demo.say_how_to_use()
    except (MicrocoderError, NoBuilder) as error:
        console.print(f"[bold red]Error:[/] {shown(getattr(error, 'message', str(error)))}")
        return 1
    except subprocess.CalledProcessError as error:
        console.print(f"[bold red]Error:[/] {shown(' '.join(map(str, error.cmd[:4])))} failed; see above")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
