"""The producer: sends planned messages into the stream, from several threads at a chosen rate.

The result accounts for every entry: accepted by the stream, or refused and why. Only the refused entries of
a PutRecords call are sent again, with a growing pause, at most `ATTEMPTS` times.

Order: one thread sends all messages of a trade, and finishes a call before it makes the next; `put_calls` and
`packing` keep a partly refused call from swapping two versions. An entry may still be stored twice, when the
answer to a call is lost: Kinesis has no idempotent put. The stateful pipeline tolerates that; the stateless
one counts it twice.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol, Self

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from workshop.clock import Clock, SystemClock, stopwatch
from workshop.cloud.sign_in import refusal_advice
from workshop.errors import CloudNotRunningError, ConfigurationError
from workshop.pipeline.messages import PlannedMessage
from workshop.pipeline.producer.accounting import Account, ProduceResult, SendProgress
from workshop.pipeline.producer.pacing import TokenBucket
from workshop.pipeline.producer.packing import Packing, Wired, bucket_of, packed, packing_of
from workshop.pipeline.producer.put_calls import CALL_RECORDS, Outgoing, Placed, calls_of, parts_of

__all__ = ["KinesisPutter", "ProduceResult", "ProducerOptions", "SendProgress", "produce"]

ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0
# At a chosen rate a message waits no longer than this for others to share its record.
PACKING_SECONDS = 0.25
# An answer names the shard that took a record, or was too busy for it ("Rate exceeded for shard shardId-…").
SHARD = re.compile(r"shardId-\w+")
# Answers to a whole call after which the same call may succeed a little later.
TRANSIENT_ERRORS = {
    "InternalFailure",
    "KMSThrottlingException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestTimeout",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
}


class KinesisPutter(Protocol):
    """The one call that the producer makes; a boto3 Kinesis client has it."""

    def put_records(self, *, Records: Any, StreamName: str) -> Any: ...  # noqa: N803, D102 - as in boto3


@dataclass(frozen=True)
class ProducerOptions:
    """How to send: with how many threads, and how many messages a second (None: as fast as it goes).

    `packing` says how many messages share a record; None is one message a record.

    Raises:
        ConfigurationError: with these numbers nothing would be sent.
    """

    threads: int = 4
    rate: float | None = None
    packing: Packing | None = None

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ConfigurationError(f"{self.threads} threads send nothing; choose 1 or more")
        if self.rate is not None and not self.rate > 0:  # not a number is neither
            raise ConfigurationError(f"a rate of {self.rate} sends nothing; `--rate` must be more than 0")

    @classmethod
    def of(cls, threads: int, rate: float | None, pack: int | str) -> Self:
        """Return options with so many messages in a record, or with `auto`; see `packing_of`."""
        return cls(threads, rate, packing_of(str(pack)))

    @property
    def records_per_call(self) -> int:
        """A full call, or at a slow rate what is due in a tenth of a second, so that messages flow evenly."""
        if self.rate is None:
            return CALL_RECORDS
        return max(1, min(CALL_RECORDS, round(self.rate / self.threads / 10)))

    def messages_per_window(self, packing: Packing) -> int:
        """How many messages a thread packs at once."""
        most = packing.window // self.threads
        due = most if self.rate is None else round(self.rate / self.threads * PACKING_SECONDS)
        return max(1, min(most, due))


class _Sender:
    """Makes the calls of one run. Its threads share nothing but the account, the pace and the stop."""

    def __init__(
        self, client: KinesisPutter, stream_name: str, *, options: ProducerOptions, clock: Clock
    ) -> None:
        self.stopping = threading.Event()
        self._client = client
        self._stream_name = stream_name
        self._options = options
        self._clock = clock
        self._pace = TokenBucket(options.rate, clock) if options.rate else None
        self._jitter = Random()
        self._shards: set[str] = set()

    def send_share(self, share: Sequence[Placed], account: Account) -> None:
        """Send one thread's entries, call by call."""
        refused_by: dict[str, str] = {}
        for call in self._calls(share):
            for part in parts_of(call, account.refuse):
                if self.stopping.is_set():
                    return
                self._send(part, account, refused_by)

    def _calls(self, share: Sequence[Placed]) -> Iterator[list[Outgoing]]:
        times = Counter(entry.number for _, entry in share)
        repeated: dict[int, bytes] = {}
        packing = self._options.packing
        if packing is None:
            portions = calls_of(share, self._options.records_per_call)
        else:
            size = self._options.messages_per_window(packing)
            portions = (list(share[start : start + size]) for start in range(0, len(share), size))
        for portion in portions:
            if self._pace:
                self._pace.take(len(portion))
            wired = self._wired(portion, times, repeated)
            if packing is None:
                yield [Outgoing((place,), entry.message.trade_id, data) for place, entry, data in wired]
            else:
                yield from packed(wired, packing)

    def _wired(
        self, portion: Sequence[Placed], times: Mapping[int, int], repeated: dict[int, bytes]
    ) -> Iterator[Wired]:
        """Yield each entry with its bytes, dated now."""
        now = self._clock.now()
        for place, entry in portion:
            # A duplicate is what a producer sends that did not hear the answer: the same bytes again.
            data = repeated.get(entry.number) or entry.message.wire(now, wrapped=entry.wrapped)
            if times[entry.number] > 1:
                repeated[entry.number] = data
            yield place, entry, data

    def _send(self, records: list[Outgoing], account: Account, refused_by: dict[str, str]) -> None:
        """Put the records, and put again what was refused, until all are accepted or attempts run out.

        `refused_by` has the partition keys of the calls before, back to the last that got anything through,
        each with the shard that refused it, or with itself if none was named.
        """
        refused_by.update((record.key, record.key) for record in records)
        for attempt in range(1, ATTEMPTS + 1):
            reasons, silence = self._put(records, account)
            accepted = [record for record, reason in zip(records, reasons, strict=True) if not reason]
            refused = [(record, reason) for record, reason in zip(records, reasons, strict=True) if reason]
            is_gone = isinstance(silence, CloudNotRunningError)
            last = attempt == ATTEMPTS or is_gone or self.stopping.is_set()
            again = 0 if last else sum(len(record.places) for record, _ in refused)
            account.accept(accepted, again=again)
            if accepted:
                refused_by.clear()
            _note_shards(refused, refused_by)
            if is_gone or (last and refused_by and (silence or self._is_hopeless(refused_by))):
                self.stopping.set()
                if silence:
                    account.give_up(silence)
            for record, reason in refused if last else ():
                account.refuse(record, reason)
            if last or not refused:
                return
            pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            self._clock.sleep(pause * self._jitter.uniform(0.5, 1.0))
            records = [record for record, _ in refused]

    def _is_hopeless(self, refused_by: Mapping[str, str]) -> bool:
        """Whether the other calls will not be accepted either, since nothing was for so long.

        A key or a shard that is throttled alone says nothing about the others, if there are any.
        """
        places = set(refused_by.values())
        return len(refused_by) > 1 and (len(places) > 1 or places >= self._shards)

    def _put(
        self, records: list[Outgoing], account: Account
    ) -> tuple[Sequence[str | None], Exception | None]:
        """Make one call; return for each record why it was refused, or None, and what came for an answer."""
        try:
            answer = self._client.put_records(
                Records=[record.request_entry for record in records], StreamName=self._stream_name
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in TRANSIENT_ERRORS:
                # Nothing that follows would fare better: no such stream, no permission, a malformed call.
                self.stopping.set()
            told = "; ".join(filter(None, [str(error), refusal_advice(error)]))
            return [told] * len(records), None
        except (BotoCoreError, CloudNotRunningError) as error:
            # No answer: the records may be stored or not. Sending them again is the only way not to lose one.
            if getattr(error, "may_have_arrived", not isinstance(error, EndpointConnectionError)):
                account.lose(records)
            return [str(error)] * len(records), error
        self._shards.update(entry["ShardId"] for entry in answer["Records"] if entry.get("ShardId"))
        return [
            f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}" if entry.get("ErrorCode") else None
            for entry in answer["Records"]
        ], None


