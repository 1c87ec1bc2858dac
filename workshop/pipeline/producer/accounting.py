"""What became of a run's messages: accepted by the stream, refused, or given up because nobody answered."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from workshop.pipeline.messages import Message, PlannedMessage
from workshop.pipeline.producer.put_calls import Outgoing

__all__ = ["Account", "ProduceResult", "RefusedMessage", "SendProgress"]


@dataclass(frozen=True)
class SendProgress:
    """How far a run is; `resent` counts how often an entry was sent once more."""

    accepted: int
    refused: int
    resent: int
    total: int


@dataclass(frozen=True)
class RefusedMessage:
    """An entry that the stream did not accept, and the last reason for it."""

    entry: PlannedMessage
    reason: str


@dataclass(frozen=True)
class ProduceResult:
    """What became of every entry, both parts in the order of the plan; `example` was sent first.

    `outage` says that nobody answered any more, and what to do; it is empty if all was answered. Of the
    refused, `unheard` may have arrived: the answer to the call with them was lost.
    """

    accepted: tuple[PlannedMessage, ...]
    refused: tuple[RefusedMessage, ...]
    resent: int
    seconds: float
    example: bytes | None
    outage: str = ""
    unheard: int = 0

    @property
    def shortfall(self) -> str:
        """What kept messages from being accepted, and of how many; nothing if all were."""
        missing = len(self.refused)
        if not missing or not self.outage:
            return f"{missing:,} messages were refused" if missing else ""
        total = len(self.accepted) + missing
        told = f"{self.outage}. {len(self.accepted):,} of {total:,} messages were accepted before that"
        if self.unheard:
            told += f", {self.unheard:,} may have arrived, since the answer to them was lost,"
        return f"{told} and {missing - self.unheard:,} were not sent"

    @property
    def messages(self) -> Iterator[Message]:
        """The accepted messages, for the truth."""
        return (entry.message for entry in self.accepted)

    @property
    def messages_per_second(self) -> float:
        """The speed at which messages were accepted."""
        return len(self.accepted) / self.seconds if self.seconds > 0 else 0.0


class Account:
    """Keeps what became of each entry. Thread-safe."""

    def __init__(self, total: int, on_progress: Callable[[SendProgress], None] | None) -> None:
        self._total = total
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._accepted: set[int] = set()
        self._refused: dict[int, str] = {}
        self._unheard: set[int] = set()
        self._outage = ""
        self._resent = 0
        self._example: bytes | None = None

    def accept(self, records: Sequence[Outgoing], *, again: int) -> None:
        """Note accepted records, and how many messages of their call are sent again."""
        with self._lock:
            self._accepted.update(_places(records))
            if records and self._example is None:
                self._example = records[0].data.partition(b"\n")[0]
            self._resent += again
            self._report()

    def refuse(self, record: Outgoing, reason: str) -> None:
        """Note that a record was given up."""
        with self._lock:
            self._refused.update(dict.fromkeys(record.places, reason))
            self._report()

    def lose(self, records: Sequence[Outgoing]) -> None:
        """Note that records may have been stored, although nobody said so."""
        with self._lock:
            self._unheard.update(_places(records))

    def give_up(self, error: Exception) -> None:
        """Note why nobody is expected to answer any more."""
        with self._lock:
            self._outage = str(error)

    def result(self, entries: Sequence[PlannedMessage], seconds: float) -> ProduceResult:
        """Account for every entry."""
        accepted, refused = [], []
        for place, entry in enumerate(entries):
            if place in self._accepted:
                accepted.append(entry)
            else:
                refused.append(
                    RefusedMessage(entry, self._refused.get(place, "not sent: the run ended early"))
                )
        return ProduceResult(
            tuple(accepted),
            tuple(refused),
            self._resent,
            seconds,
            self._example,
            self._outage,
            len(self._unheard - self._accepted),
        )

    def _report(self) -> None:
        if self._on_progress:
            progress = SendProgress(len(self._accepted), len(self._refused), self._resent, self._total)
            self._on_progress(progress)


def _places(records: Sequence[Outgoing]) -> Iterator[int]:
    return (place for record in records for place in record.places)
