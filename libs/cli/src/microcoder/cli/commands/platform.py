"""`up`, `status`, `doctor`: the platform on this machine."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from microcoder.cli import options
from microcoder.cli.cluster.checks import examine
from microcoder.cli.cluster.probe import run_probe
from microcoder.cli.cluster.wanted import read_values
from microcoder.cli.connect import channel_settings, endpoints
from microcoder.cli.local.doctor import Finding, findings
from microcoder.cli.local.llm import LlmChoice
from microcoder.cli.local.ready import is_serving
from microcoder.cli.local.stack import StackOptions, local_stack
from microcoder.cli.output import Say, console, fail, print_json, run, shown, table, timed_say
from microcoder.cluster import ClusterSettings, connect
from microcoder.core.errors import FailedPrecondition, MicrocoderError, Unavailable


def up(
    kafka: Annotated[
        bool, typer.Option("--kafka", help="On a real single-node Kafka instead of the embedded bus.")
    ] = False,
    llm: Annotated[
        bool, typer.Option("--llm/--no-llm", help="Without an LLM problems are proven but not scored.")
    ] = True,
    llm_url: Annotated[
        str,
        typer.Option(
            "--llm-url", envvar="MICROCODER_LLM__BASE_URL", help="OpenAI-compatible endpoint instead of the local one."
        ),
    ] = "",
    llm_model: Annotated[
        str, typer.Option("--llm-model", envvar="MICROCODER_LLM__MODEL", help="Model name there.")
    ] = "",
    state: options.State = options.DEFAULT_STATE,
) -> None:
    """Start the six services, MongoDB, the bus and the LLM on this machine; Ctrl-C drains and stops all."""
    choice = LlmChoice(enabled=llm, base_url=llm_url, model=llm_model)
    run(_up(StackOptions(state_dir=state, kafka=kafka, llm=choice)))


async def _up(chosen: StackOptions) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    say = timed_say()
    is_up = asyncio.Event()
    coming = asyncio.create_task(_serve(chosen, say, is_up, stop))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({coming, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not coming.done():
        say("Draining")
        if not is_up.is_set():
            coming.cancel()
    stopped.cancel()
    await coming
    say("Stopped")


async def _serve(chosen: StackOptions, say: Say, is_up: asyncio.Event, stop: asyncio.Event) -> None:
    async with local_stack(chosen, say) as running:
        is_up.set()
        rows = [[name, running.services[name], running.admin[name]] for name in running.services]
        console.print(table("", ["service", "gRPC", "metrics and health"], rows))
        console.print(f"MongoDB {shown(running.store)}, bus {shown(running.bus)}, LLM {shown(running.llm) or 'none'}")
        console.print("[bold]Up.[/] In another terminal: microcoder import PATH, microcoder problems. Ctrl-C stops.")
        await stop.wait()


def status(state: options.State = options.DEFAULT_STATE, as_json: options.Json = False) -> None:
    """Show which services serve."""

    async def work() -> None:
        targets, settings = endpoints(state), channel_settings()
        serving = await asyncio.gather(*(is_serving(target, settings) for target in targets.values()))
        rows = [(name, target, ok) for (name, target), ok in zip(targets.items(), serving, strict=True)]
        if as_json:
            print_json({name: {"endpoint": target, "serving": ok} for name, target, ok in rows})
        else:
            marks = [[name, target, "serving" if ok else "DOWN"] for name, target, ok in rows]
            console.print(table("", ["service", "gRPC", ""], marks))
        down = [name for name, _, ok in rows if not ok]
        if down:
            raise Unavailable(f"{', '.join(down)} {'does' if len(down) == 1 else 'do'} not serve.")

    run(work())


def doctor(
    cluster: Annotated[bool, typer.Option("--cluster", help="Check a Kubernetes cluster instead.")] = False,
    values: Annotated[
        list[Path] | None, typer.Option("--values", "-f", help="Values file of the chart; may be repeated.")
    ] = None,
    namespace: Annotated[str, typer.Option("--namespace", "-n", help="Of the release.")] = "",
    context: Annotated[str, typer.Option("--context", help="Of the kubeconfig.")] = "",
    probe: Annotated[
        bool, typer.Option("--probe", help="Also run a pod that tries user namespaces on a judge node.")
    ] = False,
    probe_image: Annotated[
        str, typer.Option("--probe-image", help="Image with python3 for it; the judge's by default.")
    ] = "",
    state: options.State = options.DEFAULT_STATE,
    as_json: options.Json = False,
) -> None:
    """Check what this machine, or a cluster, has and say what to do about what is missing."""
    if not cluster:
        _report(findings(state), as_json=as_json)
        return
    try:
        wanted = read_values(values or [])
        connection = connect(ClusterSettings(context=context, namespace=namespace))
        found = examine(connection, wanted)
        if probe:
            found.append(run_probe(connection, wanted, probe_image or wanted.judge_image))
    except Unavailable as error:
        hint = "See that the server of the kubeconfig is the right one and can be reached from here."
        fail(FailedPrecondition(f"{error.message}. {hint}"), as_json=as_json)
    except MicrocoderError as error:
        fail(error, as_json=as_json)
    _report(found, as_json=as_json)


def _report(found: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        print_json([{"part": f.part, "ok": f.ok, "needed": f.needed, "message": f.message} for f in found])
    else:
        console.print(table("", ["", "part", ""], [[_mark(f), f.part, f.message] for f in found]))
    if any(f.needed and not f.ok for f in found):
        raise typer.Exit(1)


def _mark(finding: Finding) -> str:
    if finding.ok:
        return "ok"
    return "MISSING" if finding.needed else "absent"
