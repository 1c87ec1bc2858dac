"""The values of a diagnosis: the evidence that goes into it, and the causes that come out of it.

`case` works them out with the help of its neighbours, and `words` puts them into sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from workshop.pipeline.compare_with_truth import Difference
from workshop.pipeline.tables import ReduceRow, StateRow

__all__ = [
    "WAIT",
    "BatchElement",
    "Cause",
    "CauseKind",
    "CellElement",
    "Confidence",
    "Diagnosis",
    "Element",
    "Evidence",
    "Explanation",
    "MapRecord",
    "Rival",
    "RowElement",
    "Stage",
    "TradeElement",
]

# How a sentence about records on their way ends.
WAIT = ": wait, and look again."


class CauseKind(StrEnum):
    """What may have happened; the value is its name for people."""

    DUPLICATE_COUNTED = "a message counted more than once"
    STALE_VERSION = "a stale version applied"
    OLD_VALUE_KEPT = "an old value not subtracted"
    CANCELLED_COUNTED = "a cancelled trade still counted"
    CONFLICT = "a conflict resolved the other way"
    MESSAGE_LOST = "a message lost"
    BATCH_LOST = "a batch lost"
    MAP_BATCH_TWICE = "a batch mapped more than once"
    DOUBLE_REDUCE = "a row reduced more than once"
    IN_FLIGHT = "still in flight"
    TORN_TOTAL = "a torn total"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """How sure a cause is.

    `CERTAIN`: the tables and streams show it, and nothing else explains it.
    `LIKELY`: something else would explain it as exactly, and this is the most natural explanation.
    `POSSIBLE`: something else is as natural, or too little could be read.
    """

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Stage(StrEnum):
    """Where on the way a fault happened, as far as the tables tell."""

    STATE = "state"
    MAP = "map"
    REDUCE = "reduce"


@dataclass(frozen=True)
class TradeElement:
    """One version of one trade, at the leaf where it counts.

    `sent` and `counted` say how often. `instead_of` is the version that should stand there; of a message lost
    the one that does, and of a message counted more than once the one that it replaced.
    """

    trade_id: str
    version: int
    path: str
    value: Decimal
    sent: int
    counted: int
    instead_of: int | None = None


@dataclass(frozen=True)
class BatchElement:
    """Neighbouring messages of one shard; `first` and `last` are places in what was sent, counted from 1."""

    shard: int
    first: int
    last: int
    messages: int
    counted: int


@dataclass(frozen=True)
class RowElement:
    """One row of ReduceTable, and how often it was added to the totals.

    `trades` are those that it sums, each with how much it changes a leaf at the most, where the stream of its
    records still tells.
    """

    message_hash: str
    message_count: int
    counted: int
    trades: tuple[tuple[str, Decimal], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class CellElement:
    """One path, and by how much its total and trades are larger than those of its children together."""

    path: str
    amount: Decimal
    trades: int = 0


Element = TradeElement | BatchElement | RowElement | CellElement


@dataclass(frozen=True)
class Cause:
    """One thing that happened, in a sentence that tells what is observed.

    `others` are further sets of elements that explain the differences as well as `elements` do.
    """

    kind: CauseKind
    confidence: Confidence
    sentence: str
    elements: tuple[Element, ...] = ()
    stage: Stage | None = None
    others: tuple[tuple[Element, ...], ...] = ()


# What would explain the same as well.
Rival = tuple[CauseKind, tuple[Element, ...]]


@dataclass(frozen=True)
class Explanation:
    """What one stage did wrong; `instead` is what would explain the same, and is less likely."""

    kind: CauseKind
    elements: tuple[Element, ...]
    confidence: Confidence = Confidence.CERTAIN
    others: tuple[tuple[Element, ...], ...] = ()
    instead: Rival | None = None


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, and why.

    `causes` together explain every difference, if they can be explained; most often it is one.
    Each of `alternatives` explains as much as the cause of the same stage does, but is less likely.
    `is_of_nothing`: no live trade was sent, so that empty totals are right. `held_up` says what has not
    arrived, in words; where totals are right all the same, they may not stay so.
    """

    cells: tuple[Difference, ...]
    causes: tuple[Cause, ...]
    summary: str
    alternatives: tuple[Cause, ...] = ()
    is_of_nothing: bool = False
    held_up: str = ""

    @property
    def exact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.cells and not self.causes

    def with_trouble(self, trouble: str) -> "Diagnosis":
        """Return the same with word of functions that fail, where something is said to be on its way."""
        causes, summary = [], self.summary
        for each in self.causes:
            told = each.sentence
            if trouble and each.kind is CauseKind.IN_FLIGHT:
                told = f"{told.replace(WAIT, '.')} Waiting helps only once this is mended: {trouble}"
            summary = summary.replace(each.sentence, told)
            causes.append(replace(each, sentence=told))
        return replace(self, causes=tuple(causes), summary=summary)


@dataclass(frozen=True)
class MapRecord:
    """A record of the stream that Map reads.

    In the stateful pipeline it is a change of StateTable, with the item before and after it. In the stateless
    one it is a record of the incoming stream, with its message as `new`. None is an item that was not there,
    or that counts for nothing: one of an older epoch, or no valid trade.
    """

    shard_id: str
    sequence_number: int
    new: StateRow | None
    old: StateRow | None = None


@dataclass(frozen=True)
class Evidence:
    """What else a caller could read; the more of it, the surer the cause.

    `state` and `reduce` are whole tables, `records` is everything in the stream that Map reads, and `pending`
    counts the records that no stage has finished with. None is what could not be read.
    `arrivals` gives for each shard the places (from 0) of its messages in what was sent, in the order in
    which they arrived; without it, each shard is taken to hold its messages in the order of sending.
    """

    state: Sequence[StateRow] | None = None
    reduce: Sequence[ReduceRow] | None = None
    records: Sequence[MapRecord] | None = None
    pending: int | None = None
    shards: int = 2
    arrivals: Sequence[Sequence[int]] | None = None
