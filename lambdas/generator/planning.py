"""What a round consists of: asked for by an event, worked out from its run id alone.

The event and the score so far give the options of a message plan, and the messages give the truth. Where the
pipeline sums up by run id first, the run id is the top level of every message's hierarchy, and separates the
totals of one round from those of all others. A pipeline without that level is emptied before each round by
whoever plays, and all of its totals are the round's. The run id also seeds the plan, so the same options
always give the same messages. No AWS, no time.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from workshop.pipeline.messages import DEFAULT_LEVELS, Message, PlanOptions
from workshop.pipeline.truth import GRAND_TOTAL, Truth, stateful_truth

__all__ = [
    "LEVEL_TWO_POINTS",
    "RUN_LEVEL",
    "InvalidRoundError",
    "RoundOrder",
    "is_apart",
    "level_of",
    "options_document",
    "plan_options",
    "truth_of_run",
]

RUN_LEVEL = "RunID"
MESSAGES = 10_000
LARGEST_ROUND = 100_000
# The longest time from the last message to the verdict.
SETTLE_SECONDS = 60.0
LEVEL_TWO_POINTS = 300
# What a round of the second level holds beside new trades, in percent; half of the modifications overtake the
# version that they follow.
LEVEL_TWO = {"duplicates": 12.5, "modify": 3.0, "out_of_order": 50.0}
MAX_RUN_ID_LENGTH = 36


class InvalidRoundError(ValueError):
    """An event asks for a round that cannot be played."""


@dataclass(frozen=True)
class RoundOrder:
    """A round as its event asks for it.

    The same run id always means the same round: an event that is delivered twice asks for one round.
    `max_rounds` ends the game for schedules, which would otherwise play until somebody stops them. Without a
    `level`, the score decides.
    """

    run_id: str
    messages: int = MESSAGES
    settle_seconds: float = SETTLE_SECONDS
    max_rounds: int | None = None
    level: int | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any], *, fallback_id: str) -> "RoundOrder":
        """Return the round that an event asks for.

        Shape: `{"run_id": "2026-11-02T10:15:00Z", "messages": 10000, "settle_seconds": 60,
        "max_rounds": 120, "level": 2}`, each optional. What a path would have to escape is left out of the
        run id.

        Raises:
            InvalidRoundError: a value is of another kind or out of its range.
        """
        run_id = re.sub(r"[^A-Za-z0-9._-]", "", str(event.get("run_id") or fallback_id))
        if not 0 < len(run_id) <= MAX_RUN_ID_LENGTH:
            raise InvalidRoundError(
                f"`run_id` is `{event.get('run_id')}`; give it 1 to "
                f"{MAX_RUN_ID_LENGTH} letters, digits, `.`, `_` or `-`"
            )
        limit, level = event.get("max_rounds"), event.get("level")
        return cls(
            run_id,
            messages=int(_number(event, "messages", MESSAGES, low=1, high=LARGEST_ROUND)),
            settle_seconds=_number(event, "settle_seconds", SETTLE_SECONDS, low=0, high=SETTLE_SECONDS),
            max_rounds=None if limit is None else int(_number(event, "max_rounds", 0, low=0, high=10**6)),
            level=None if level is None else int(_number(event, "level", 1, low=1, high=2)),
        )


def level_of(points: int) -> int:
    """Return the level at which a score is played: new trades only, or everything that can go wrong."""
    return 2 if points >= LEVEL_TWO_POINTS else 1


def is_apart(hierarchy: Sequence[str]) -> bool:
    """Return whether the totals of a round lie apart from those of others, below its run id."""
    return hierarchy[0] == RUN_LEVEL


def plan_options(order: RoundOrder, *, level: int, hierarchy: Sequence[str]) -> PlanOptions:
    """Return the options of the round's plan, the same for the same run id.

    Raises:
        InvalidRoundError: rounds of a schedule would mix, since nobody empties the pipeline between them.
    """
    if order.max_rounds is not None and not is_apart(hierarchy):
        raise InvalidRoundError(
            f"the pipeline sums up by {', '.join(hierarchy)}, so that the rounds of a schedule would mix; "
            f"deploy it with `{RUN_LEVEL}` as its first level"
        )
    names: dict[str, tuple[str, ...]] = {
        name: DEFAULT_LEVELS.get(name, tuple(f"{name} {number}" for number in (1, 2, 3)))
        for name in hierarchy
    }
    if is_apart(hierarchy):
        names[RUN_LEVEL] = (order.run_id,)
    return PlanOptions(
        messages=order.messages,
        seed=int.from_bytes(sha256(order.run_id.encode()).digest()[:6], "big"),
        run_id=order.run_id,
        levels=names,
        **(LEVEL_TWO if level == 2 else {}),
    )


def options_document(options: PlanOptions) -> str:
    """Return the options as JSON, with which `PlanOptions` is made again."""
    return json.dumps(asdict(options))


def truth_of_run(messages: Iterable[Message], hierarchy: Sequence[str]) -> Truth:
    """Return the totals that the run's own paths must show: those below its run id, or else all."""
    truth = stateful_truth(messages, hierarchy)
    if not is_apart(hierarchy):
        return truth
    totals = {path: total for path, total in truth.totals.items() if path != GRAND_TOTAL}
    trades = {path: count for path, count in truth.trades.items() if path != GRAND_TOTAL}
    return Truth(totals, trades, truth.leaves)


def _number(event: Mapping[str, Any], name: str, default: float, *, low: float, high: float) -> float:
    value = event.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidRoundError(f"`{name}` is `{value}`; give a number from {low} to {high}")
    return value
