"""Kinesis API calls: iterators, descriptions, limits, metrics, and the cost of parsing a request.

AWS: an iterator may be requested with `StreamARN` alone; a garbled one is an `InvalidArgumentException`; the
last GetRecords of a closed shard returns its child shards instead of another iterator; ListShards with the
filter `AT_LATEST` leaves closed shards out; DescribeStream returns the stream's mode; a PutRecords request
holds up to 10 MiB, partition keys included, of records with up to 1 MiB each unless the stream is configured
otherwise; a consumer's ARN ends in the time of its registration. Source:
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html, API_ListShards,
API_DescribeStream, API_PutRecords and API_RegisterStreamConsumer there.

moto loses the stream of such an iterator, fails with a ValueError for a garbled one, omits the mode and the
child shards, has no filter, takes 5 MiB per request, parses the JSON of a request once for each parameter,
stores two CloudWatch data points for each put, and ends a consumer's ARN with its name.

Changed as above. A larger request is put in parts that moto accepts. The two metrics of a put are summed up
per stream and minute, which is how AWS reports them.
"""

import binascii
import json
from base64 import b64decode
from itertools import accumulate
from typing import Any

from moto.cloudwatch.models import MetricAggregatedDatum, cloudwatch_backends
from moto.kinesis.exceptions import InvalidArgumentError, RecordSizeExceedsLimit, TooManyRecords
from moto.kinesis.models import Consumer, KinesisBackend, Stream
from moto.kinesis.responses import KinesisResponse
from moto.kinesis.utils import decompose_shard_iterator

from workshop.cloud.offline.keeping.logs import note_sum
from workshop.cloud.offline.overlay.correct import CLOCK, corrects

NAMESPACE = "AWS/Kinesis"
PERIOD_SECONDS = 60
REQUEST_RECORDS = 500
REQUEST_BYTES = 10 * 1024 * 1024
PART_BYTES = 4 * 1024 * 1024
RECORD_BYTES = 1024 * 1024

_MOTO_SHARD_ITERATOR = KinesisBackend.get_shard_iterator
_MOTO_CONSUMER = Consumer.__init__
_MOTO_GET_RECORDS = KinesisBackend.get_records
_MOTO_GET_RECORDS_CALL = KinesisResponse.get_records
_MOTO_LIST_SHARDS_CALL = KinesisResponse.list_shards
_MOTO_PUT_RECORDS = KinesisBackend.put_records
_MOTO_DESCRIPTION = Stream.to_json
_MOTO_GET_PARAM = KinesisResponse._get_param


@corrects(KinesisBackend, "get_shard_iterator")
def _get_shard_iterator(
    self: Any, stream_arn: str | None, stream_name: str | None, *arguments: Any, **named: Any
) -> str:
    # moto writes the stream's name into the iterator, and would write `None` where only the ARN is given.
    stream = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
    return str(_MOTO_SHARD_ITERATOR(self, stream_arn, stream.stream_name, *arguments, **named))


@corrects(KinesisBackend, "get_records")
def _get_records(self: Any, stream_arn: str | None, shard_iterator: str, limit: int | None) -> Any:
    stream_name, shard_id = _read_iterator(shard_iterator)
    following, records, millis_behind_latest = _MOTO_GET_RECORDS(self, stream_arn, shard_iterator, limit)
    shard = self.describe_stream(stream_arn=stream_arn, stream_name=stream_name).get_shard(shard_id)
    if not shard.is_open:
        # moto always offers another iterator. It names the last record that was read, so it tells the end.
        _, _, last = decompose_shard_iterator(following)
        if int(last) >= shard.get_max_sequence_number() or not shard.records:
            following = None
    return following, records, millis_behind_latest


def _read_iterator(shard_iterator: str) -> tuple[str, str]:
    try:
        stream_name, shard_id, _ = decompose_shard_iterator(shard_iterator)
    except (ValueError, binascii.Error) as error:
        raise InvalidArgumentError("Invalid ShardIterator.") from error
    return stream_name, shard_id


@corrects(KinesisResponse, "get_records")
def _get_records_call(self: Any) -> Any:
    answer = _MOTO_GET_RECORDS_CALL(self)
    if answer.result["NextShardIterator"] is None:
        stream_name, shard_id = _read_iterator(self._get_param("ShardIterator"))
        stream = self.kinesis_backend.describe_stream(self._get_param("StreamARN"), stream_name)
        answer.result["ChildShards"] = [
            {
                "ShardId": child.shard_id,
                "ParentShards": [parent for parent in (child.parent, child.adjacent_parent) if parent],
                "HashKeyRange": child.to_json()["HashKeyRange"],
            }
            for child in stream.shards.values()
            if shard_id in (child.parent, child.adjacent_parent)
        ]
    return answer


