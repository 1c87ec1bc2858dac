"""Two benchmarks compared: what got worse by more than a tolerance."""

from dataclasses import dataclass

from workshop.bench.figures import HIGHER, BenchReport, Figure

__all__ = ["Worse", "differing", "worse"]


@dataclass(frozen=True)
class Worse:
    """A figure that got worse, and what it was before."""

    now: Figure
    before: float

    @property
    def percent(self) -> float:
        """How much worse it is, in percent of what it was."""
        change = abs(self.now.value - self.before)
        return 100 * change / abs(self.before) if self.before else float("inf")


def worse(now: BenchReport, before: BenchReport, *, percent: float) -> tuple[Worse, ...]:
    """Return the figures of both reports that got worse by more than `percent`, the worst first."""
    old = {each.id: each.value for each in before.figures}
    found = [
        Worse(each, old[each.id])
        for each in now.figures
        if each.id in old
        and (each.value < old[each.id] if each.better == HIGHER else each.value > old[each.id])
    ]
    return tuple(
        sorted(
            (each for each in found if each.percent > percent), key=lambda each: each.percent, reverse=True
        )
    )


def differing(now: BenchReport, before: BenchReport) -> tuple[str, ...]:
    """Return how the two benchmarks differ in more than their code, since figures may differ for that."""
    words = []
    for name in ("system", "python", "cores", "memory_mb"):
        here, there = now.machine.get(name), before.machine.get(name)
        if here != there:
            words.append(f"{name} is {here}, was {there}")
    if now.options.get("pack") != before.options.get("pack"):
        words.append(f"pack is {now.options.get('pack')}, was {before.options.get('pack')}")
    return tuple(words)
