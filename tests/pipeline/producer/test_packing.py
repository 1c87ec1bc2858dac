"""Many messages in a record: each arrives once, in its trade's order, in records that are not too large."""

import json
from collections import defaultdict
from decimal import Decimal
from random import Random

import pytest

from tests.pipeline.producer.misbehaving import MisbehavingStream
from workshop.clock import ManualClock
from workshop.errors import ConfigurationError
from workshop.pipeline.messages import Message, PlannedMessage, PlanOptions, make_plan
from workshop.pipeline.producer.packing import BUCKETS, Packing, bucket_of, key_of, packing_of
from workshop.pipeline.producer.producer import ProducerOptions, produce

PLAN = make_plan(PlanOptions(messages=3_000, duplicates=12.5, modify=10, out_of_order=50))


def packed(stream: MisbehavingStream, packing: Packing | None, **more) -> object:
    options = ProducerOptions(packing=packing, **more)
    return produce(stream, "s", PLAN.entries, options=options, clock=ManualClock())


def lines(record) -> list[dict]:
    return [json.loads(line) for line in record["Data"].split(b"\n")]


def versions_in(records) -> dict[str, list[int]]:
    versions = defaultdict(list)
    for record in records:
        for message in lines(record):
            versions[message["TradeID"]].append(message["Version"])
    return versions


@pytest.mark.parametrize("pack", ["2", "7", "100", "auto"])
@pytest.mark.parametrize("threads", [1, 3])
def test_trades_keep_their_order_when_records_are_refused(pack: str, threads: int) -> None:
    """Each message arrives once in the planned order of its trade, under its bucket, whatever was refused."""
    random = Random(7)
    stream = MisbehavingStream(lambda *_: "InternalFailure" if random.random() < 0.3 else None)

    result = packed(stream, packing_of(pack), threads=threads)

    assert (result.accepted, result.refused) == (PLAN.entries, ())
    planned = defaultdict(list)
    for entry in PLAN.entries:
        planned[entry.message.trade_id].append(entry.message.version)
    assert versions_in(stream.stored) == planned
    assert result.resent > 0
    for record in stream.stored:
        assert {key_of(bucket_of(each["TradeID"])) for each in lines(record)} == {record["PartitionKey"]}


def test_a_bucket_that_is_throttled_for_ever_does_not_end_the_run() -> None:
    """What one bucket is refused says nothing about the others: they are sent, though its records are not."""
    hot = bucket_of(PLAN.entries[0].message.trade_id)
    stream = MisbehavingStream(
        lambda call, place: "Throttled" if stream.calls[call][place]["PartitionKey"] == key_of(hot) else None
    )

    # Three messages of the hot bucket at the beginning fill calls of their own.
    first = [entry for entry in PLAN.entries if bucket_of(entry.message.trade_id) == hot][:3]
    entries = [*first, *(entry for entry in PLAN.entries if bucket_of(entry.message.trade_id) != hot)]
    options = ProducerOptions(threads=1, packing=Packing(1))
    result = produce(stream, "s", entries, options=options, clock=ManualClock())

    assert [refused.entry for refused in result.refused] == first
    assert len(result.accepted) == len(entries) - 3


def test_a_call_holds_one_record_of_a_bucket() -> None:
    """A refused record never comes to stand behind a later one of its bucket."""
    stream = MisbehavingStream()

    packed(stream, Packing(3))

    for call in stream.calls:
        assert len({record["PartitionKey"] for record in call}) == len(call)


def test_records_keep_to_number_and_size() -> None:
    """No record holds more messages or bytes than was chosen, and most of them hold nearly that."""
    by_number, by_size = MisbehavingStream(), MisbehavingStream()

    packed(by_number, Packing(8), threads=1)
    packed(by_size, Packing(size_bytes=2_000), threads=1)

    counts = [len(lines(record)) for record in by_number.stored]
    assert max(counts) == 8
    assert sum(counts) / len(counts) > 4
    assert max(len(record["Data"]) + len(record["PartitionKey"]) for record in by_size.stored) <= 2_000


def test_a_late_duplicate_goes_into_a_later_record_and_has_the_same_bytes() -> None:
    """A duplicate right behind its original may share its record; a late one never does."""
    original = PLAN.entries[0]
    entries = [original, PlannedMessage(original.number, original.message)]
    entries.append(PlannedMessage(original.number, original.message, late=True))
    stream = MisbehavingStream()

    produce(stream, "s", entries, options=ProducerOptions(packing=Packing(10)))

    found = [record["Data"].split(b"\n") for record in stream.stored]
    assert [len(record) for record in found] == [2, 1]
    assert len({line for record in found for line in record}) == 1


def test_a_message_larger_than_a_record_should_be_goes_alone() -> None:
    """A message over the chosen size has a record of its own; one over the stream's limit is refused."""
    large, huge = (Message("large", Decimal(1), 1, {"RiskType": "x" * size}) for size in (30_000, 2_000_000))
    entries = [*PLAN.entries[:3], PlannedMessage(8_888, large), PlannedMessage(9_999, huge)]
    stream = MisbehavingStream()

    result = produce(stream, "s", entries, options=ProducerOptions(packing=packing_of("auto")))

    assert [refusal.entry.message for refusal in result.refused] == [huge]
    assert len(result.accepted) == 4
    assert [len(lines(record)) for record in stream.stored if len(record["Data"]) > 25_000] == [1]


def test_a_rate_is_kept_and_nothing_waits_long_for_its_record() -> None:
    """At a thousand messages a second, one thread packs what is due in a quarter of a second."""
    clock = ManualClock(0)
    stream = MisbehavingStream()

    options = ProducerOptions(threads=1, rate=1_000, packing=packing_of("auto"))
    produce(stream, "s", PLAN.entries, options=options, clock=clock)

    assert clock.now() == pytest.approx(3, abs=0.3)
    assert max(sum(len(lines(record)) for record in call) for call in stream.calls) <= 250


def test_the_example_is_one_message() -> None:
    """What a run shows as its example is a single message, also when records hold many."""
    stream = MisbehavingStream()

    result = packed(stream, packing_of("auto"))

    assert json.loads(result.example)["TradeID"]


def test_buckets_are_a_fixed_property_of_a_trade() -> None:
    """Producers that share nothing agree on a trade's bucket, so that its messages share a shard."""
    assert [bucket_of(trade) for trade in ("a", "b", "🐟")] == [67, 249, 185]
    assert len({bucket_of(str(number)) for number in range(5_000)}) == BUCKETS


@pytest.mark.parametrize("wrong", ["0", "-1", "x", "", "10001", "1.5", "٣"])
def test_what_cannot_be_packed_is_refused(wrong: str) -> None:
    """Only whole numbers from 1 and `auto` say how many messages share a record."""
    with pytest.raises(ConfigurationError, match="auto"):
        packing_of(wrong)


def test_one_message_a_record_is_no_packing() -> None:
    """`--pack 1` is what happens without the option."""
    assert packing_of("1") is None
