"""Why a round was not exact: its messages made again, the tables read as they are now, and a cause named.

The verdict was spoken at most a minute after the last message. By the time somebody asks, what was on its way
then may have arrived: a round that is exact by now was still in flight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshop.clock import Clock, SystemClock
from workshop.diagnosis import Diagnosis, diagnose
from workshop.diagnosis.cells import snapshot_below, truth_below
from workshop.diagnosis.evidence import gather_evidence, pending_records
from workshop.game.scoreboard import Round
from workshop.pipeline.aggregates import AggregateSnapshot, take_snapshot
from workshop.pipeline.comparison import compare
from workshop.pipeline.truth import Truth

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud
    from workshop.pipeline.target import Target

__all__ = ["RoundCause", "find_cause"]

LOOK_SECONDS = 1.0
QUIET_SECONDS = 10.0
PATIENCE_SECONDS = 60.0
ARRIVED = "still in flight when it was judged; it is exact by now"

TOO_SLOW = (
    "If nothing holds the pipeline up, it is too slow for so many messages a minute: "
    "play smaller rounds with `--messages`."
)


@dataclass(frozen=True)
class RoundCause:
    """What made a round inexact, in a few words and in full."""

    run_id: str
    diagnosis: Diagnosis

    @property
    def headline(self) -> str:
        """The most likely cause, and how sure it is."""
        if self.diagnosis.exact:
            return ARRIVED
        if not self.diagnosis.causes:
            return "unknown"
        cause = self.diagnosis.causes[0]
        return f"{cause.kind.value} ({cause.confidence.value})"

    @property
    def text(self) -> str:
        """The whole story."""
        return (
            f"Everything has arrived by now. {TOO_SLOW}" if self.diagnosis.exact else self.diagnosis.summary
        )


def find_cause(cloud: Cloud, target: Target, judged: Round, *, clock: Clock | None = None) -> RoundCause:
    """Say why the totals of a round are wrong, from all tables of the pipeline that it was played against.

    Waits until the round is at rest, at most a minute: tables that change while they are read fit no cause.

    Raises:
        NotSettledError: the totals change too fast to be read.
    """
    sent = judged.sent()
    truth = truth_below(target.truth_of(sent), judged.run_id)
    rest = _wait_for_rest(cloud, target, judged.run_id, truth, clock or SystemClock())
    if compare(rest.totals, truth).exact:
        return RoundCause(judged.run_id, Diagnosis((), (), ""))
    diagnosis = diagnose(
        sent,
        rest.totals,
        pipeline=target.pipeline,
        evidence=gather_evidence(
            cloud, target.outputs, sent, pending=rest.pending, is_certain=rest.is_certain
        ),
        order=target.order,
        within=judged.run_id,
    )
    return RoundCause(judged.run_id, diagnosis)


@dataclass(frozen=True)
class _Rest:
    """The totals of a round when nothing moved any more, or when patience was at its end."""

    totals: AggregateSnapshot
    pending: int | None
    is_certain: bool


def _wait_for_rest(cloud: Cloud, target: Target, run_id: str, truth: Truth, clock: Clock) -> _Rest:
    def look() -> AggregateSnapshot:
        client, table = cloud.client("dynamodb"), target.outputs["AggregateTableName"]
        return snapshot_below(take_snapshot(client, table, clock=clock), run_id)

    started = unchanged_since = clock.now()
    totals = look()
    while True:
        if compare(totals, truth).exact:
            return _Rest(totals, 0, is_certain=True)
        clock.sleep(LOOK_SECONDS)
        pending, latest = pending_records(cloud, target.outputs), look()
        if latest.totals != totals.totals or latest.trades != totals.trades:
            totals, unchanged_since = latest, clock.now()
        elif pending == 0 or clock.now() - unchanged_since >= QUIET_SECONDS:
            return _Rest(totals, pending, is_certain=True)
        if clock.now() - started >= PATIENCE_SECONDS:
            return _Rest(totals, pending, is_certain=False)
