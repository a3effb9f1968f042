from microcoder.core.timeline import Stage
from microcoder.host import ServiceSettings
from microcoder.testing.bus import events_on
from microcoder.v1 import events_pb2 as e
from microcoder.wire import Topic


async def test_a(runtime, store, bus):
    rt = runtime("judge", ServiceSettings())
    await rt.publish(e.ProblemVerified(problem_id="a", revision=1))
    await rt.note("a", 1, Stage.VERIFIED, "ok")
    assert len(await events_on(bus, Topic.PROBLEM_VERIFIED)) == 1
    assert len(await store.timeline.of("a")) == 1
