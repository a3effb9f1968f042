"""The values that make the chart of one machine train and evaluate: volumes, images, the launcher. Pure."""

import json
from typing import Any

RUNS_CLAIM = "microcoder-runs"
MODELS_CLAIM = "microcoder-models"
MODEL = "/models/smollm2"
ITEMS = "evaluation-items"
ITEMS_FILE = "/items/items.jsonl"


def journey_values(*, release: str, image: str, store_secret: str) -> dict[str, Any]:
    """Of a platform that goes the whole way: Jobs for training, an evaluator that samples from checkpoints.

    Args:
        release: Name of the release; its Secrets bring the training pods what calls to the judge need.
        image: Of training pods, with its tag.
        store_secret: Secret with MICROCODER_STORE__URI for training pods.
    """
    return {
        "services": {
            "scraper": {"env": {"SCRAPER__POLL_INTERVAL_S": "5", "SCRAPER__HTTP__MIN_INTERVAL_S": "0.1"}},
            "scorer": {"env": {"SCORER__SAMPLES": "1"}},
            "trainer": {"env": _launcher(release, image, store_secret)},
            "evaluator": {
                "image": {"repository": "microcoder/training"},
                "extraVolumes": [
                    {"name": "runs", "persistentVolumeClaim": {"claimName": RUNS_CLAIM}},
                    {"name": "models", "persistentVolumeClaim": {"claimName": MODELS_CLAIM, "readOnly": True}},
                    {"name": "items", "configMap": {"name": ITEMS}},
                ],
                "extraVolumeMounts": [
                    {"name": "runs", "mountPath": "/runs", "readOnly": True},
                    {"name": "models", "mountPath": "/models", "readOnly": True},
                    {"name": "items", "mountPath": "/items", "readOnly": True},
                ],
            },
        },
    }


def _launcher(release: str, image: str, store_secret: str) -> dict[str, str]:
    """Settings of the trainer: Jobs that fit beside everything else on one machine (docs/kubernetes.md)."""
    files = {"/etc/microcoder/tls": f"{release}-client-tls", "/etc/microcoder/token": f"{release}-token"}
    settings: dict[str, str] = {
        "INSTANCE": release,
        "IMAGE": image,
        "RUNS_CLAIM": RUNS_CLAIM,
        "MODELS_CLAIM": MODELS_CLAIM,
        "SECRETS": json.dumps([store_secret]),
        "SECRET_FILES": json.dumps(files),
        "CPU": "500m",
        "MEMORY": "6Gi",
        "SHM": "256Mi",
    }
    return {
        "TRAINER__LAUNCHER": "kubernetes",
        **{f"TRAINER__KUBERNETES__{name}": value for name, value in settings.items()},
    }
