"""Wiring of the normalizer."""

import asyncio

from microcoder.host import Parts, Runtime
from microcoder.normalizer.adapters.protected_file import read_protected
from microcoder.normalizer.catalogue import Catalogue
from microcoder.normalizer.domain.contamination import ProtectedTexts
from microcoder.normalizer.handlers import CollectedHandler, Screening
from microcoder.normalizer.servicer import Servicer
from microcoder.normalizer.settings import AppSettings
from microcoder.rpc import Registration
from microcoder.v1.normalizer_service_pb2_grpc import add_NormalizerServicer_to_server
from microcoder.wire import Topic


async def build(runtime: Runtime[AppSettings]) -> Parts:
    """The parts of the normalizer."""
    settings = runtime.settings.normalizer
    file = settings.protected_file
    protected = await asyncio.to_thread(read_protected, file) if file else ProtectedTexts([])
    screening = Screening(policy=settings.policy(), protected=protected)
    handler = CollectedHandler(runtime, screening, parallel=settings.parallel)
    worker = runtime.worker(group=runtime.name, topics=[Topic.PROBLEM_COLLECTED], handle=handler.handle)
    servicer = Servicer(Catalogue(runtime.store))
    return Parts(
        servicers=[
            Registration(full_name="microcoder.v1.Normalizer", add=add_NormalizerServicer_to_server, servicer=servicer)
        ],
        workers=[worker],
    )
