"""Wrong values say what is wrong and what to do."""

from typing import Any

import pytest
from helm_python import HelmError

from microcoder.cli.cluster.values import merged

from .rendering import MINIMAL, notes, render

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no brokers": ({"kafka": {"bootstrapServers": ""}}, "kafka.bootstrapServers is empty: name your brokers"),
    "no secret": ({"mongodb": {"existingSecret": ""}}, "kubectl create secret generic microcoder-mongodb"),
    "unknown value": ({"kafak": {}}, "additional properties 'kafak' not allowed"),
    "unknown value of a service": (
        {"services": {"judge": {"replica": 2}}}, "at '/services/judge': additional properties 'replica' not allowed",
    ),
    "unknown service": ({"services": {"jugde": {}}}, "additional properties 'jugde' not allowed"),
    "wrong type": ({"services": {"judge": {"replicas": "two"}}}, "at '/services/judge/replicas': got string, want int"),
    "bad tier": (
        {"sandbox": {"minTier": "strong"}}, "must be one of 'namespaces+cgroups', 'namespaces', 'landlock', 'rlimits'",
    ),
    "tier that the profile forbids": (
        {"sandbox": {"seccomp": {"type": "RuntimeDefault"}}}, "use Localhost with the profile of deploy/seccomp",
    ),
    "own /proc without a user namespace": ({"sandbox": {"procMount": "Unmasked"}}, "needs sandbox.hostUsers: false"),
    "brokers without ports": ({"kafka": {"bootstrapServers": "kafka"}}, "at '/kafka/bootstrapServers'"),
    "password without a secret": (
        {"kafka": {"securityProtocol": "SASL_SSL"}},
        "needs kafka.existingSecret: a Secret with the user and the password",
    ),
    "two autoscalers": (
        {
            "services": {
                "judge": {
                    "resources": {"requests": {"cpu": 1}},
                    "autoscaling": {"hpa": {"enabled": True}, "keda": {"enabled": True}},
                }
            }
        },
        "services.judge.autoscaling has hpa and keda enabled",
    ),
    "lag of a service that consumes nothing": (
        {"services": {"scraper": {"autoscaling": {"keda": {"enabled": True}}}}}, "the scraper consumes nothing",
    ),
    "more consumers than partitions": (
        {"services": {"judge": {"autoscaling": {"maxReplicas": 40, "keda": {"enabled": True}}}}},
        "maxReplicas is 40 and kafka.partitions 12",
    ),
    "CPU of nothing": (
        {"services": {"judge": {"autoscaling": {"hpa": {"enabled": True}}}}}, "resources.requests.cpu is not set",
    ),
    "no issuer": ({"tls": {"source": "certManager"}}, "needs tls.issuerRef.name"),
    "no certificates": ({"tls": {"source": "existingSecrets"}}, "needs tls.existingSecrets.evaluator"),
    "client certificates without TLS": (
        {"tls": {"enabled": False, "clientCertificates": True}}, "tls.clientCertificates needs tls.enabled",
    ),
    "a setting of no group": ({"services": {"judge": {"env": {"SLOTS": 4}}}}, "at '/services/judge/env'"),
    "two trainers": ({"services": {"trainer": {"replicas": 2}}}, "services.trainer must have one replica"),
    "no model": ({"vllm": {"enabled": True}}, "vllm.model is empty"),
    "two endpoints": (
        {"vllm": {"enabled": True, "model": "m"}, "llm": {"baseUrl": "http://llm/v1"}}, "two LLM endpoints",
    ),
    "a shared folder on one node": (
        {"training": {"runs": {"create": True, "existingClaim": "mine"}}}, "training.runs.create and existingClaim",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_value_is_told_in_words(case: str) -> None:
    over, message = WRONG[case]
    with pytest.raises(HelmError) as caught:
        render(merged(MINIMAL, over))
    assert message in str(caught.value)


def test_the_notes_warn_of_what_is_missing_or_open() -> None:
    bare = merged(MINIMAL, {"tls": {"enabled": False}, "token": {"enabled": False}})
    text = notes(bare)
    for words in ("No LLM endpoint", "seccomp profile microcoder/judge.json", "not encrypted", "may call them"):
        assert words in text
    safe = {
        "llm": {"baseUrl": "http://llm/v1"},
        "sandbox": {"pool": {"required": True}},
        "training": {"secrets": ["mongodb-training"], "runs": {"existingClaim": "runs"}},
    }
    lines = [line for line in notes(merged(MINIMAL, safe)).splitlines() if line.startswith("!")]
    assert len(lines) == 1
    assert "seccomp" in lines[0]
