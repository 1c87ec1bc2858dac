"""The sweep: a small batch, crashed at every write of every function, before and after, and delivered again.

A schedule without crashes becomes schedules that crash at each single write, for each way in which the batch
may be delivered again: unchanged, batched with other records, bisected, or after more than ten minutes. State
knows no hierarchy, so of a wide schedule only the writes of the later stages are new cases.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from workshop.cloud.fault_plan import FaultKind, FaultPlan
from workshop.pipeline.messages import DEFAULT_LEVELS, Message
from workshop.proof.bench import Bench
from workshop.proof.schedules import WIDE_LEVELS, FaultSchedule

__all__ = ["small_schedules", "sweep_schedules"]

CRASHES = (FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER)
# None: the same batch again. Regrouping leaves open how, so it is tried with several seeds.
DELIVERIES: tuple[tuple[FaultKind | None, int], ...] = (
    (None, 1),
    (FaultKind.RE_BATCHED, 1),
    (FaultKind.RE_BATCHED, 2),
    (FaultKind.RE_BATCHED, 3),
    (FaultKind.BISECTED, 1),
    (FaultKind.DELAYED, 1),
)
# Never reached, but a plan with a strike counts opportunities.
COUNTING = f"{FaultKind.CRASH_BEFORE}@state#1000000"
# The first row of ReduceTable comes again together with the second one, so that a batch of two can be split.
TOGETHER = FaultPlan(strikes=(f"{FaultKind.RE_BATCHED}@reduce#1",))
WIDE_TRADES = 12


@dataclass(frozen=True)
class CrashPoint:
    """One crash at one write: the stage, its ordinal within that stage, and the delivery of a batch.

    In these schedules every write succeeds, so a write has the same number before and after it.
    """

    crash: FaultKind
    stage: str
    write: int
    delivery: int
    splittable: int


def small_schedules() -> tuple[FaultSchedule, FaultSchedule]:
    """Return two schedules without crashes: one with all that can happen to a trade, and a wide one."""
    one, two, three = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
    spot = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}
    options = {"RiskType": "Delta", "TradeDesk": "FXOptions", "Region": "APAC"}
    first = (
        Message(one, Decimal("100.00"), 1, spot),
        Message(two, Decimal("20.05"), 2, options),
        Message(three, Decimal("7.50"), 1, spot),
    )
    second = (
        Message(one, Decimal("90.10"), 2, options),
        Message(two, Decimal("1.00"), 1, spot),
        Message(three, Decimal("0.00"), 2, spot, cancelled=True),
        first[0],
    )
    wide = tuple(
        Message(
            f"00000000-0000-4000-8000-{number:012}",
            Decimal(number).scaleb(-2),
            1,
            {level: names[number % len(names)] for level, names in WIDE_LEVELS.items()},
        )
        for number in range(1, WIDE_TRADES + 1)
    )
    return (
        FaultSchedule(0, DEFAULT_LEVELS, (first, second), (2.0, 8.0), (b"poison",), TOGETHER),
        FaultSchedule(0, WIDE_LEVELS, (wide,), (8.0,), (), FaultPlan()),
    )


def sweep_schedules(bench: Bench, schedule: FaultSchedule) -> Iterator[FaultSchedule]:
    """Yield the schedules of the sweep; runs the given one once to see what it writes."""
    for point in _crash_points(bench, schedule):
        for delivery, seed in DELIVERIES:
            strikes = [*schedule.faults.strikes, f"{point.crash}@{point.stage}#{point.write}"]
            if delivery is not None:
                number = point.splittable if delivery is FaultKind.BISECTED else point.delivery
                strikes.append(f"{delivery}@{point.stage}#{number}")
            yield replace(schedule, faults=FaultPlan(seed=seed, strikes=tuple(strikes)))


def _crash_points(bench: Bench, schedule: FaultSchedule) -> list[CrashPoint]:
    points: dict[tuple[str, str, int], CrashPoint] = {}

    def note(stage: str, opportunities: dict[str, int]) -> None:
        delivery = opportunities.get(f"{FaultKind.RE_BATCHED}@{stage}", 0) + 1
        splittable = opportunities.get(f"{FaultKind.BISECTED}@{stage}", 0) + 1
        for crash in CRASHES:
            # The last write of a stage is not followed by another call that could tell what came after it.
            if write := opportunities.get(f"{FaultKind.CRASH_BEFORE}@{stage}", 0):
                point = CrashPoint(crash, stage, write, delivery, splittable)
                points.setdefault((crash, stage, write), point)

    counting = FaultPlan(strikes=(*schedule.faults.strikes, COUNTING))
    bench.run(replace(schedule, faults=counting), on_call=note)
    return [point for point in points.values() if not (schedule.is_wide and point.stage == "state")]
