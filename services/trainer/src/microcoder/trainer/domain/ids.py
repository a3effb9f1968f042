"""Ids of what a run records.

They depend on run, step and position only, so a step that is repeated after a resume overwrites what it wrote before.
"""

STEP_DIGITS = 6
INDEX_DIGITS = 4


def metric_id(run_id: str, step: int) -> str:
    """Id of the metrics of one step."""
    return f"{run_id}:{step:0{STEP_DIGITS}d}"


def sample_id(run_id: str, step: int, index: int) -> str:
    """Id of the completion at position `index` of one step."""
    return f"{metric_id(run_id, step)}:{index:0{INDEX_DIGITS}d}"
