"""ListShards: filters, where a page begins, and tokens that stand alone.

AWS: `NextToken` alone continues a listing, with neither stream nor start nor filter beside it; a listing
begins after `ExclusiveStartShardId`; a filter is for the shards that were open at a time, or have been since.
A page holds 1,000 shards. Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html

moto wants the stream with the token, lists from the beginning for tokens that it does not know, and has
neither start nor filter.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.kinesis.exceptions import InvalidArgumentError
from moto.kinesis.responses import KinesisResponse

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.kinesis.next_tokens import make_token, read_token

LISTED_SHARDS = 1_000
# What a token excludes.
BESIDES = ("StreamName", "ExclusiveStartShardId", "StreamCreationTimestamp", "ShardFilter")
HOUR_MS = 3_600_000
LATEST = float("inf")


@corrects(KinesisResponse, "list_shards")
def _list_shards_call(self: Any) -> Any:
    if token := self._get_param("NextToken"):
        beside = next((name for name in BESIDES if self._get_param(name) is not None), None)
        if beside is not None:
            raise InvalidArgumentError(f"NextToken and {beside} cannot be provided together.")
        place = read_token("ListShards", token)
    else:
        stream = self.kinesis_backend.describe_stream(
            self._get_param("StreamARN"), self._get_param("StreamName")
        )
        shard_filter = self._get_param("ShardFilter") or {}
        after = self._get_param("ExclusiveStartShardId") or ""
        if shard_filter.get("Type") == "AFTER_SHARD_ID":
            after = max(after, _needed(shard_filter, "ShardId"))
        place = {"stream": stream.stream_name, "after": after, "filter": shard_filter}
    stream = self.kinesis_backend.describe_stream(None, place["stream"])
    # Ids have as many digits each, so they sort as text as their numbers do.
    shards = [
        shard
        for shard_id, shard in sorted(stream.shards.items())
        if shard_id > place["after"] and _passes(stream, shard, place["filter"])
    ]
    page = shards[: self._get_param("MaxResults") or LISTED_SHARDS]
    answer: dict[str, Any] = {"Shards": [shard.to_json() for shard in page]}
    if len(page) < len(shards):
        answer["NextToken"] = make_token("ListShards", {**place, "after": page[-1].shard_id})
    return ActionResult(answer)


def _needed(shard_filter: dict[str, Any], name: str) -> Any:
    if shard_filter.get(name) is None:
        raise InvalidArgumentError(f"{name} is required for the shard filter type {shard_filter['Type']}.")
    return shard_filter[name]


def _passes(stream: Any, shard: Any, shard_filter: dict[str, Any]) -> bool:
    kind = shard_filter.get("Type", "AFTER_SHARD_ID")
    if kind == "AFTER_SHARD_ID":
        return True
    if kind == "AT_LATEST":
        return bool(shard.is_open)
    # The trim horizon: where what is kept begins, or the stream if it is younger.
    begun = min(one.created_ms for one in stream.shards.values())
    moment_ms = max(begun, CLOCK.now() * 1000 - stream.retention_period_hours * HOUR_MS)
    if kind.endswith("_TIMESTAMP"):
        given = _needed(shard_filter, "Timestamp")
        moment_ms = max(moment_ms, 1000 * float(given.timestamp() if hasattr(given, "timestamp") else given))
    # Open at that time, or begun later.
    is_since = _closed_ms(stream, shard) > moment_ms
    return bool(is_since and (kind.startswith("FROM_") or shard.created_ms <= moment_ms))


def _closed_ms(stream: Any, shard: Any) -> float:
    """Return when a shard was closed: when its children began."""
    children = (
        child.created_ms
        for child in stream.shards.values()
        if shard.shard_id in (child.parent, child.adjacent_parent)
    )
    return LATEST if shard.is_open else min(children, default=LATEST)
