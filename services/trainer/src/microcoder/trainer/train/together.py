"""What the processes of one run have to agree on. With one process everything here is plain arithmetic."""

import torch
import torch.distributed as dist


def rank() -> int:
    """This process's place among those of the run, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def world() -> int:
    """Processes of the run."""
    return dist.get_world_size() if dist.is_initialized() else 1


def total(*numbers: float) -> list[float]:
    """Each number summed over all processes; all must call it at the same point."""
    if world() == 1:
        return list(numbers)
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    summed = torch.tensor(numbers, dtype=torch.float64, device=device)
    dist.all_reduce(summed)
    return [float(value) for value in summed.tolist()]


def wait_for_all() -> None:
    """Returns when every process is here."""
    if world() > 1:
        dist.barrier()
