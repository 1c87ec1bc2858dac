"""Collects the evidence of a pipeline at rest: its tables, the stream that Map reads, what is pending.

Reads only, through AWS's API; the number of pending records is told by the offline cloud alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workshop.diagnosis.values import Evidence, MapRecord
from workshop.pipeline.messages import Message
from workshop.pipeline.operations.epoch import epoch_number, read_epoch
from workshop.pipeline.producer.message_file import message_on_stream, parts_of_record
from workshop.pipeline.table_changes import read_changes
from workshop.pipeline.tables import StateRow, read_reduce_table, read_trades, state_row
from workshop.pipeline.truth import DEFAULT_ORDER

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
    """Return what tables and streams say; while they still move (not `is_certain`) they are left out.

    `arrivals` is the order in which the messages arrived in their shards, where somebody has read it.
    """
    client = cloud.client("dynamodb")
    stream = cloud.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    shards = stream["StreamDescriptionSummary"]["OpenShardCount"]
    # Tables that are read one after the other while something moves are each of another moment.
    if not is_certain:
        return Evidence(pending=pending, shards=shards, arrivals=arrivals)
    state = outputs.get("StateTableName")
    try:
        levels = tuple(sent[0].hierarchy) if sent else DEFAULT_ORDER
        records = tuple(_changes(cloud, outputs, state) if state else _messages(cloud, outputs, levels))
    except ClientError:
        records = None  # not everybody may read streams; without them the diagnosis says less
    return Evidence(
        state=read_trades(client, state, (each.trade_id for each in sent)) if state else None,
        reduce=read_reduce_table(client, outputs["ReduceTableName"]),
        records=records,
        pending=pending,
        shards=shards,
        arrivals=arrivals,
    )


def _changes(cloud: Cloud, outputs: Mapping[str, str], table: str) -> Iterator[MapRecord]:
    client = cloud.client("dynamodb")
    epoch = read_epoch(client, outputs["ParameterTableName"]).number
    stream_arn = client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    for each in read_changes(cloud, stream_arn):
        old, new = (_valid(image, epoch) for image in (each.old, each.new))
        yield MapRecord(each.shard, int(each.sequence_number), new, old)


def _valid(image: Mapping[str, Any], epoch: int) -> StateRow | None:
    """Return the item in an image, or None where Map sees none: in an older epoch, or if it is no trade."""
    try:
        item = state_row(image)
    except (KeyError, TypeError, ValueError):
        return None
    return item if isinstance(item.value, Decimal) and epoch_number(image) >= epoch else None


def _messages(cloud: Cloud, outputs: Mapping[str, str], levels: Sequence[str]) -> Iterator[MapRecord]:
    client, stream = cloud.client("kinesis"), outputs["StreamName"]
    pages = client.get_paginator("list_shards").paginate(StreamName=stream)
    for shard in (shard["ShardId"] for page in pages for shard in page["Shards"]):
        answer = client.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        iterator = answer["ShardIterator"]
        while iterator:
            page = client.get_records(ShardIterator=iterator)
            for record in page["Records"]:
                number = int(record["SequenceNumber"])
                for part in parts_of_record(record["Data"]):
                    yield MapRecord(shard, number, _item(part, levels))
            # A page may be empty although more records follow.
            iterator = page.get("NextShardIterator", "") if page["MillisBehindLatest"] else ""


def _item(data: bytes, levels: Sequence[str]) -> StateRow | None:
    """Return the message in a record, as StateTable would hold it; None if the pipeline sets it aside."""
    try:
        message = message_on_stream(data, levels)
    except (ValueError, RecursionError):
        return None
    return StateRow(
        message.trade_id, message.value, message.version, None, message.hierarchy, message.cancelled
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
