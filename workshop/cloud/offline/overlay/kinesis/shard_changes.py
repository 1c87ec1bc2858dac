"""Splitting and merging Kinesis shards: which may be, and how many there may be afterwards.

AWS: a shard that is closed is split or merged no more; the shards of a merge are neighbours, in either order;
UpdateShardCount at most doubles and at least halves the open shards; an account has a limit of shards; those
of a stream on demand are AWS's own to change. A retention period is at least 24 hours. Source:
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html, API_SplitShard and
API_MergeShards there.

moto merges closed shards, takes a shard for the neighbour of the one before it by a slip of sign, scales
without bounds, and answers calls by ARN with no name.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.kinesis.exceptions import InvalidArgumentError, StreamCannotBeUpdatedError
from moto.kinesis.models import KinesisBackend
from moto.kinesis.responses import KinesisResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.kinesis.streams import ON_DEMAND, check_shard_limit

_MOTO_SPLIT = KinesisBackend.split_shard
_MOTO_MERGE = KinesisBackend.merge_shards
_MOTO_UPDATE = KinesisBackend.update_shard_count
_MOTO_INCREASE = KinesisBackend.increase_stream_retention_period
_MOTO_DECREASE = KinesisBackend.decrease_stream_retention_period


def _provisioned(backend: Any, stream_arn: str | None, stream_name: str | None) -> Any:
    """Return a stream whose shards its owner may change; raise AWS's error for one on demand."""
    stream = backend.describe_stream(stream_arn, stream_name)
    if stream.stream_mode.get("StreamMode") == ON_DEMAND:
        raise StreamCannotBeUpdatedError(stream.stream_name, backend.account_id)
    return stream


@corrects(KinesisBackend, "split_shard")
def _split_shard(
    self: Any,
    stream_arn: str | None,
    stream_name: str | None,
    shard_to_split: str,
    new_starting_hash_key: str,
) -> None:
    stream = _provisioned(self, stream_arn, stream_name)
    check_shard_limit(self, 1)
    _MOTO_SPLIT(self, None, stream.stream_name, shard_to_split, new_starting_hash_key)


@corrects(KinesisBackend, "merge_shards")
def _merge_shards(
    self: Any,
    stream_arn: str | None,
    stream_name: str | None,
    shard_to_merge: str,
    adjacent_shard_to_merge: str,
) -> None:
    stream = _provisioned(self, stream_arn, stream_name)
    first, second = (stream.shards.get(one) for one in (shard_to_merge, adjacent_shard_to_merge))
    if first is None or second is None:
        _MOTO_MERGE(self, None, stream.stream_name, shard_to_merge, adjacent_shard_to_merge)  # refuses it
        return
    where = f"in stream {stream.stream_name} under account {self.account_id}"
    for shard in (first, second):
        if not shard.is_open:
            raise InvalidArgumentError(
                f"Shard {shard.shard_id} {where} has already been merged or split, and thus is not eligible "
                "for merging or splitting."
            )
    lower, upper = sorted((first, second), key=lambda shard: int(shard.starting_hash))
    if lower.ending_hash + 1 != upper.starting_hash:
        raise InvalidArgumentError(
            f"Shards {first.shard_id} and {second.shard_id} {where} are not an adjacent pair of shards "
            "eligible for merging"
        )
    # In this order: moto takes the beginning of the first range and the end of the second.
    stream.merge_shards(lower.shard_id, upper.shard_id)
    merged = next(reversed(stream.shards.values()))
    # The caller's order says which of the two is the parent.
    merged.parent, merged.adjacent_parent = first.shard_id, second.shard_id


@corrects(KinesisBackend, "update_shard_count")
def _update_shard_count(
    self: Any, stream_arn: str | None, stream_name: str | None, target_shard_count: int
) -> int:
    stream = _provisioned(self, stream_arn, stream_name)
    count = sum(shard.is_open for shard in stream.shards.values())
    ends = f"your current open shard count. Current open shard count: {count} Target shard count: "
    if target_shard_count > 2 * count:
        raise InvalidArgumentError(f"UpdateShardCount cannot scale up over double {ends}{target_shard_count}")
    if 2 * target_shard_count < count:
        raise InvalidArgumentError(
            f"UpdateShardCount cannot scale down below half {ends}{target_shard_count}"
        )
    check_shard_limit(self, target_shard_count - count)
    return int(_MOTO_UPDATE(self, None, stream.stream_name, target_shard_count))


@corrects(KinesisResponse, "update_shard_count")
def _update_shard_count_call(self: Any) -> Any:
    stream_arn, stream_name = self._get_param("StreamARN"), self._get_param("StreamName")
    target = self._get_param("TargetShardCount")
    stream = self.kinesis_backend.describe_stream(stream_arn, stream_name)
    before = self.kinesis_backend.update_shard_count(stream_arn, stream_name, target)
    return ActionResult(
        {
            "StreamName": stream.stream_name,
            "StreamARN": stream.arn,
            "CurrentShardCount": before,
            "TargetShardCount": target,
        }
    )


@corrects(KinesisBackend, "increase_stream_retention_period")
def _increase(
    self: Any, stream_arn: str | None, stream_name: str | None, retention_period_hours: int
) -> None:
    stream = self.describe_stream(stream_arn, stream_name)
    _MOTO_INCREASE(self, None, stream.stream_name, retention_period_hours)


@corrects(KinesisBackend, "decrease_stream_retention_period")
def _decrease(
    self: Any, stream_arn: str | None, stream_name: str | None, retention_period_hours: int
) -> None:
    stream = self.describe_stream(stream_arn, stream_name)
    _MOTO_DECREASE(self, None, stream.stream_name, retention_period_hours)
