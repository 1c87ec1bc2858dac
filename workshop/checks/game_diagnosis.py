"""Why a round was not exact: its messages made again, the tables read as they are now, and a cause named.

The verdict was spoken at most a minute after the last message. By the time somebody asks, what was on its way
then may have arrived: a round that is exact by now was still in flight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshop.checks.diagnosis import Diagnosis, Evidence, diagnose
from workshop.checks.diagnosis.cells import snapshot_below, truth_below
from workshop.checks.game import Round
from workshop.pipeline.aggregates import take_snapshot
from workshop.pipeline.comparison import compare
from workshop.pipeline.tables import read_reduce_table, read_trades

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud
    from workshop.pipeline.target import Target

__all__ = ["Finding", "find_cause"]

ARRIVED = "still in flight when it was judged; it is exact by now"


@dataclass(frozen=True)
class Finding:
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
        return f"{ARRIVED}." if self.diagnosis.exact else self.diagnosis.summary


def find_cause(cloud: Cloud, target: Target, judged: Round) -> Finding:
    """Say why the totals of a round are wrong, from all tables of the pipeline that it was played against.

    Raises:
        NotSettledError: the totals change too fast to be read.
    """
    client, outputs, sent = cloud.client("dynamodb"), target.outputs, judged.sent()
    truth = truth_below(target.truth_of(sent), judged.run_id)
    snapshot = take_snapshot(client, outputs["AggregateTableName"])
    if compare(snapshot_below(snapshot, judged.run_id), truth).exact:
        return Finding(judged.run_id, Diagnosis((), (), ""))
    stream = cloud.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    evidence = Evidence(
        state=read_trades(client, outputs["StateTableName"], (message.trade_id for message in sent)),
        reduce=read_reduce_table(client, outputs["ReduceTableName"]),
        pending=_pending(cloud, target),
        shards=stream["StreamDescriptionSummary"]["OpenShardCount"],
    )
    diagnosis = diagnose(
        sent,
        take_snapshot(client, outputs["AggregateTableName"]),
        pipeline=target.pipeline,
        evidence=evidence,
        order=target.order,
        within=judged.run_id,
    )
    return Finding(judged.run_id, diagnosis)


def _pending(cloud: Cloud, target: Target) -> int | None:
    """Return how many records no stage has finished with; AWS does not tell."""
    if cloud.offline is None:
        return None
    functions = {name for key, name in target.outputs.items() if key.endswith("LambdaName")}
    return sum(
        int(shard.get("pending", 0))
        for mapping in cloud.offline.runtime()["mappings"]
        if mapping["function"].rpartition(":")[2] in functions
        for shard in mapping["shards"]
    )
