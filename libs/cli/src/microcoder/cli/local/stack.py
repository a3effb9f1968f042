"""Starts, watches and drains the local platform."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from microcoder.bus import local_kafka
from microcoder.cli.connect import channel_settings
from microcoder.cli.local import orphans
from microcoder.cli.local.child import Child
from microcoder.cli.local.llm import LlmChoice, training_python, with_llm
from microcoder.cli.local.plan import LlmPlan, ServicePlan, Surroundings, free_ports, pick_ports, plan_services
from microcoder.cli.local.ready import wait_serving
from microcoder.cli.local.state import StackState
from microcoder.cli.output import Say
from microcoder.core.errors import FailedPrecondition, Unavailable
from microcoder.rpc import ChannelSettings
from microcoder.store import local_mongod

START_BUDGET_S = 90.0
"""How long a service may take until it serves."""
DRAIN_BUDGET_S = 30.0
"""How long a service may take to finish what it has in hand."""
ORPHAN_GRACE_S = 60.0
"""How long a process that a service left behind may take: a training step and a checkpoint."""
_RESTART_DELAY_S = 1.0
_MAX_RESTARTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """What to start."""

    state_dir: Path
    kafka: bool = False
    llm: LlmChoice = field(default_factory=LlmChoice)


@asynccontextmanager
async def local_stack(options: StackOptions, say: Say) -> AsyncIterator[StackState]:
    """The whole platform, up from entry to exit. Services that crash are started again.

    Raises:
        FailedPrecondition: Another platform runs on the same state folder, or a part is missing on this machine.
        Unavailable: A part does not come up; the message holds the end of its log.
    """
    state_dir = options.state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as closing:
        lock = closing.enter_context((state_dir / "lock").open("w"))
        _take(lock, state_dir)
        store_uri = await _with_store(closing, state_dir, say)
        bus_environ = await _with_bus(closing, state_dir, say, kafka=options.kafka)
        llm = await with_llm(closing, options.llm, state_dir, say)
        around = Surroundings(
            state_dir=state_dir,
            store_uri=store_uri,
            bus_environ=bus_environ,
            llm=llm.plan,
            training_python=training_python(),
            ports=pick_ports(),
        )
        plans = plan_services(around)
        await _with_services(closing, plans, state_dir, say)
        state = _state(plans, around, llm.plan, llm.model_dir)
        state.save(state_dir)
        closing.callback(StackState.remove, state_dir)
        yield state


def _take(lock: IO[str], state_dir: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FailedPrecondition(
            f"A platform is already running on {state_dir}. Use it, stop it (Ctrl-C where it runs), "
            "or give this one a folder of its own with --state."
        ) from None


async def _with_store(closing: AsyncExitStack, state_dir: Path, say: Say) -> str:
    given = os.environ.get("MICROCODER_STORE__URI") or os.environ.get("MONGODB_URI")
    if given:
        say("MongoDB: the one in MONGODB_URI")
        return given
    mongod = await asyncio.to_thread(
        local_mongod.start, state_dir / "mongod", port=free_ports(1)[0], log=state_dir / "logs" / "mongod.log"
    )
    closing.push_async_callback(asyncio.to_thread, mongod.stop)
    closing.push_async_callback(_cancel_all, [asyncio.create_task(_keep_store_up(mongod, say))])
    say("MongoDB: started")
    return mongod.uri


async def _keep_store_up(mongod: local_mongod.MongodProcess, say: Say) -> None:
    while True:
        await asyncio.sleep(_RESTART_DELAY_S)
        if not mongod.running:
            say(f"MongoDB ended; starting it again, log: {mongod.log}")
            await asyncio.to_thread(mongod.restart)


async def _with_bus(closing: AsyncExitStack, state_dir: Path, say: Say, *, kafka: bool) -> dict[str, str]:
    given = os.environ.get("MICROCODER_BUS__KAFKA__BOOTSTRAP_SERVERS")
    if given:
        say(f"Bus: Kafka at {given}")
        return {"MICROCODER_BUS__KAFKA__BOOTSTRAP_SERVERS": given}
    if not kafka:
        say("Bus: embedded")
        return {"MICROCODER_BUS__PATH": str(state_dir / "bus.sqlite")}
    say("Bus: starting Kafka (the first time it is fetched)")
    broker = await asyncio.to_thread(local_kafka.start, state_dir / "kafka")
    closing.push_async_callback(asyncio.to_thread, broker.stop)
    return {"MICROCODER_BUS__KAFKA__BOOTSTRAP_SERVERS": broker.bootstrap_servers}


async def _with_services(closing: AsyncExitStack, plans: list[ServicePlan], state_dir: Path, say: Say) -> None:
    orphans.adopt()
    spared = orphans.children()
    settings = channel_settings()
    closing.push_async_callback(orphans.end_all, spared=spared, grace_s=ORPHAN_GRACE_S)
    children = [_child(plan, state_dir) for plan in plans]
    closing.push_async_callback(_stop_all, children)
    for child in children:
        await child.start()
    await asyncio.gather(*(_await_serving(p, c, settings) for p, c in zip(plans, children, strict=True)))
    say("Services: " + ", ".join(plan.name for plan in plans) + " are serving")
    watchers = [asyncio.create_task(_keep_up(child, say)) for child in children]
    closing.push_async_callback(_cancel_all, watchers)


def _child(plan: ServicePlan, state_dir: Path) -> Child:
    return Child(plan.name, plan.command, environ=plan.environ, log=state_dir / "logs" / f"{plan.name}.log")


async def _await_serving(plan: ServicePlan, child: Child, settings: ChannelSettings) -> None:
    ended = asyncio.create_task(child.wait())
    serving = asyncio.create_task(wait_serving(plan.rpc, settings, timeout_s=START_BUDGET_S))
    done, pending = await asyncio.wait({ended, serving}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    if ended in done:
        raise Unavailable(f"{plan.name} ended with exit code {child.returncode}. Its log:\n{child.tail()}")
    if not serving.result():
        raise Unavailable(f"{plan.name} does not serve after {START_BUDGET_S:.0f} s. Its log:\n{child.tail()}")


async def _keep_up(child: Child, say: Say) -> None:
    for restart in range(1, _MAX_RESTARTS + 1):
        code = await child.wait()
        say(
            f"{child.name} ended with exit code {code}; starting it again ({restart}/{_MAX_RESTARTS}), log: {child.log}"
        )
        await asyncio.sleep(_RESTART_DELAY_S * restart)
        await child.start()
    await child.wait()
    say(f"{child.name} keeps ending; it stays down. Log: {child.log}")


async def _stop_all(children: list[Child]) -> None:
    await asyncio.gather(*(child.stop(grace_s=DRAIN_BUDGET_S) for child in children))


async def _cancel_all(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _state(plans: list[ServicePlan], around: Surroundings, llm: LlmPlan, model_dir: Path | None) -> StackState:
    return StackState(
        pid=os.getpid(),
        services={plan.name: plan.rpc for plan in plans},
        admin={plan.name: plan.admin for plan in plans},
        store=around.store_uri.rpartition("@")[2],
        bus=next(iter(around.bus_environ.values())),
        bus_environ=dict(around.bus_environ),
        llm=llm.base_url,
        model_dir=str(model_dir or ""),
    )
