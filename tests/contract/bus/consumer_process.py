"""A consumer to be killed: `consumer_process.py SETTINGS TOPIC GROUP FILE` writes a line per handled event."""

import asyncio
import os
import sys
from pathlib import Path

from microcoder.bus import BusSettings, Worker, WorkerPolicy, open_bus
from microcoder.v1 import events_pb2 as pb


async def main(settings: str, topic: str, group: str, file: str) -> None:
    handled = os.open(file, os.O_WRONLY | os.O_APPEND)

    async def handle(event: pb.Event) -> None:
        payload = event.problem_collected
        os.write(handled, f"{payload.problem_id} {payload.revision}\n".encode())
        await asyncio.sleep(0.004)

    bus = await open_bus(BusSettings.model_validate_json(Path(settings).read_text()))  # noqa: ASYNC240
    policy = WorkerPolicy(max_in_flight=4, commit_every_records=100, commit_every_s=60, max_buffered=50)
    await Worker(bus, group=group, topics=[topic], handle=handle, policy=policy).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