def _note_shards(refused: Sequence[tuple[Outgoing, str]], refused_by: dict[str, str]) -> None:
    for record, reason in refused:
        if record.key in refused_by and (shard := SHARD.search(reason)):
            refused_by[record.key] = shard[0]


def produce(
    client: KinesisPutter,
    stream_name: str,
    entries: Sequence[PlannedMessage],
    *,
    options: ProducerOptions = ProducerOptions(),
    clock: Clock | None = None,
    on_progress: Callable[[SendProgress], None] | None = None,
) -> ProduceResult:
    """Send all entries and return when each was accepted or given up; nothing is dropped silently.

    `on_progress` is called after each call to the stream, by one thread at a time. Ctrl-C ends the run after
    the calls that are under way; the result then accounts for what was not sent as well.
    """
    account = Account(len(entries), on_progress)
    sender = _Sender(client, stream_name, options=options, clock=clock or SystemClock())
    shares: list[list[Placed]] = [[] for _ in range(options.threads)]
    for place, entry in enumerate(entries):
        # All messages of a bucket, and so of a trade, are one thread's.
        shares[bucket_of(entry.message.trade_id) % options.threads].append((place, entry))
    started = stopwatch()
    with ThreadPoolExecutor(options.threads, thread_name_prefix="producer") as pool:
        futures = [pool.submit(sender.send_share, share, account) for share in shares if share]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            sender.stopping.set()
        except BaseException:
            sender.stopping.set()
            raise
    return account.result(entries, stopwatch() - started)
