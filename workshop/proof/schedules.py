"""Schedules: small plans of messages, together with the faults that they meet, made from a seed.

Equal seeds give equal schedules. Nothing is run here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from workshop.cloud.fault_plan import FaultKind, FaultPlan
from workshop.pipeline.messages import DEFAULT_LEVELS, Message, PlanOptions, make_plan

__all__ = ["REPORTED_KINDS", "WIDE_LEVELS", "FaultSchedule", "make_schedule"]

# What the report counts, in the order in which it is shown.
REPORTED_KINDS = (
    FaultKind.RE_BATCHED,
    FaultKind.BISECTED,
    FaultKind.DELAYED,
    FaultKind.CRASH_BEFORE,
    FaultKind.CRASH_AFTER,
    FaultKind.RESPONSE_LOST,
    FaultKind.TIMEOUT,
    FaultKind.THROTTLED,
    FaultKind.KILLED,
    FaultKind.DUPLICATE,
)
OTHER_KINDS = (FaultKind.DENIED, FaultKind.SLOW, FaultKind.PARTIAL_PUT)
# A trade at the bottom of ten levels touches ten totals: a dozen trades do not fit into one transaction.
WIDE_LEVELS: Mapping[str, tuple[str, ...]] = {
    "RiskType": ("PV", "Delta"),
    **{f"Level{depth}": tuple(f"{depth}-{name}" for name in range(30)) for depth in range(2, 11)},
}
WIDE_SHARE = 0.2
CLEAR_SHARE = 0.25
LATEST_CLEAR = 40
# Chances at one opportunity: State has one for every message, the later stages a few in all.
WRITE_RATES = {"@state": 0.06, "": 0.35}
# State tolerates any delivery, so most faults are left to the later stages.
DELIVERY_RATES = {"@state": 0.1, "": 0.45}
PRODUCER_RATE = 0.3
DELIVERY_KINDS = {FaultKind.RE_BATCHED, FaultKind.BISECTED, FaultKind.DELAYED, FaultKind.DUPLICATE}


@dataclass(frozen=True)
class FaultSchedule:
    """What is put, in which portions and with which pauses between them, and what goes wrong meanwhile."""

    seed: int
    levels: Mapping[str, tuple[str, ...]]
    portions: tuple[tuple[Message, ...], ...]
    pauses: tuple[float, ...]
    poison: tuple[bytes, ...]
    faults: FaultPlan
    # After this call of the functions, in the middle of an invocation, the pipeline is cleared.
    clear_after: int | None = None

    @property
    def is_wide(self) -> bool:
        """Whether it belongs to the stack with many levels."""
        return self.levels is WIDE_LEVELS

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages in the order in which they are put."""
        return tuple(message for portion in self.portions for message in portion)


def make_schedule(seed: int, pipeline: str = "stateful") -> FaultSchedule:
    """Return the one schedule of this seed."""
    random = Random(f"schedule {seed}")
    wide = random.random() < WIDE_SHARE
    levels = WIDE_LEVELS if wide else DEFAULT_LEVELS
    messages = _messages(random, levels, stateful=pipeline == "stateful")
    # Together, a wide schedule's trades need several transactions; one by one, they do not.
    portions = _portions(random, messages, at_most=random.choice((1, 1, 2)) if wide else random.randint(1, 4))
    return FaultSchedule(
        seed=seed,
        levels=levels,
        portions=portions,
        pauses=tuple(random.choice((0.0, 1.5, 8.0)) for _ in portions),
        poison=tuple(_poison(random, seed, number) for number in range(random.choice((0, 0, 1, 2)))),
        faults=_faults(random, seed, stateful=pipeline == "stateful"),
        clear_after=random.randint(1, LATEST_CLEAR) if random.random() < CLEAR_SHARE else None,
    )


def _messages(
    random: Random, levels: Mapping[str, tuple[str, ...]], *, stateful: bool
) -> tuple[Message, ...]:
    count = random.randint(14, 22) if levels is WIDE_LEVELS else random.randint(4, 14)
    options = PlanOptions(
        messages=count,
        seed=random.randrange(2**32),
        levels=levels,
        duplicates=random.choice((0, 10, 25)) if stateful else 0,
        modify=random.choice((0, 20, 50)) if stateful else 0,
        out_of_order=random.choice((0, 50, 100)),
        cancel=random.choice((0, 30, 60)),
    )
    return tuple(make_plan(options).messages)


def _portions(
    random: Random, messages: tuple[Message, ...], *, at_most: int
) -> tuple[tuple[Message, ...], ...]:
    cuts = sorted(random.randrange(len(messages) + 1) for _ in range(at_most - 1))
    bounds = [0, *cuts, len(messages)]
    portions = (messages[start:end] for start, end in pairwise(bounds))
    return tuple(portion for portion in portions if portion)


def _poison(random: Random, seed: int, number: int) -> bytes:
    name = f"poison {seed}/{number}"
    return random.choice(
        (
            name,
            f'["{name}"]',
            f'{{"TradeID": "{name}", "Value": NaN}}',
            f'{{"TradeID": "{name}", "Value": 1.00, "Version": 1.5, "Timestamp": 1}}',
        )
    ).encode()


def _faults(random: Random, seed: int, *, stateful: bool) -> FaultPlan:
    kinds = random.sample(REPORTED_KINDS, random.choice((1, 1, 2, 2, 3)))
    kinds += random.sample(OTHER_KINDS, random.choice((0, 0, 0, 1)))
    rates: dict[str, float] = {}
    for kind in kinds:
        of_kind = DELIVERY_RATES if kind in DELIVERY_KINDS else WRITE_RATES
        rates.update({f"{kind}{stage}": rate for stage, rate in of_kind.items()})
    rates[f"{FaultKind.PARTIAL_PUT}@producer"] = PRODUCER_RATE if FaultKind.PARTIAL_PUT in kinds else 0.0
    # A lost answer to PutRecords puts everything into the stream twice: State is there for that.
    if FaultKind.RESPONSE_LOST in kinds:
        rates[f"{FaultKind.RESPONSE_LOST}@producer"] = PRODUCER_RATE if stateful else 0.0
    return FaultPlan(seed=seed, rates=rates, limit=random.choice((1, 2, 3)))
