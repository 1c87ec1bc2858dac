"""Why a round was not exact: a diagnosis of the pipeline's tables with the messages of the round made again.

A round is judged at most a minute after its last message. Records that were in flight then may have arrived
since, so a round may be exact by the time its cause is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshop.clock import Clock, SystemClock
from workshop.diagnosis import Diagnosis, diagnose
from workshop.diagnosis.cells import snapshot_below, truth_below
from workshop.diagnosis.evidence import gather_evidence, pending_records
from workshop.errors import NotSettledError
from workshop.game.scoreboard import Round
from workshop.pipeline.aggregates import AggregateSnapshot, take_snapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.settle import Look, quiet_of, watch
from workshop.pipeline.truth import Truth

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud
    from workshop.pipeline.target import Target

__all__ = ["RoundCause", "find_cause"]

LOOK_SECONDS = 1.0
UNCHANGED_SECONDS = 10.0
PATIENCE_SECONDS = 60.0
ARRIVED = "still in flight when it was judged; it is exact by now"

TOO_SLOW = (
    "If nothing holds the pipeline up, it is too slow for so many messages a minute: "
    "play smaller rounds with `--messages`."
)


@dataclass(frozen=True)
class RoundCause:
    """What made a round inexact: the diagnosis, in a few words and in full."""

    run_id: str
    diagnosis: Diagnosis

    @property
    def headline(self) -> str:
        """The most likely cause and its confidence."""
        if self.diagnosis.exact:
            return ARRIVED
        if not self.diagnosis.causes:
            return "unknown"
        cause = self.diagnosis.causes[0]
        return f"{cause.kind.value} ({cause.confidence.value})"

    @property
    def text(self) -> str:
        """The diagnosis in full."""
        return (
            f"Everything has arrived by now. {TOO_SLOW}" if self.diagnosis.exact else self.diagnosis.summary
        )


def find_cause(cloud: Cloud, target: Target, judged: Round, *, clock: Clock | None = None) -> RoundCause:
    """Return why the totals of a round are wrong, by all tables of the pipeline that it was played against.

    Blocks until the round is at rest, at most a minute, since tables that change while they are read fit no
    cause.

    Raises:
        NotSettledError: the totals change too fast to be read.
    """
    clock, sent = clock or SystemClock(), judged.sent()
    within = judged.run_id if judged.is_apart else None
    truth = truth_below(target.truth_of(sent), within)
    found = _totals_at_rest(cloud, target, within, truth, clock)
    if found.seen is None:
        raise NotSettledError(
            f"the totals of round {judged.run_id} change too fast to be read; try again later"
        )
    if compare(found.seen, truth).exact:
        return RoundCause(judged.run_id, Diagnosis((), (), ""))
    pending = pending_records(cloud, target.outputs)
    diagnosis = diagnose(
        sent,
        found.seen,
        pipeline=target.pipeline,
        evidence=gather_evidence(cloud, target.outputs, sent, pending=pending, is_certain=found.is_at_rest),
        order=target.order,
        within=within,
    )
    return RoundCause(judged.run_id, diagnosis)


def _totals_at_rest(
    cloud: Cloud, target: Target, within: str | None, truth: Truth, clock: Clock
) -> Look[AggregateSnapshot]:
    """Return the round's totals once they are exact, or once nothing moves in the pipeline."""

    def look() -> AggregateSnapshot:
        client, table = cloud.client("dynamodb"), target.outputs["AggregateTableName"]
        snapshot = snapshot_below(take_snapshot(client, table, clock=clock), within)
        if within is None:
            return snapshot
        # Without what other rounds change, such as the latency.
        return AggregateSnapshot(totals=snapshot.totals, trades=snapshot.trades)

    return watch(
        look,
        quiet_of(cloud, target.outputs, clock=clock),
        clock=clock,
        unchanged_seconds=lambda totals, _: 0.0 if compare(totals, truth).exact else UNCHANGED_SECONDS,
        timeout_seconds=PATIENCE_SECONDS,
        poll_seconds=LOOK_SECONDS,
    )
