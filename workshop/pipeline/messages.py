"""A reproducible plan of the risk messages that a producer sends.

A seed and a few percentages determine every message and their order: new trades, newer versions of them,
versions that overtake each other, and messages sent twice. The plan leaves open when a message is sent, and
so its timestamp. This module uses the standard library only, because the generator function's bundle
contains it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from json.encoder import encode_basestring_ascii as quoted
from random import Random

__all__ = ["DEFAULT_LEVELS", "Message", "MessagePlan", "PlanOptions", "PlannedMessage", "make_plan"]

# The levels in the order in which they are rolled up, each with the names that occur there.
DEFAULT_LEVELS: Mapping[str, tuple[str, ...]] = {
    "RiskType": ("PV", "Delta"),
    "TradeDesk": ("FXSpot", "FXOptions"),
    "Region": ("EMEA", "APAC", "AMER"),
}
LARGEST_VALUE_CENTS = 10_000_000
# A late duplicate follows its original after at least as many messages as one PutRecords call holds.
LATE_AFTER = 500
NEARBY_TRADES = 100
MAX_RUN_ID_LENGTH = 36
UUID_BITS = 128
# The bits of a UUID that tell its version and its variant, and what they are in a random one.
VERSION_BITS, VERSION_4 = 0xF000 << 64 | 0xC000 << 48, 0x4000 << 64 | 0x8000 << 48


@dataclass(frozen=True)
class Message:
    """One version of one trade's risk, in the words of Python; `wire` gives the words of the stream."""

    trade_id: str
    value: Decimal
    version: int
    hierarchy: Mapping[str, str]
    cancelled: bool = False
    run_id: str | None = None

    def wire(self, timestamp: float, *, wrapped: bool = False) -> bytes:
        """Return the JSON object that goes into the stream, the value digit for digit as it is.

        Shape: `{"TradeID": …, "Value": 34624.50, "Version": 1, "Timestamp": …, "Hierarchy": {…}}`;
        with `wrapped` inside `{"RiskMessage": …}`.
        """
        names = ", ".join(f"{quoted(level)}: {quoted(name)}" for level, name in self.hierarchy.items())
        parts = [
            f'"TradeID": {quoted(self.trade_id)}',
            # JSON's writer knows no Decimal, and a float would not keep 34624.50 as it is.
            f'"Value": {self.value:f}',
            f'"Version": {self.version}',
            f'"Timestamp": {timestamp:.6f}',
            f'"Hierarchy": {{{names}}}',
        ]
        if self.cancelled:
            parts.append('"Cancelled": true')
        if self.run_id is not None:
            parts.append(f'"RunID": {quoted(self.run_id)}')
        text = "{" + ", ".join(parts) + "}"
        return (f'{{"RiskMessage": {text}}}' if wrapped else text).encode()


@dataclass(frozen=True)
class PlannedMessage:
    """A message at its place in the plan.

    A duplicate has the `number` of its original, and is sent with the same bytes. `late` asks for another
    PutRecords call than the original's.
    """

    number: int
    message: Message
    late: bool = False
    wrapped: bool = False


@dataclass(frozen=True)
class PlanOptions:
    """What a plan is made from; equal options give equal plans.

    Units: `messages` counts everything that is sent, duplicates included; `duplicates` and `modify` are
    percentages of it. `out_of_order` and `cancel` are percentages of the modifications.
    """

    messages: int = 10_000
    seed: int = 1
    duplicates: float = 0.0
    modify: float = 0.0
    out_of_order: float = 0.0
    cancel: float = 0.0
    run_id: str | None = None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_LEVELS)

    def __post_init__(self) -> None:
        if self.messages < 1:
            raise ValueError(f"a plan holds at least one message, not {self.messages}")
        for name in ("duplicates", "modify", "out_of_order", "cancel"):
            if not 0 <= (percent := getattr(self, name)) <= 100:
                raise ValueError(f"`{name}` is a percentage from 0 to 100, not {percent}")
        if self.run_id is not None and not 0 < len(self.run_id) <= MAX_RUN_ID_LENGTH:
            raise ValueError(f"a run id has 1 to {MAX_RUN_ID_LENGTH} characters, not {len(self.run_id)}")
        if self.duplicate_count + self.modification_count >= self.messages:
            raise ValueError(
                f"{self.duplicates} % duplicates and {self.modify} % modifications leave no room for "
                f"a first version among {self.messages} messages"
            )

    @property
    def duplicate_count(self) -> int:
        """How many of the messages repeat an earlier one."""
        return round(self.messages * self.duplicates / 100)

    @property
    def modification_count(self) -> int:
        """How many of the messages change a trade that was there before."""
        return round(self.messages * self.modify / 100)


