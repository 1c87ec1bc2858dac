"""What arrives at a pipeline, and the settings under which it is worked on: what `cost` turns into a bill."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

__all__ = [
    "ARCHITECTURES",
    "EXTENDED_HOURS",
    "FREE_HOURS",
    "MEMORY_RANGE",
    "MOST_HOURS",
    "PARTITION_WRITE_UNITS",
    "Load",
    "ceiling",
    "shards_filled",
    "shards_needed",
    "table_shards",
]

ARCHITECTURES = ("arm64", "x86_64")
SHARD_RECORDS_PER_SECOND = Decimal(1_000)
SHARD_BYTES_PER_SECOND = Decimal(1_000_000)
MOST_RECORD_BYTES = 1_000_000
MOST_MESSAGES = 10_000_000
HUNDRED = Decimal(100)
# StateTable: an INSERT, or a refused one and an UPDATE; a refused write is paid as if it had written.
WRITES_OF_NEW_TRADE, WRITES_OF_STORED_TRADE = 1, 2
ITEM_UNIT_BYTES = Decimal(1_024)
# A table on demand has four partitions when it is new, each for so many write units a second, and more as it
# needs them; its stream has a shard for each.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
PARTITION_WRITE_UNITS = Decimal(1_000)
PARTITIONS_OF_NEW_TABLE = 4
# In a transaction everything costs double.
UNITS_IN_TRANSACTION = 2
FREE_HOURS, EXTENDED_HOURS, MOST_HOURS = 24, 7 * 24, 365 * 24
MEMORY_RANGE, WINDOW_RANGE = (128, 10_240), (1, 300)
# As in the templates, in MB.
MEMORY = {"State": 256, "Map": 512, "Reduce": 256}
# 5,000 messages of 250 bytes take 0.12 s of a whole processor to decode and add up (Python 3.11 on an Intel
# Xeon of 2023 at 2.3 GHz, 29 November 2026). A function has one at 1,769 MB, so 512 MB take 0.41 s; the two
# calls of DynamoDB and a slower processor make it half a second.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
STATELESS_MAP_SECONDS = Decimal("0.5")
# 100 messages take StateLambda 0.02 s of that processor, boto3 included, so 256 MB take 0.14 s. It waits for
# DynamoDB to tell the epoch and to answer four BatchExecuteStatements or more, and a processor may be slower:
# up to half a second.
STATE_SECONDS = Decimal("0.5")
# Lambda's three lines, and one of ours with its metrics: 970 to 1,080 bytes, and 26 for each line that
# CloudWatch adds.
LOG_BYTES = 1_100
# What an invocation carries, and what a record takes of it beside its data, which comes in base64.
EVENT_BYTES, EVENT_BYTES_OF_A_RECORD = 6_000_000, 520


@dataclass(frozen=True)
class Load:
    """What arrives, and the assumptions under which it is worked on.

    Units: durations are those of one invocation with a full batch, in proportion for a smaller one, and at
    least `least_seconds`. They are the same for any `memory_mb`, although more memory brings more processor,
    too; None means the memory of the templates. `shards` None takes as many as are needed; a stream on demand
    always has that many. `window_seconds` is how long a batch waits to fill. `paths` counts the totals that
    there are, the Grand Total included; a message touches that one, and one on each of the `levels` below it.

    `duplicates` and `modify` are percentages of all messages, as `workshop produce` takes them: what repeats
    an earlier message, and what changes a trade that is there. Each comes in a later batch than the message
    before it; within a batch they cost StateTable nothing.

    Raises:
        ValueError: no messages, nothing but duplicates, too few shards, or a setting that AWS does not have.
    """

    messages_per_second: Decimal = Decimal(1_000)
    message_bytes: int = 250
    messages_per_record: int = 1
    duplicates: Decimal = Decimal(0)
    modify: Decimal = Decimal(0)
    on_demand: bool = False
    shards: int | None = None
    retention_hours: int = FREE_HOURS
    architecture: str = "arm64"
    memory_mb: int | None = None
    state_batch: int = 100
    map_batch: int = 1_000
    stateless_map_batch: int = 5_000
    reduce_batch: int = 1_000
    window_seconds: int = 1
    paths: int = 19
    levels: int = 3
    state_seconds: Decimal = STATE_SECONDS
    map_seconds: Decimal = Decimal("0.3")
    stateless_map_seconds: Decimal = STATELESS_MAP_SECONDS
    reduce_seconds: Decimal = Decimal("0.3")
    least_seconds: Decimal = Decimal("0.05")
    row_bytes: int = 900
    log_bytes: int = LOG_BYTES

    def __post_init__(self) -> None:
        if not (self.messages_per_second.is_finite() and 0 < self.messages_per_second <= MOST_MESSAGES):
            raise ValueError(
                f"a load has more than 0 messages a second and at most {MOST_MESSAGES:,}, "
                f"not {self.messages_per_second}"
            )
        self._check_shares()
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"`{self.architecture}` is no architecture; choose {' or '.join(ARCHITECTURES)}")
        for told, value, (least, most) in (
            ("messages in a record", self.messages_per_record, (1, MOST_RECORD_BYTES // self.message_bytes)),
            ("hours of retention", self.retention_hours, (FREE_HOURS, MOST_HOURS)),
            ("MB of memory", self.memory("Map"), MEMORY_RANGE),
            ("seconds of a batch window", self.window_seconds, WINDOW_RANGE),
        ):
            if not least <= value <= most:
                raise ValueError(f"{told}: {least:,} to {most:,}, not {value:,}")
        if self.on_demand and self.shards is not None:
            raise ValueError("an on-demand stream has no number of shards; choose one of the two")
        if self.width < shards_needed(self):
            raise ValueError(f"this load needs {shards_needed(self)} shards, more than {self.shards}")

    def _check_shares(self) -> None:
        shares = (self.duplicates, self.modify)
        if not all(each.is_finite() and each >= 0 for each in shares) or not (
            self.duplicates < HUNDRED >= sum(shares)
        ):
            raise ValueError(
                f"{self.duplicates} % duplicates and {self.modify} % modifications are no shares of the "
                "messages; together they are at most 100 %, and duplicates alone less"
            )

    @property
    def duplicates_per_second(self) -> Decimal:
        """How many messages repeat an earlier one."""
        return self.messages_per_second * self.duplicates / HUNDRED

    @property
    def modifications_per_second(self) -> Decimal:
        """How many messages change a trade that is there."""
        return self.messages_per_second * self.modify / HUNDRED

    @property
    def record_bytes(self) -> int:
        """How large a record is."""
        return self.message_bytes * self.messages_per_record

    @property
    def records_per_second(self) -> Decimal:
        """How many records arrive."""
        return self.messages_per_second / self.messages_per_record

    @property
    def width(self) -> int:
        """How many shards the stream has."""
        return shards_needed(self) if self.shards is None else self.shards

    @property
    def state_units(self) -> Decimal:
        """How many write units of StateTable a message takes on average."""
        stored = (self.modify + self.duplicates) / HUNDRED
        return WRITES_OF_NEW_TRADE * (1 - stored) + WRITES_OF_STORED_TRADE * stored

    @property
    def share_behind_state(self) -> Decimal:
        """Which share of the messages StateLambda hands on: all but duplicates."""
        return 1 - self.duplicates / HUNDRED

    @property
    def row_units(self) -> Decimal:
        """How many write units of ReduceTable a row takes, in its transaction."""
        return UNITS_IN_TRANSACTION * ceiling(self.row_bytes / ITEM_UNIT_BYTES)

    def totals_touched(self, messages: Decimal) -> Decimal:
        """Return how many totals a commit of so many messages changes."""
        return min(Decimal(self.paths), 1 + self.levels * messages)

    def memory(self, function: str) -> int:
        """Return the memory of `State`, `Map` or `Reduce` in MB."""
        return MEMORY[function] if self.memory_mb is None else self.memory_mb

    def most_messages(self, batch: int) -> int:
        """Return how many messages a batch of so many records of the stream holds at most."""
        event = self.record_bytes * 4 // 3 + EVENT_BYTES_OF_A_RECORD
        return min(batch, max(1, EVENT_BYTES // event)) * self.messages_per_record


def shards_filled(load: Load) -> Decimal:
    """Return how many shards' worth of records comes in, by number or by size."""
    by_count = load.records_per_second / SHARD_RECORDS_PER_SECOND
    return max(by_count, load.messages_per_second * load.message_bytes / SHARD_BYTES_PER_SECOND)


def shards_needed(load: Load) -> int:
    """Return how many provisioned shards take this load, filled evenly and with nothing to spare."""
    return max(1, int(ceiling(shards_filled(load))))


def table_shards(write_units: Decimal) -> int:
    """Return how many shards the stream of an on-demand table has that takes so many write units a second."""
    return max(PARTITIONS_OF_NEW_TABLE, int(ceiling(write_units / PARTITION_WRITE_UNITS)))


def ceiling(number: Decimal) -> Decimal:
    """Return the next whole number."""
    return number.to_integral_value(ROUND_CEILING)
