"""Programs whose verdict is known. Between the random requests they must be judged right."""

from dataclasses import dataclass

from microcoder.v1 import judge_service_pb2 as pb
from microcoder.v1 import problem_pb2, verdict_pb2

_SECOND = problem_pb2.Limits(cpu_time_ms=1_000, memory_bytes=256 * 2**20, output_bytes=2**20)
_SHORT = problem_pb2.Limits(cpu_time_ms=50, memory_bytes=256 * 2**20, output_bytes=2**16)
_NARROW = problem_pb2.Limits(cpu_time_ms=2_000, memory_bytes=32 * 2**20, output_bytes=2**16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A submission and its verdict."""

    name: str
    submission: pb.Submission
    verdict: "verdict_pb2.Verdict.ValueType"


def _control(
    name: str,
    source: bytes,
    verdict: "verdict_pb2.Verdict.ValueType",
    *,
    language: str = "python3",
    limits: problem_pb2.Limits = _SECOND,
    entry: str = "",
) -> Control:
    task = pb.InlineTask(
        tests=[pb.InlineTest(input=b"3\n4\n", answer=b"7\n"), pb.InlineTest(input=b"-1\n1\n", answer=b"0\n")],
        function=problem_pb2.FunctionSpec(entry=entry) if entry else None,
    )
    submission = pb.Submission(language=language, source=source, inline_task=task, limits=limits)
    return Control(name=name, submission=submission, verdict=verdict)


_SUM = b"print(int(input()) + int(input()))"
_C_SUM = b'#include <stdio.h>\nint main(){int a,b;scanf("%d%d",&a,&b);printf("%d\\n",a+b);}'
CONTROLS = (
    _control("right", _SUM, verdict_pb2.VERDICT_AC),
    _control("wrong", b"print(7)", verdict_pb2.VERDICT_WA),
    _control("crash", _SUM + b"\n1 / 0", verdict_pb2.VERDICT_RE),
    _control("syntax", b"print(", verdict_pb2.VERDICT_CE),
    _control("busy", b"while True: pass", verdict_pb2.VERDICT_TLE, limits=_SHORT),
    _control("memory", b"x = bytearray(200 << 20)", verdict_pb2.VERDICT_MLE, limits=_NARROW),
    _control("output", b"while True: print('x' * 999)", verdict_pb2.VERDICT_OLE, limits=_NARROW),
    _control("C", _C_SUM, verdict_pb2.VERDICT_AC, language="c"),
    _control("wrong C", _C_SUM.replace(b"a+b", b"a-b"), verdict_pb2.VERDICT_WA, language="c"),
    _control("function", b"def f(a, b): return a + b", verdict_pb2.VERDICT_AC, entry="f"),
    _control("wrong function", b"def f(a, b): return 7", verdict_pb2.VERDICT_WA, entry="f"),
)
