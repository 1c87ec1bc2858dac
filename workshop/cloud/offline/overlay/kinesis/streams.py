"""Kinesis streams: which one a call means, how many shards an account has, and pages of names and tags.

AWS: a call names a stream by name or ARN; a stream that is not there is a `ResourceNotFoundException`. An
account has 20,000 shards in the three large regions and 6,000 elsewhere, and 50 streams on demand; beyond
that is a `LimitExceededException`. Names and tags are listed in order, after the one that a call excludes.
Source: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html and API_CreateStream,
API_ListStreams and API_ListTagsForStream in
https://docs.aws.amazon.com/kinesis/latest/APIReference/Welcome.html

moto fails on an ARN without a name, on missing streams in calls that take ARNs alone, and on a provisioned
stream without a count of shards; it makes a billion shards if it is asked to; it drops tags at creation,
lists the excluded tag again, and has no pages of names without a name that exists.
"""

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult
from moto.kinesis.exceptions import InvalidArgumentError, ResourceInUseError, StreamNotFoundError
from moto.kinesis.models import KinesisBackend
from moto.kinesis.responses import KinesisResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.kinesis.next_tokens import make_token, read_token
from workshop.cloud.offline.runtime.arns import SourceReference

__all__ = ["ON_DEMAND", "check_shard_limit"]

LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
SHARDS_IN_LARGE_REGIONS, SHARDS = 20_000, 6_000
STREAMS_ON_DEMAND = 50
SHARDS_ON_DEMAND = 4
LISTED_STREAMS, DESCRIBED_SHARDS, LISTED_TAGS = 100, 100, 50
ON_DEMAND = "ON_DEMAND"
# Parameters of CreateStream that change nothing here, with the value that they have on AWS if left out.
WITHOUT_EFFECT = {"MaxRecordSizeInKiB": 1024, "WarmThroughputMiBps": None}

_MOTO_PUT_POLICY = KinesisBackend.put_resource_policy
_MOTO_UPDATE_MODE = KinesisBackend.update_stream_mode
_MOTO_CREATE_STREAM = KinesisBackend.create_stream
_MOTO_DESCRIBE_CALL = KinesisResponse.describe_stream


@corrects(KinesisBackend, "describe_stream")
def _stream(self: Any, stream_arn: str | None, stream_name: str | None) -> Any:
    if not stream_arn and not stream_name:
        raise InvalidArgumentError("Either StreamARN or StreamName must be given.")
    name = stream_arn.rpartition(":stream/")[2] if stream_arn else stream_name
    if stream_name and name != stream_name:
        raise InvalidArgumentError(f"StreamARN {stream_arn} is not of the stream {stream_name}.")
    stream = self.streams.get(name)
    if stream is None or (stream_arn and stream.arn != stream_arn):
        raise StreamNotFoundError(str(name), self.account_id)
    return stream


@corrects(KinesisBackend, "_find_stream_by_arn")
def _stream_by_arn(self: Any, stream_arn: str) -> Any:
    return self.describe_stream(stream_arn, None)


@corrects(KinesisBackend, "put_resource_policy")
def _put_policy(self: Any, resource_arn: str, policy_doc: str) -> None:
    self.describe_stream(SourceReference.parse(resource_arn).stream_arn, None)
    _MOTO_PUT_POLICY(self, resource_arn, policy_doc)


@corrects(KinesisBackend, "create_stream")
def _create_stream(
    self: Any,
    stream_name: str,
    shard_count: int | None,
    stream_mode: dict[str, str] | None = None,
    retention_period_hours: int | None = None,
) -> Any:
    if stream_name in self.streams:
        raise ResourceInUseError(f"Stream {stream_name} under account {self.account_id} already exists.")
    if (stream_mode or {}).get("StreamMode") == ON_DEMAND:
        check_shard_limit(self, SHARDS_ON_DEMAND)
        _check_on_demand_limit(self)
    elif shard_count is None:
        text = "Value null at 'shardCount' failed to satisfy constraint: Member must not be null"
        raise JsonRESTError("ValidationException", f"1 validation error detected: {text}")
    else:
        check_shard_limit(self, shard_count)
    return _MOTO_CREATE_STREAM(self, stream_name, shard_count, stream_mode, retention_period_hours)


@corrects(KinesisBackend, "update_stream_mode")
def _update_mode(self: Any, stream_arn: str, stream_mode: dict[str, str]) -> None:
    stream = self.describe_stream(stream_arn, None)
    if stream_mode["StreamMode"] == ON_DEMAND != stream.stream_mode.get("StreamMode"):
        _check_on_demand_limit(self)
    _MOTO_UPDATE_MODE(self, stream_arn, stream_mode)


