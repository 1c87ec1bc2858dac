"""What there is to see of a pipeline at rest, for the diagnosis: its tables, and whether anything is pending.

Reads only, through AWS's API; the number of pending records is told by the offline cloud alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workshop.diagnosis import Evidence
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import read_reduce_table, read_trades

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["gather_evidence", "is_polled", "pending_records"]


def gather_evidence(
    cloud: Cloud,
    outputs: Mapping[str, str],
    sent: Sequence[Message],
    *,
    pending: int | None,
    is_certain: bool,
    arrivals: Sequence[Sequence[int]] | None = None,
) -> Evidence:
    """Return what the tables say; while they still move (not `is_certain`) they are left out.

    `arrivals` is what the stream itself tells of the order of its messages, where somebody has read it.
    """
    client = cloud.client("dynamodb")
    stream = cloud.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    shards = stream["StreamDescriptionSummary"]["OpenShardCount"]
    if not is_certain:
        return Evidence(pending=pending, shards=shards, arrivals=arrivals)
    state = outputs.get("StateTableName")
    return Evidence(
        state=read_trades(client, state, (each.trade_id for each in sent)) if state else None,
        reduce=read_reduce_table(client, outputs["ReduceTableName"]),
        pending=pending,
        shards=shards,
        arrivals=arrivals,
    )


def pending_records(cloud: Cloud, outputs: Mapping[str, str]) -> int | None:
    """Return how many records no stage has finished with; AWS does not tell.

    A mapping that is at work and has found no shard so far has at least one record to look for.
    """
    if cloud.offline is None:
        return None
    functions = {name for key, name in outputs.items() if key.endswith("LambdaName")}
    return sum(
        sum(int(shard.get("pending", 0)) for shard in mapping["shards"])
        if mapping["shards"]
        else int(mapping["state"] == "Enabled")
        for mapping in cloud.offline.runtime()["mappings"]
        if mapping["function"].rpartition(":")[2] in functions
    )


def is_polled(cloud: Cloud, mapping_id: str) -> bool:
    """Whether somebody reads for an event source mapping by now; AWS does not tell, and is trusted."""
    if cloud.offline is None:
        return True
    return any(each["uuid"] == mapping_id and each["shards"] for each in cloud.offline.runtime()["mappings"])
