"""What a benchmark found, as values: figures with their limits, in a JSON document of a stable shape.

Shape: `{"format": "workshop-bench/1", "workshop": version, "machine": {…}, "options": {…}, "exact": bool,
"inexact": [run, …], "figures": [{"id", "what", "value", "unit", "better", "limit", "limit_of", "floor",
"goal"}, …], "arrivals": {run: [[seconds, sent, arrived], …]}}`. An id is made of words with dots between
them, such as `stateless.10000.rate`, and means the same in every version; `better` is `higher`, `lower`
or empty, where neither is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from workshop.errors import ConfigurationError

__all__ = ["FORMAT", "HIGHER", "LOWER", "Arrivals", "BenchReport", "Figure", "figure"]

FORMAT = "workshop-bench/1"
HIGHER, LOWER = "higher", "lower"
MB = "MB"

# What is to be reached at least, and what is hoped for, on two cores that do nothing else; `*` is any number.
WANTED: Mapping[str, tuple[float, float]] = {
    "start.healthy": (1.5, 1.0),
    "start.deploy": (1.5, 0.5),
    "start.first_record": (0.3, 0.1),
    "put_records.rate": (40_000, 60_000),
    "put_records.flatness": (0.9, 1.0),
    "stateless.*.rate": (30_000, 50_000),
    "stateful.*.rate": (3_000, 5_000),
    "stateless.paced.p50": (2.0, 0.5),
    "stateless.paced.max": (6.0, 2.0),
    "stateful.paced.p50": (2.0, 0.5),
    "stateful.paced.max": (6.0, 2.0),
    "stateless.flatness": (0.9, 1.0),
    "stateful.flatness": (0.9, 1.0),
    "transactions.over_peer": (1.2, 2.0),
    "updates.1_shards.over_peer": (1.3, 1.6),
    "updates.4_shards.over_peer": (1.9, 2.6),
    "stateless.1000000.memory.cloud": (400, 300),
    "tree.memory": (700, 400),
    "idle.one_cloud.memory": (4_000, 2_000),
    "idle.one_cloud.cpu": (10, 3),
    "idle.own_clouds.memory": (4_000, 2_000),
    "idle.own_clouds.cpu": (10, 3),
}

# (seconds since the first message was sent, messages accepted by the stream, messages in the totals).
Arrivals = Sequence[tuple[float, int, int]]


@dataclass(frozen=True)
class Figure:
    """One figure; `limit` is what this machine could reach at best, measured in the same run."""

    id: str
    what: str
    value: float
    unit: str
    better: str = LOWER
    limit: float | None = None
    limit_of: str = ""
    floor: float | None = None
    goal: float | None = None

    def reaches(self, wanted: float) -> bool:
        """Whether the figure is as good as `wanted`, or better."""
        return self.value >= wanted if self.better == HIGHER else self.value <= wanted


@dataclass(frozen=True)
class BenchReport:
    """All that one benchmark found; `inexact` names the runs whose totals were not the truth."""

    workshop: str
    machine: Mapping[str, Any]
    options: Mapping[str, Any]
    figures: tuple[Figure, ...]
    inexact: tuple[str, ...] = ()
    arrivals: Mapping[str, Arrivals] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether all totals of all runs equal the truth."""
        return not self.inexact

    def document(self) -> dict[str, Any]:
        """Return the report in its JSON shape."""
        return {
            "format": FORMAT,
            "workshop": self.workshop,
            "machine": dict(self.machine),
            "options": dict(self.options),
            "exact": self.exact,
            "inexact": list(self.inexact),
            "figures": [asdict(each) for each in self.figures],
            "arrivals": {run: [list(row) for row in rows] for run, rows in self.arrivals.items()},
        }

    @classmethod
    def from_document(cls, document: Any) -> Self:
        """Read a report back.

        Raises:
            ConfigurationError: the document is none, or has another format.
        """
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ConfigurationError(
                f"this is no report of `workshop bench` in the format `{FORMAT}`; make one by `--output FILE`"
            )
        return cls(
            document["workshop"],
            document["machine"],
            document["options"],
            tuple(Figure(**each) for each in document["figures"]),
            tuple(document["inexact"]),
            {run: tuple(tuple(row) for row in rows) for run, rows in document["arrivals"].items()},
        )


def figure(
    name: str,
    what: str,
    value: float,
    unit: str,
    *,
    better: str = LOWER,
    limit: tuple[float, str] | None = None,
) -> Figure:
    """Return a figure with what is wanted of it; `limit` is how good it could be, and what would be so."""
    words = name.split(".")
    pattern = ".".join("*" if word.isdecimal() else word for word in words)
    floor, goal = WANTED.get(name) or WANTED.get(pattern) or (None, None)
    bound, bound_of = limit or (None, "")
    # More digits than a reader needs, fewer than a clock pretends to have.
    rounded = None if bound is None else float(f"{bound:.4g}")
    return Figure(name, what, float(f"{value:.4g}"), unit, better, rounded, bound_of, floor, goal)
