"""A client that has none of this project's code: it finds the contract by reflection, as grpcurl does."""

import asyncio
import json
import sys
import textwrap
from typing import Any

from microcoder.rpc import RpcServer, RpcSettings

CLIENT = textwrap.dedent(
    """
    import json, sys
    import grpc
    from google.protobuf import descriptor_pool, json_format, message_factory
    from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

    address, service, method, request = sys.argv[1:]
    channel = grpc.insecure_channel(address)
    database = ProtoReflectionDescriptorDatabase(channel)
    assert service in database.get_services()
    pool = descriptor_pool.DescriptorPool(database)
    found = pool.FindServiceByName(service).FindMethodByName(method)
    ask, answer = (message_factory.GetMessageClass(kind) for kind in (found.input_type, found.output_type))
    call = channel.unary_unary(
        f"/{service}/{method}", request_serializer=ask.SerializeToString, response_deserializer=answer.FromString
    )
    reply = call(json_format.Parse(request, ask()), timeout=10)
    assert not any(name.startswith("microcoder") for name in sys.modules)
    print(json_format.MessageToJson(reply))
    """
)


async def test_queries_a_score(bench: Any) -> None:
    (problem,) = await bench.add([1.5])
    server = RpcServer(RpcSettings(port=0), bench.parts.servicers)
    address = f"127.0.0.1:{await server.start()}"
    request = json.dumps({"target": {"problemId": problem.id}})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, address, "microcoder.v1.DifficultyScorer", "ScoreProblem", request,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    await server.drain(0.5)
    assert process.returncode == 0, err.decode()
    prediction = json.loads(out)["prediction"]
    assert (prediction["id"], prediction["overall"], prediction["scorer"]) == (problem.id, 1.5, "scripted")