@dataclass(frozen=True)
class MessagePlan:
    """The messages in the order in which they are to be sent."""

    options: PlanOptions
    entries: tuple[PlannedMessage, ...]

    @property
    def messages(self) -> Iterator[Message]:
        """The bare messages, duplicates included."""
        return (entry.message for entry in self.entries)


def make_plan(options: PlanOptions) -> MessagePlan:
    """Return the one plan that belongs to these options."""
    random = Random(options.seed)
    originals = _originals(options, random)
    return MessagePlan(options, tuple(_with_duplicates(originals, options.duplicate_count, random)))


def _originals(options: PlanOptions, random: Random) -> list[Message]:
    trades = _slots_of_trades(options, random)
    stories = [_story(len(slots), options, random) for slots in trades]
    overtaking = _overtaking(stories, options, random)
    placed: dict[int, Message] = {}
    for trade, slots in enumerate(trades):
        versions = _let_overtake(stories[trade], overtaking.get(trade, set()))
        placed.update(zip(slots, versions, strict=True))
    return [placed[slot] for slot in sorted(placed)]


def _slots_of_trades(options: PlanOptions, random: Random) -> list[list[int]]:
    """Deal the places of the plan to trades: one list of places for each trade, in the order of versions."""
    count = options.messages - options.duplicate_count
    modifying = set(random.sample(range(1, count), options.modification_count))
    trades: list[list[int]] = []
    for slot in range(count):
        if slot in modifying:
            # One half changes a trade that was just sent, so that two versions meet in one batch.
            oldest = max(0, len(trades) - NEARBY_TRADES) if random.random() < 0.5 else 0
            trades[random.randrange(oldest, len(trades))].append(slot)
        else:
            trades.append([slot])
    return trades


def _story(versions: int, options: PlanOptions, random: Random) -> list[Message]:
    """Return the versions of one trade as its desk made them: the first, then each change."""
    trade_id = _uuid(random.getrandbits(UUID_BITS))
    place = _place(options.levels, random)
    story = [Message(trade_id, _value(random), 1, place, run_id=options.run_id)]
    for version in range(2, versions + 1):
        if random.random() * 100 < options.cancel:
            changed = replace(story[-1], version=version, value=Decimal("0.00"), cancelled=True)
        else:
            if random.random() < 0.3:
                place = _place(options.levels, random)
            changed = replace(
                story[-1], version=version, value=_value(random), hierarchy=place, cancelled=False
            )
        story.append(changed)
    return story


def _uuid(bits: int) -> str:
    """Return `str(uuid.UUID(int=bits, version=4))`, which takes four times as long."""
    digits = f"{bits & ~VERSION_BITS | VERSION_4:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _value(random: Random) -> Decimal:
    return Decimal(random.randint(1, LARGEST_VALUE_CENTS)).scaleb(-2)


def _place(levels: Mapping[str, tuple[str, ...]], random: Random) -> dict[str, str]:
    return {level: random.choice(names) for level, names in levels.items()}


def _overtaking(
    stories: Sequence[Sequence[Message]], options: PlanOptions, random: Random
) -> dict[int, set[int]]:
    """Choose the modifications that are sent before the version that they follow: trade -> versions."""
    modifications = [(trade, change.version) for trade, story in enumerate(stories) for change in story[1:]]
    count = round(len(modifications) * options.out_of_order / 100)
    chosen: dict[int, set[int]] = {}
    for trade, version in random.sample(modifications, count):
        chosen.setdefault(trade, set()).add(version)
    return chosen


def _let_overtake(story: list[Message], overtaking: set[int]) -> list[Message]:
    """Reverse each run of versions that overtake, so that exactly one message is late for each of them."""
    ordered: list[Message] = []
    run: list[Message] = []
    for message in story:
        if message.version not in overtaking:
            ordered += reversed(run)
            run = []
        run.append(message)
    return ordered + run[::-1]


def _with_duplicates(originals: Sequence[Message], count: int, random: Random) -> Iterator[PlannedMessage]:
    """Yield the originals with `count` duplicates, one half right behind and one half late."""
    behind: dict[int, list[PlannedMessage]] = {}
    last = len(originals) - 1
    for _ in range(count):
        number = random.randrange(len(originals))
        late = random.random() < 0.5
        after = min(last, number + random.randint(LATE_AFTER, 4 * LATE_AFTER)) if late else number
        behind.setdefault(after, []).append(PlannedMessage(number, originals[number], late=late))
    for number, message in enumerate(originals):
        yield PlannedMessage(number, message)
        yield from sorted(behind.get(number, ()), key=lambda duplicate: duplicate.late)