def _check_on_demand_limit(backend: Any) -> None:
    if _on_demand_count(backend) >= STREAMS_ON_DEMAND:
        text = f"at most {STREAMS_ON_DEMAND} on-demand streams"
        raise JsonRESTError("LimitExceededException", f"Account {backend.account_id} has {text}.")


def check_shard_limit(backend: Any, more: int) -> None:
    """Refuse to open so many shards more than the account has open in the region.

    Raises:
        JsonRESTError: a `LimitExceededException`.
    """
    count, limit = _open_shards(backend), _shard_limit(backend)
    if count + more > limit:
        raise JsonRESTError(
            "LimitExceededException",
            f"This request would exceed the shard limit for the account {backend.account_id} in "
            f"{backend.region_name}. Current shard count for the account: {count}. Limit: {limit}. Number of "
            f"additional shards that would have resulted from this request: {more}.",
        )


def _open_shards(backend: Any) -> int:
    return sum(shard.is_open for stream in backend.streams.values() for shard in stream.shards.values())


def _on_demand_count(backend: Any) -> int:
    return sum(stream.stream_mode.get("StreamMode") == ON_DEMAND for stream in backend.streams.values())


def _shard_limit(backend: Any) -> int:
    return SHARDS_IN_LARGE_REGIONS if backend.region_name in LARGE_REGIONS else SHARDS


@corrects(KinesisBackend, "describe_limits")
def _describe_limits(self: Any) -> dict[str, int]:
    return {
        "ShardLimit": _shard_limit(self),
        "OpenShardCount": _open_shards(self),
        "OnDemandStreamCount": _on_demand_count(self),
        "OnDemandStreamCountLimit": STREAMS_ON_DEMAND,
    }


@corrects(KinesisResponse, "create_stream")
def _create_stream_call(self: Any) -> Any:
    for name, usual in WITHOUT_EFFECT.items():
        if self._get_param(name) not in (None, usual):
            raise InvalidArgumentError(f"The offline cloud does not offer {name}; see docs/offline-cloud.md.")
    stream = self.kinesis_backend.create_stream(
        self._get_param("StreamName"),
        self._get_param("ShardCount"),
        stream_mode=self._get_param("StreamModeDetails"),
    )
    stream.tags.update(self._get_param("Tags") or {})
    return EmptyResult()


@corrects(KinesisResponse, "list_streams")
def _list_streams_call(self: Any) -> Any:
    after = self._get_param("ExclusiveStartStreamName") or ""
    if token := self._get_param("NextToken"):
        after = read_token("ListStreams", token)["after"]
    limit = self._get_param("Limit") or LISTED_STREAMS
    streams = self.kinesis_backend.streams
    names = sorted(name for name in streams if name > after)
    page = names[:limit]
    answer: dict[str, Any] = {
        "HasMoreStreams": len(names) > limit,
        "StreamNames": page,
        "StreamSummaries": [streams[name].to_json_summary()["StreamDescriptionSummary"] for name in page],
    }
    if len(names) > limit:
        answer["NextToken"] = make_token("ListStreams", {"after": page[-1]})
    return ActionResult(answer)


@corrects(KinesisResponse, "describe_stream")
def _describe_stream_call(self: Any) -> Any:
    answer = _MOTO_DESCRIBE_CALL(self)
    description = answer.result["StreamDescription"]
    stream = self.kinesis_backend.streams[description["StreamName"]]
    after = self._get_param("ExclusiveStartShardId") or ""
    limit = self._get_param("Limit") or DESCRIBED_SHARDS
    shards = [shard for shard_id, shard in sorted(stream.shards.items()) if shard_id > after]
    description["Shards"] = [shard.to_json() for shard in shards[:limit]]
    description["HasMoreShards"] = len(shards) > limit
    return answer


@corrects(KinesisBackend, "list_tags_for_stream")
def _list_tags(
    self: Any,
    stream_arn: str | None,
    stream_name: str | None,
    exclusive_start_tag_key: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    tags = self.describe_stream(stream_arn, stream_name).tags
    keys = sorted(key for key in tags if key > (exclusive_start_tag_key or ""))
    page = keys[: limit or LISTED_TAGS]
    return {"HasMoreTags": len(page) < len(keys), "Tags": [{"Key": key, "Value": tags[key]} for key in page]}
