"""Batches delivered again, batched with other records, or late: all of it allowed by at-least-once delivery.

Takes the ordinary decision about a batch and returns the one to carry out. Even a batch that succeeded may be
delivered again, as when its response was lost or another poller has taken over. Source:
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html.
"""

from workshop.cloud.fault_plan import FaultKind
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.runtime.event_sources.batch_slots import Batch
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import (
    Bisect,
    Decision,
    Discard,
    Regroup,
    Retry,
    Wait,
)

__all__ = ["DELAY_SECONDS", "redelivery"]

# DynamoDB forgets the token of a transaction after ten minutes.
DELAY_SECONDS = 660.0
# A batch with fewer or more records waits a little, so that some more can come.
REGROUP_SECONDS = 5.0
MAX_EARLIER = 3


def redelivery(dice: FaultDice, decision: Decision, batch: Batch, *, stage: str, now: float) -> Decision:
    """Return what happens to the batch: `decision`, or what the dice replace it with."""
    if not batch.records or isinstance(decision, Wait | Discard):
        return decision
    count = len(batch.records)
    if dice.falls(FaultKind.RE_BATCHED, stage):
        return _regroup(dice, count, stage=stage, now=now)
    if count > 1 and dice.falls(FaultKind.BISECTED, stage):
        return Bisect(count // 2)
    if dice.falls(FaultKind.DELAYED, stage):
        attempts = decision.attempts if isinstance(decision, Retry) else batch.attempts
        return Retry(0, attempts=attempts, at=now + DELAY_SECONDS)
    return decision


def _regroup(dice: FaultDice, count: int, *, stage: str, now: float) -> Regroup:
    """Return a shorter batch, one with records that were done before, or one with all that has come since."""
    earlier = dice.choose(FaultKind.RE_BATCHED, stage, MAX_EARLIER + 1)
    shorter = count > 1 and dice.choose(FaultKind.RE_BATCHED, stage, 2)
    size = earlier + 1 + dice.choose(FaultKind.RE_BATCHED, stage, count - 1) if shorter else None
    return Regroup(earlier, size, now + REGROUP_SECONDS)
