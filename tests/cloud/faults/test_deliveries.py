"""Batches that come again in other company, split or late, because the plan says so."""

from workshop.cloud.fault_plan import FaultPlan
from workshop.cloud.offline.faults.delivery import DELAY_SECONDS, redelivery
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.runtime.arns import FunctionReference, SourceReference
from workshop.cloud.offline.runtime.event_sources.batch_slots import Batch, BatchSlot
from workshop.cloud.offline.runtime.event_sources.events import SourceRecord
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import (
    Advance,
    Bisect,
    Condition,
    Decision,
    Discard,
    Regroup,
    Retry,
    Wait,
)

MAPPING = Mapping(
    uuid="uuid",
    region="us-east-1",
    account_id="123456789012",
    source=SourceReference.parse("arn:aws:kinesis:us-east-1:123456789012:stream/incoming"),
    function=FunctionReference("MapLambda"),
    batch_size=10,
)


def records(*positions: int) -> tuple[SourceRecord, ...]:
    return tuple(SourceRecord("shard", position, "key", 0.0, b"{}") for position in positions)


def decided(plan: FaultPlan, decision: Decision, *positions: int) -> Decision:
    return redelivery(FaultDice(plan), decision, Batch(records(*positions)), stage="map", now=100.0)


def slot_with(*positions: int) -> BatchSlot:
    slot = BatchSlot("shard", gathering_since=0.0)
    slot.waiting.extend(records(*positions))
    return slot


def next_batch(slot: BatchSlot, now: float) -> tuple[int, ...]:
    slot.form_batch(MAPPING, now)
    return slot.current.positions if slot.current else ()


def test_without_faults_the_decision_stands() -> None:
    """Where the plan names no re-delivery, the mapping's own decision is carried out."""
    for decision in (Advance(), Retry(0, 1, 101.0), Bisect(1)):
        assert decided(FaultPlan(), decision, 1, 2) is decision


def test_a_delayed_batch_comes_after_tokens_are_forgotten() -> None:
    """A delayed batch comes again as it was, more than ten minutes later, though it may have succeeded."""
    decision = decided(FaultPlan(strikes=("delayed@map#1",)), Advance(), 1, 2)

    assert decision == Retry(0, attempts=0, at=100.0 + DELAY_SECONDS)
    assert DELAY_SECONDS > 600


def test_a_bisected_batch_comes_in_halves() -> None:
    """A bisected batch comes again as two, though its mapping does not bisect."""
    assert decided(FaultPlan(strikes=("bisected@map#1",)), Advance(), 1, 2, 3) == Bisect(1)


def test_a_single_record_cannot_be_split() -> None:
    """A batch of one record is no opportunity for a bisection."""
    assert decided(FaultPlan(rates={"bisected": 1.0}), Advance(), 1) == Advance()


def test_regrouping_is_shorter_longer_or_earlier() -> None:
    """Over many seeds a regrouped batch is shorter, as long as possible, or begins with earlier records."""
    plans = [FaultPlan(seed=seed, strikes=("re_batched@map#1",)) for seed in range(40)]
    found = [decided(plan, Advance(), 1, 2, 3) for plan in plans]

    assert all(isinstance(each, Regroup) for each in found)
    assert {each.earlier for each in found if isinstance(each, Regroup)} == {0, 1, 2, 3}
    sizes = {each.size - each.earlier for each in found if isinstance(each, Regroup) and each.size}
    assert sizes == {1, 2}
    assert any(each.size is None for each in found if isinstance(each, Regroup))


def test_what_was_not_sent_or_is_given_up_stays_so() -> None:
    """A batch that did not reach the function, or is discarded, is no opportunity."""
    plan = FaultPlan(rates={"re_batched": 1.0, "delayed": 1.0})
    for decision in (Wait(101.0), Discard(0, Condition.RETRY_ATTEMPTS_EXHAUSTED)):
        assert decided(plan, decision, 1, 2) is decision


def test_a_regrouped_slot_sends_a_shorter_batch() -> None:
    """After regrouping with a size, the next batch holds so many records and the rest follows."""
    slot = slot_with(1, 2, 3)
    assert next_batch(slot, 0.0) == (1, 2, 3)

    slot.apply(Regroup(earlier=0, size=2, at=5.0), state=None, now=0.0)

    assert next_batch(slot, 4.9) == ()
    assert next_batch(slot, 5.0) == (1, 2)
    slot.apply(Advance(), state=None, now=5.0)
    assert next_batch(slot, 5.0) == (3,)


def test_a_regrouped_slot_sends_a_longer_batch() -> None:
    """Records that have come meanwhile join the records that come again."""
    slot = slot_with(1, 2)
    next_batch(slot, 0.0)

    slot.apply(Regroup(earlier=0, size=None, at=5.0), state=None, now=0.0)
    slot.waiting.extend(records(3, 4))

    assert next_batch(slot, 5.0) == (1, 2, 3, 4)


def test_a_regrouped_slot_goes_back() -> None:
    """Records of the batch before, which were done, can come again with this one."""
    slot = slot_with(1, 2, 3)
    next_batch(slot, 0.0)
    slot.apply(Advance(), state=None, now=0.0)
    slot.waiting.extend(records(4, 5))
    next_batch(slot, 0.0)

    slot.apply(Regroup(earlier=2, size=3, at=0.0), state=None, now=0.0)

    assert next_batch(slot, 1.0) == (2, 3, 4)


def test_halves_are_regrouped_together() -> None:
    """Regrouping one half of a split batch lets both halves wait again, in order."""
    slot = slot_with(1, 2, 3, 4)
    next_batch(slot, 0.0)
    slot.apply(Bisect(2), state=None, now=0.0)

    slot.apply(Regroup(earlier=0, size=None, at=0.0), state=None, now=0.0)

    assert next_batch(slot, 1.0) == (1, 2, 3, 4)
    assert slot.unfinished_count == 4
