"""The fuse."""

import pytest

from microcoder.bus import FuseBlown, WorkerPolicy
from microcoder.bus.worker.fuse import Fuse


def test_a_success_between_dead_letters_resets_the_count() -> None:
    fuse = Fuse(WorkerPolicy(fuse_consecutive=2, fuse_window=1000))
    for _ in range(10):
        fuse.check("x")
        fuse.check("x")
        fuse.succeeded()
    fuse.check("x")
    fuse.check("x")
    with pytest.raises(FuseBlown, match="2 records in a row"):
        fuse.check("x")


def test_too_large_a_share_blows_it_though_never_many_in_a_row() -> None:
    fuse = Fuse(WorkerPolicy(fuse_consecutive=5, fuse_ratio=0.4, fuse_window=10))
    for _ in range(4):
        fuse.succeeded()
        fuse.check("x")
    fuse.succeeded()
    fuse.succeeded()
    with pytest.raises(FuseBlown, match="40% of the last 10"):
        fuse.check("x")


def test_a_small_share_is_normal() -> None:
    fuse = Fuse(WorkerPolicy(fuse_consecutive=2, fuse_ratio=0.4, fuse_window=10))
    for i in range(200):
        fuse.check("x") if i % 4 == 0 else fuse.succeeded()
