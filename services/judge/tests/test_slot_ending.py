"""The end of a warm slot while its replies are being read."""

import asyncio
import socket
import sys
import threading
from typing import Any

import pytest

from microcoder.judge.adapters.warm import slot as slots
from microcoder.judge.domain.engine import EngineFailed, RunLimits

READY = 1
SUPERVISOR = f"""
import socket
service = socket.socket(fileno=0)
service.send(({READY}).to_bytes(4, "little") + bytes(256))
service.recv(65536)
service.send(b"no reply")
while service.recv(65536):
    pass
"""
RUN = slots.WarmRun(
    warm=False,
    arguments=("/bin/true",),
    environment=(),
    files={},
    stdin=b"",
    limits=RunLimits(cpu_time_ms=1_000, memory_bytes=2**26, output_bytes=2**16),
    result_channel=False,
)


async def test_a_slot_that_ends_while_a_reply_is_read_leaves_the_loop_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slots are closed in threads: the descriptor may not vanish under the loop's feet."""
    slot = slots.Slot([sys.executable, "-I", "-c", SUPERVISOR], files={}, keeper=())
    troubles: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, trouble: troubles.append(trouble))
    receive = socket.recv_fds

    def late(*arguments: Any) -> Any:
        ending = threading.Thread(target=slot.close)
        ending.start()
        ending.join()
        return receive(*arguments)

    monkeypatch.setattr(socket, "recv_fds", late)
    with pytest.raises(EngineFailed):
        await asyncio.wait_for(slot.run(RUN), 30)
    await asyncio.sleep(0)
    assert troubles == []
