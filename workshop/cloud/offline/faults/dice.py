"""Whether a fault happens now: the chances of a plan, drawn at each opportunity and counted."""

import threading
from collections import Counter
from random import Random

from workshop.cloud.fault_plan import FaultKind, FaultPlan

__all__ = ["FaultDice"]


class FaultDice:
    """Decides at each opportunity whether a fault happens, and counts those that did. Thread-safe.

    Each kind has chances of its own for each stage, so that the opportunities of one do not shift another's.
    """

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._strikes = frozenset(plan.strikes)
        self._opportunities: Counter[str] = Counter()
        self._happened: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self._random: dict[str, Random] = {}
        self._lock = threading.Lock()

    def falls(self, kind: FaultKind, stage: str) -> bool:
        """Return whether the fault happens this time."""
        name = f"{kind}@{stage}"
        rate = self.plan.rate(kind, stage)
        with self._lock:
            self._opportunities[name] += 1
            hit = f"{name}#{self._opportunities[name]}" in self._strikes
            if not hit and rate:
                by_chance = self._of(name).random() < rate
                hit = by_chance and (self.plan.limit is None or self._happened[name] < self.plan.limit)
            self._happened[name] += hit
            self._met[kind] += hit
            return hit

    def choose(self, kind: FaultKind, stage: str, below: int) -> int:
        """Return a number from 0 to `below` - 1, for what a fault leaves open."""
        with self._lock:
            return self._of(f"{kind}@{stage}!").randrange(below)

    def count(self, kind: FaultKind, times: int = 1) -> None:
        """Note faults that happened elsewhere."""
        with self._lock:
            self._met[kind] += times

    @property
    def met(self) -> dict[str, int]:
        """How many faults of each kind have happened."""
        with self._lock:
            return {str(kind): count for kind, count in self._met.items() if count}

    @property
    def opportunities(self) -> dict[str, int]:
        """How many opportunities there were, by `kind@stage`."""
        with self._lock:
            return dict(self._opportunities)

    def _of(self, name: str) -> Random:
        if name not in self._random:
            self._random[name] = Random(f"{self.plan.seed}/{name}")
        return self._random[name]