@corrects(KinesisResponse, "list_shards")
def _list_shards_call(self: Any) -> Any:
    answer = _MOTO_LIST_SHARDS_CALL(self)
    if (self._get_param("ShardFilter") or {}).get("Type") == "AT_LATEST":
        answer.result["Shards"] = [
            shard
            for shard in answer.result["Shards"]
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        ]
    return answer


@corrects(KinesisBackend, "put_records")
def _put_records(self: Any, stream_arn: str, stream_name: str, records: list[dict[str, Any]]) -> Any:
    if len(records) > REQUEST_RECORDS:
        raise TooManyRecords
    # AWS counts what the data is once decoded, and the partition key beside it:
    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
    sizes = [len(b64decode(one.get("Data", ""))) + len(one.get("PartitionKey", "")) for one in records]
    if sum(sizes) <= PART_BYTES:
        return _MOTO_PUT_RECORDS(self, stream_arn, stream_name, records)
    if sum(sizes) > REQUEST_BYTES:
        raise InvalidArgumentError("Records size exceeds 10 MB limit")
    # moto would refuse the record only in its own part, when the parts before it are in the stream.
    if (largest := max(sizes)) > RECORD_BYTES:
        raise RecordSizeExceedsLimit(position=sizes.index(largest) + 1)
    put = []
    # A part has the records that end within one window of 4 MiB, so at most 5 MiB, which moto takes.
    parts = [end // PART_BYTES for end in accumulate(sizes)]
    for number in sorted(set(parts)):
        part = [
            record for record, number_of_part in zip(records, parts, strict=True) if number_of_part == number
        ]
        put += _MOTO_PUT_RECORDS(self, stream_arn, stream_name, part)["Records"]
    return {"FailedRecordCount": 0, "Records": put}


@corrects(Stream, "to_json")
def _description(self: Any, shard_limit: int | None = None) -> dict[str, Any]:
    description: dict[str, Any] = _MOTO_DESCRIPTION(self, shard_limit)
    description["StreamDescription"]["StreamModeDetails"] = self.stream_mode
    return description


@corrects(KinesisResponse, "_get_param")
def _get_param(self: Any, param_name: str, if_none: Any = None) -> Any:
    """Look a parameter up in the JSON body, which is parsed once per request."""
    parameters = vars(self).get("json_parameters")
    if parameters is None:
        try:
            parameters = json.loads(self.body)
        except (TypeError, ValueError):
            # Not JSON; remembered, so that moto's way is taken at once for the next parameter.
            parameters = ()
        self.json_parameters = parameters
    if isinstance(parameters, dict):
        return parameters.get(param_name, if_none)
    return _MOTO_GET_PARAM(self, param_name, if_none)


@corrects(KinesisBackend, "_send_stream_metrics")
def _send_stream_metrics(self: Any, stream_name: str, incoming_bytes: int, incoming_records: int) -> None:
    backend = cloudwatch_backends[self.account_id][self.region_name]
    period = int(CLOCK.now() // PERIOD_SECONDS)
    # On the backend, so that a reset of moto forgets these sums together with the metrics.
    kept: dict[tuple[str, str], tuple[int, Any]] = vars(backend).setdefault("kinesis_metrics", {})
    for name, value, unit in (
        ("IncomingBytes", incoming_bytes, "Bytes"),
        ("IncomingRecords", incoming_records, "Count"),
    ):
        last_period, datum = kept.get((stream_name, name), (None, None))
        if last_period != period:
            datum = MetricAggregatedDatum(
                namespace=NAMESPACE,
                name=name,
                min_stat=value,
                max_stat=value,
                sample_count=0,
                sum_stat=0,
                dimensions=[{"Name": "StreamName", "Value": stream_name}],
                timestamp=CLOCK.moment(),
                unit=unit,
            )
            kept[stream_name, name] = (period, datum)
            backend.metric_data.append(datum)
        _add_to(datum, value)
        note_sum(backend.metric_data, datum)


def _add_to(datum: Any, value: float) -> None:
    datum.sum += value
    datum.sample_count += 1
    datum.min = min(datum.min, value)
    datum.max = max(datum.max, value)


@corrects(Consumer, "__init__")
def _register(consumer: Any, *arguments: Any, **named: Any) -> None:
    _MOTO_CONSUMER(consumer, *arguments, **named)
    consumer.consumer_arn += f":{int(CLOCK.now())}"
