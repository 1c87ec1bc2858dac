"""The limits on what a submission may use of the machine that checks it."""

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """Bounds for one submission; the defaults leave the finished course a wide margin.

    `wall_seconds` holds for the whole submission, `start_seconds` for what comes before an answer is looked
    at (cloud, stacks, the official solutions of the exercises before), `exercise_seconds` for one answer.
    `cpu_seconds`, `memory_mb` (address space), `file_mb` and `open_files` hold for each process that runs an
    answer, `processes` for what one of them starts, threads included. The totals of the submission are
    watched: processes, resident memory, and what lies in its folder.
    """

    wall_seconds: float = 1800.0
    start_seconds: float = 180.0
    exercise_seconds: float = 180.0
    cpu_seconds: int = 60
    memory_mb: int = 2048
    processes: int = 64
    file_mb: int = 32
    open_files: int = 256
    total_processes: int = 200
    total_memory_mb: int = 4096
    disk_mb: int = 512

    def document(self) -> dict[str, Any]:
        """Return the limits as a JSON document; `Limits(**document)` reads it."""
        return asdict(self)
