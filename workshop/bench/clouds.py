"""The cloud that is measured: a process of its own that keeps its state, as a learner's does."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from workshop.bench.processes import Meter
from workshop.clock import stopwatch
from workshop.cloud.connection import Cloud
from workshop.cloud.temporary import temporary_cloud

__all__ = ["MeasuredCloud", "measured_cloud"]


@dataclass(frozen=True)
class MeasuredCloud:
    """A cloud with its process, and how many seconds it took until it answered."""

    cloud: Cloud
    pid: int
    start_seconds: float

    @property
    def meter(self) -> Meter:
        """A new meter for this process and this cloud."""
        return Meter([self.pid])

    @property
    def environments(self) -> int:
        """How many processes the cloud has besides its own."""
        return len(psutil.Process(self.pid).children(recursive=True))


@contextmanager
def measured_cloud() -> Iterator[MeasuredCloud]:
    """Run a cloud inside the block that keeps its state in a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="workshop-bench-", ignore_cleanup_errors=True) as folder:
        begun = stopwatch()
        with temporary_cloud(kept=Path(folder) / "cloud.state") as cloud:
            seconds = stopwatch() - begun
            assert cloud.offline is not None  # noqa: S101 - a temporary cloud is
            yield MeasuredCloud(cloud, int(cloud.offline.health()["pid"]), seconds)
