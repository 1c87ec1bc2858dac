"""AWS::Kinesis::Stream."""

from typing import Any

from tests.cloud.overlay.cloudformation.samples import table
from workshop.cloud.offline.overlay.correct import plain_moto

KEY = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}


def stream(**properties: Any) -> dict[str, Any]:
    """Return a template with a stream."""
    return {"Stream": {"Type": "AWS::Kinesis::Stream", "Properties": properties}}


def summary(aws: Any) -> dict[str, Any]:
    """Return the description of the stream."""
    name = aws.resources()["Stream"]
    described: dict[str, Any] = aws.client("kinesis").describe_stream_summary(StreamName=name)
    return described["StreamDescriptionSummary"]


def test_a_stream_is_made_with_mode_and_key(aws: Any) -> None:
    """Encryption, mode, retention, shards and tags are those of the template."""
    aws.create(
        stream(StreamEncryption=KEY, ShardCount=3, RetentionPeriodHours=48, Tags=[{"Key": "a", "Value": "b"}])
    )

    described = summary(aws)
    tags = aws.client("kinesis").list_tags_for_stream(StreamName=described["StreamName"])["Tags"]
    assert (described["EncryptionType"], described["KeyId"]) == ("KMS", "alias/aws/kinesis")
    assert (described["OpenShardCount"], described["RetentionPeriodHours"]) == (3, 48)
    assert described["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert {"Key": "a", "Value": "b"} in tags


def test_plain_moto_drops_mode_and_key(plain: Any) -> None:
    """In plain moto the stream is neither encrypted nor on demand."""
    plain.create(stream(StreamEncryption=KEY, StreamModeDetails={"StreamMode": "ON_DEMAND"}))

    described = plain.client("kinesis").describe_stream_summary(StreamName=plain.resources()["Stream"])
    assert described["StreamDescriptionSummary"]["EncryptionType"] == "NONE"
    assert described["StreamDescriptionSummary"]["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}


def test_a_stream_on_demand_needs_no_shard_count(aws: Any) -> None:
    """A stream on demand has the shards that AWS gives it."""
    aws.create(stream(StreamModeDetails={"StreamMode": "ON_DEMAND"}))

    assert summary(aws)["OpenShardCount"] == 4


def test_a_stream_changes_in_place(aws: Any) -> None:
    """Mode, key and retention change without a new stream; what is no longer mentioned goes."""
    aws.create(stream(StreamEncryption=KEY, ShardCount=1, RetentionPeriodHours=48))
    before = aws.resources()

    aws.update(stream(StreamModeDetails={"StreamMode": "ON_DEMAND"}))

    described = summary(aws)
    assert aws.resources() == before
    assert described["EncryptionType"] == "NONE"
    assert described["RetentionPeriodHours"] == 24
    assert described["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}


def test_an_ordinary_stream_is_the_same_as_in_moto(aws: Any) -> None:
    """A stream without the properties that moto drops looks the same with the corrections."""

    def make() -> list[Any]:
        aws.create({**stream(ShardCount=2, Name="named"), "Table": table()})
        described = aws.client("kinesis").describe_stream(StreamName="named")["StreamDescription"]
        aws.cloudformation.delete_stack(StackName="stack")
        ranges = [shard["HashKeyRange"] for shard in described["Shards"]]
        return [described["StreamARN"], described["RetentionPeriodHours"], ranges]

    corrected = make()

    with plain_moto():
        assert make() == corrected
