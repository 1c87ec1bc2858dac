"""A running pipeline seen from outside: how many items each table holds, and how far behind each stage is.

The offline cloud tells how many records wait before each stage. AWS tells only the iterator age of the last
batch, a minute late.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["FLOWS", "NOT_CONNECTED", "Hop", "PipelineLook", "count_items", "look_at", "look_at_hops"]

NOT_CONNECTED = "Not connected"
# The way of the data: each stage is a function, what it reads and what it writes.
FLOWS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "stateful": (
        ("StateLambda", "IncomingDataStream", "StateTable"),
        ("MapLambda", "StateTable", "ReduceTable"),
        ("ReduceLambda", "ReduceTable", "AggregateTable"),
    ),
    "stateless": (
        ("MapLambda", "IncomingDataStream", "ReduceTable"),
        ("ReduceLambda", "ReduceTable", "AggregateTable"),
    ),
}
ASIDE = ("QuarantineTable",)
RECENT = timedelta(minutes=5)
LONGEST = timedelta(hours=23)
METRIC_PERIOD_SECONDS = 60


@dataclass(frozen=True)
class Hop:
    """One stage: what its event source mapping does, and what waits before it.

    `waiting` counts records and is None where the cloud does not tell; `age_seconds` is the age of the
    oldest record on its way, `attempts` how often the batch at the head has failed. `batches` and `records`
    count what was sent, `errors` what failed, and `retries` what came again after that; each is None where
    the cloud does not tell.
    """

    function: str
    source: str
    target: str
    state: str = NOT_CONNECTED
    batch_size: int | None = None
    waiting: int | None = None
    age_seconds: float | None = None
    attempts: int = 0
    batches: int | None = None
    records: int | None = None
    errors: int | None = None
    retries: int | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a mapping, whatever its state."""
        return self.state != NOT_CONNECTED


@dataclass(frozen=True)
class PipelineLook:
    """A pipeline at one moment: its hops in the order of the data, and the items of each table."""

    pipeline: str
    hops: tuple[Hop, ...]
    items: Mapping[str, int]
    shards: int

    @property
    def is_quiet(self) -> bool:
        """Whether no connected hop has anything before it, as far as the cloud tells."""
        return not any(hop.waiting for hop in self.hops if hop.is_connected)


def look_at(cloud: Cloud, outputs: Mapping[str, str], pipeline: str) -> PipelineLook:
    """Look once; three to five quick calls for each stage."""
    hops = look_at_hops(cloud, outputs, pipeline)
    tables = [target for _, _, target in FLOWS[pipeline]] + [
        name for name in ASIDE if f"{name}Name" in outputs
    ]
    summary = cloud.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    return PipelineLook(
        pipeline,
        hops,
        {table: count_items(cloud, outputs[f"{table}Name"]) for table in tables},
        int(summary["StreamDescriptionSummary"]["OpenShardCount"]),
    )


def look_at_hops(
    cloud: Cloud, outputs: Mapping[str, str], pipeline: str, *, since: datetime | None = None
) -> tuple[Hop, ...]:
    """Return the hops alone; on AWS errors are counted since then, by default for five minutes.

    One call and one for each stage offline, three for each on AWS.
    """
    lags = _lags(cloud)
    return tuple(_hop(cloud, outputs, stage, lags, since) for stage in FLOWS[pipeline])


def _lags(cloud: Cloud) -> Mapping[str, Mapping[str, Any]] | None:
    """Return what the offline cloud's runtime tells of each mapping, by its id; None on AWS."""
    if cloud.offline is None:
        return None
    return {row["uuid"]: row for row in cloud.offline.runtime()["mappings"]}


def _hop(
    cloud: Cloud,
    outputs: Mapping[str, str],
    stage: tuple[str, str, str],
    lags: Mapping[str, Mapping[str, Any]] | None,
    since: datetime | None,
) -> Hop:
    function = outputs[f"{stage[0]}Name"]
    rows = cloud.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    found = next((row for row in rows if row.get("State") != "Deleting"), None)
    if found is None:
        return Hop(*stage)
    connected = Hop(*stage, state=str(found["State"]), batch_size=found.get("BatchSize"))
    if lags is None:
        errors = _metric(cloud, function, "Errors", "Sum", since)
        return replace(
            connected,
            age_seconds=_iterator_age(cloud, function),
            errors=None if not errors else round(sum(errors)),
        )
    known = lags.get(found["UUID"], {})
    return replace(connected, **_lag(known.get("shards", ())), **_batches(known.get("batches", {})))


def _batches(counts: Mapping[str, int]) -> dict[str, Any]:
    names = {"batches": "sent", "records": "records", "errors": "failed", "retries": "retried"}
    return {name: counts.get(told) for name, told in names.items()}


def _lag(shards: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    known = [shard for shard in shards if "pending" in shard]
    return {
        "waiting": sum(shard["pending"] for shard in known),
        "age_seconds": max((shard["iterator_age_seconds"] for shard in known), default=0.0),
        "attempts": max((shard["attempts"] for shard in known), default=0),
    }


def _iterator_age(cloud: Cloud, function: str) -> float | None:
    ages = _metric(cloud, function, "IteratorAge", "Maximum")
    return ages[-1] / 1000 if ages else None


def _metric(
    cloud: Cloud, function: str, name: str, statistic: str, since: datetime | None = None
) -> list[float]:
    """Return a metric of a function, minute by minute."""
    now = datetime.now(UTC)
    answer = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=name,
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        # A request takes 1,440 points at the most.
        StartTime=max(since or now - RECENT, now - LONGEST),
        # Moments travel as whole seconds, and the end must be later than a beginning in this very second.
        EndTime=now + timedelta(seconds=1),
        Period=METRIC_PERIOD_SECONDS,
        Statistics=[statistic],
    )
    points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    return [float(point[statistic]) for point in points if statistic in point]


def count_items(cloud: Cloud, table: str) -> int:
    """Return how many items a table holds, 0 if it is not there; on AWS it is scanned for that."""
    client = cloud.client("dynamodb")
    try:
        if cloud.offline is not None:
            return int(client.describe_table(TableName=table)["Table"]["ItemCount"])
        # AWS brings ItemCount up to date every six hours only.
        pages = client.get_paginator("scan").paginate(TableName=table, Select="COUNT")
        return sum(page["Count"] for page in pages)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return 0
        raise
