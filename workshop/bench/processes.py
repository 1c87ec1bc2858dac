"""What processes take: CPU time of producer, cloud and execution environments, and their memory.

The producer is the process that measures, and those that send for it. Memory is proportional (PSS: a page
that n processes share counts 1/n for each) where the system tells it, which is Linux; elsewhere it is what
only the process has (USS), or what it has in memory (RSS).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

from workshop.clock import stopwatch

__all__ = ["CLOUD", "ENVIRONMENTS", "PRODUCER", "Meter", "ProcessUse", "own_cpu_seconds"]

PRODUCER, CLOUD, ENVIRONMENTS = "producer", "cloud", "environments"
BYTES_OF_A_MB = 1_000_000
EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class ProcessUse:
    """Seconds of CPU or MB of memory, for each kind of process."""

    of: Mapping[str, float]

    def since(self, earlier: "ProcessUse") -> "ProcessUse":
        """Return what was used after an earlier reading."""
        return ProcessUse({kind: value - earlier.of.get(kind, 0.0) for kind, value in self.of.items()})

    @property
    def of_clouds(self) -> float:
        """The use of the clouds, execution environments included."""
        return self.of[CLOUD] + self.of[ENVIRONMENTS]


class Meter:
    """Reads what this process and some clouds use; not thread-safe.

    CPU counts processes that have ended as well, once their parent has collected them: Linux and macOS keep
    that account, Windows does not.
    """

    def __init__(self, clouds: Sequence[int]) -> None:
        self._own = psutil.Process()
        self._clouds = [psutil.Process(pid) for pid in clouds]
        self._peak: dict[str, float] = {}
        self._sampled_at = -EVERY_SECONDS

    def cpu(self) -> ProcessUse:
        """Return the seconds of CPU used up to now."""
        used = {PRODUCER: sum(map(_cpu, self._producers())), CLOUD: 0.0, ENVIRONMENTS: 0.0}
        for cloud in self._clouds:
            times = cloud.cpu_times()
            used[CLOUD] += times.user + times.system
            used[ENVIRONMENTS] += _of_ended_children(times)
            for child in cloud.children(recursive=True):
                used[ENVIRONMENTS] += _cpu(child, of_ended_children=True)
        return ProcessUse(used)

    def _producers(self) -> list[psutil.Process]:
        # A cloud may be a child of this process as well.
        clouds = {cloud.pid for cloud in self._clouds}
        return [self._own, *(child for child in self._own.children() if child.pid not in clouds)]

    def memory(self) -> ProcessUse:
        """Return the MB of memory in use, and remember the most that was seen."""
        used = {PRODUCER: sum(map(_memory, self._producers())), CLOUD: 0.0, ENVIRONMENTS: 0.0}
        for cloud in self._clouds:
            used[CLOUD] += _memory(cloud)
            used[ENVIRONMENTS] += sum(_memory(child) for child in cloud.children(recursive=True))
        for kind, value in used.items():
            self._peak[kind] = max(value, self._peak.get(kind, 0.0))
        self._sampled_at = stopwatch()
        return ProcessUse(used)

    def sample(self) -> None:
        """Look at the memory, at most once a second: to be called again and again while something runs."""
        if stopwatch() - self._sampled_at >= EVERY_SECONDS:
            self.memory()

    @property
    def peak(self) -> ProcessUse:
        """The most memory that `memory` and `sample` have seen, in MB, for each kind on its own."""
        return ProcessUse(dict(self._peak) or self.memory().of)


def own_cpu_seconds() -> float:
    """Return the seconds of CPU that this process has used, all its threads together."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)


def _cpu(process: psutil.Process, *, of_ended_children: bool = False) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:  # it has ended meanwhile
        return 0.0
    return float(times.user + times.system + (_of_ended_children(times) if of_ended_children else 0.0))


def _of_ended_children(times: object) -> float:
    return float(getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0))


def _memory(process: psutil.Process) -> float:
    try:
        full = process.memory_full_info()
        used = getattr(full, "pss", None) or full.uss
    except psutil.NoSuchProcess:
        return 0.0
    except psutil.Error:  # the system does not tell everybody
        try:
            used = process.memory_info().rss
        except psutil.Error:
            return 0.0
    return float(used) / BYTES_OF_A_MB
