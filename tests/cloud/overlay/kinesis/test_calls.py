"""Calls of the Kinesis API."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends
from moto.kinesis.responses import KinesisResponse

from tests.cloud.conftest import REGION
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.cloud.offline.overlay.kinesis import iterators
from workshop.settings import ACCOUNT_ID


@pytest.fixture
def kinesis(account):
    """A client, with a stream S of one shard."""
    client = account.client("kinesis")
    client.create_stream(StreamName="S", ShardCount=1)
    return client


def arn(kinesis) -> str:
    return kinesis.describe_stream(StreamName="S")["StreamDescription"]["StreamARN"]


def iterator_by_arn(kinesis) -> str:
    return kinesis.get_shard_iterator(
        StreamARN=arn(kinesis), ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]


def test_an_iterator_made_by_arn_is_complete(kinesis) -> None:
    """An iterator that was made with the ARN alone needs no name to be used."""
    kinesis.put_record(StreamName="S", PartitionKey="k", Data=b"x")

    records = kinesis.get_records(ShardIterator=iterator_by_arn(kinesis))["Records"]

    assert [record["Data"] for record in records] == [b"x"]


@pytest.mark.usefixtures("plain")
def test_plain_moto_forgets_the_stream_of_such_an_iterator(kinesis, refused) -> None:
    """Without the correction, an iterator made by ARN alone finds no stream."""
    code, _ = refused(kinesis.get_records, ShardIterator=iterator_by_arn(kinesis))

    assert code == "ResourceNotFoundException"


@pytest.mark.parametrize("iterator", ["nonsense", "YWJj"])
def test_a_garbled_iterator_is_refused(kinesis, refused, iterator: str) -> None:
    """An iterator that no stream has given out is an InvalidArgumentException."""
    code, _ = refused(kinesis.get_records, ShardIterator=iterator)

    assert code == "InvalidArgumentException"


def test_encryption_and_mode_are_told(kinesis) -> None:
    """DescribeStream and its summary tell the key of an encrypted stream and the stream's mode."""
    kinesis.start_stream_encryption(StreamName="S", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    kinesis.update_stream_mode(StreamARN=arn(kinesis), StreamModeDetails={"StreamMode": "ON_DEMAND"})

    whole = kinesis.describe_stream(StreamName="S")["StreamDescription"]
    summary = kinesis.describe_stream_summary(StreamName="S")["StreamDescriptionSummary"]

    for told in (whole, summary):
        assert (told["EncryptionType"], told["KeyId"]) == ("KMS", "alias/aws/kinesis")
        assert told["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}


def test_metrics_of_puts_are_summed_up(account, kinesis) -> None:
    """A thousand puts in one minute keep two values in CloudWatch, which have the right sums."""
    for _ in range(20):
        kinesis.put_records(
            StreamName="S", Records=[{"PartitionKey": "k", "Data": b"1234"} for _ in range(50)]
        )

    assert len(cloudwatch_backends[ACCOUNT_ID][REGION].metric_data) == 2
    now = account.clock.now()
    (point,) = account.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Kinesis",
        MetricName="IncomingRecords",
        Dimensions=[{"Name": "StreamName", "Value": "S"}],
        StartTime=datetime.fromtimestamp(now - 60, tz=UTC),
        EndTime=datetime.fromtimestamp(now + 60, tz=UTC),
        Period=60,
        Statistics=["Sum", "SampleCount", "Maximum"],
    )["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Maximum"]) == (1000, 20, 50)


def test_metrics_of_another_minute_are_another_value(account, kinesis) -> None:
    """Each minute has values of its own."""
    for _ in range(3):
        kinesis.put_record(StreamName="S", PartitionKey="k", Data=b"x")
        account.clock.advance(60)

    assert len(cloudwatch_backends[ACCOUNT_ID][REGION].metric_data) == 6


@pytest.mark.usefixtures("plain")
def test_plain_moto_keeps_two_values_for_each_put(kinesis) -> None:
    """Without the correction, each put adds two values to CloudWatch for ever."""
    for _ in range(3):
        kinesis.put_record(StreamName="S", PartitionKey="k", Data=b"x")

    assert len(cloudwatch_backends[ACCOUNT_ID][REGION].metric_data) == 6


def test_the_body_of_a_request_is_read_once(account, monkeypatch) -> None:
    """All parameters of a call come from one reading of its JSON."""
    readings: list[str] = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda text: readings.append(text) or loads(text))
    handler = KinesisResponse()
    handler.body, handler.querystring, handler.uri_match = '{"StreamName": "S", "Limit": 3}', {}, {}

    found = [handler._get_param(name) for name in ("StreamName", "Limit", "StreamARN")]

    assert found == ["S", 3, None]
    assert len(readings) == 1


def put_megabytes(kinesis, *sizes: float, stream: str = "S") -> list[str]:
    entries = [{"Data": bytes(int(size * 2**20) - 1), "PartitionKey": "k"} for size in sizes]
    answer = kinesis.put_records(StreamName=stream, Records=entries)
    return [record["SequenceNumber"] for record in answer["Records"]]


def test_a_request_holds_ten_megabytes(kinesis) -> None:
    """PutRecords takes 10 MiB with the keys, each record once and in order; plain moto takes 5."""
    numbers = put_megabytes(kinesis, *([1.0] * 10))

    records = kinesis.get_records(ShardIterator=iterator_by_arn(kinesis))["Records"]
    assert [record["SequenceNumber"] for record in records] == numbers
    assert len(set(numbers)) == 10
    with plain_moto(), pytest.raises(ClientError, match="5 MB"):
        put_megabytes(kinesis, *([1.0] * 6))


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [((1.0,) * 10 + (0.1,), "10 MB"), ((1.0, 1.1, *(1.0,) * 5), "records.2.member"), ((1.1,), "records.1.m")],
)
def test_a_request_that_is_too_large_puts_nothing(kinesis, sizes: tuple[float, ...], reason: str) -> None:
    """Of a request above 10 MiB, or with a record above 1 MiB, no record is put."""
    with pytest.raises(ClientError, match=reason):
        put_megabytes(kinesis, *sizes)

    assert kinesis.get_records(ShardIterator=iterator_by_arn(kinesis))["Records"] == []


def test_an_answer_that_is_cut_lags_behind(account, kinesis, monkeypatch) -> None:
    """What lies behind the newest record is told of the last record that was returned."""
    monkeypatch.setattr(iterators, "READ_BYTES", 10)
    for _ in range(2):
        kinesis.put_record(StreamName="S", PartitionKey="k", Data=b"12345678")
        account.clock.advance(5)
    iterator = kinesis.get_shard_iterator(
        StreamName="S", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]

    answers = [kinesis.get_records(ShardIterator=iterator)]
    answers.append(kinesis.get_records(ShardIterator=answers[0]["NextShardIterator"]))

    assert [(len(one["Records"]), one["MillisBehindLatest"]) for one in answers] == [(1, 5000), (1, 0)]
