"""The site of the cluster, from the service's settings."""

from dataclasses import fields

from microcoder.trainer.domain.cluster.site import Site
from microcoder.trainer.environment import pod_environment
from microcoder.trainer.settings import TrainerServiceSettings


def site_of(settings: TrainerServiceSettings, namespace: str) -> Site:
    """How runs are made in `namespace`: the group `MICROCODER_TRAINER__KUBERNETES` field by field."""
    own = settings.trainer.kubernetes
    same = {field.name: getattr(own, field.name) for field in fields(Site) if hasattr(own, field.name)}
    env = {**pod_environment(settings), **own.env}
    return Site(**{**same, "namespace": namespace, "env": env, "grace_s": int(settings.trainer.stop_grace_s)})
