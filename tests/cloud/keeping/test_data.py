"""What services hold besides names and settings goes on after a kill as if there had been none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.documents import trust
from tests.cloud.keeping.crashing import KeptCloud
from tests.cloud.runtime.world import zip_of


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[KeptCloud]:
    """An empty account that keeps its state."""
    cloud = KeptCloud(tmp_path)
    yield cloud
    cloud.laboratory.close()


def test_a_message_in_flight_holds_its_group_back(cloud: KeptCloud) -> None:
    """What was received before a kill can be deleted after it, and only then comes the group's next one."""
    url = cloud.client("sqs").create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]

    def send(body: str) -> Any:
        return cloud.client("sqs").send_message(
            QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body
        )["MessageId"]

    def receive() -> list[Any]:
        return list(cloud.client("sqs").receive_message(QueueUrl=url).get("Messages", []))

    first, _ = send("a"), send("b")
    [received] = receive()

    cloud.crash()
    assert receive() == []
    cloud.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
    cloud.crash()
    # Again, since who was killed does not know whether it was done.
    cloud.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])

    assert send("a") == first
    assert [message["Body"] for message in receive()] == ["b"]


def test_all_versions_of_an_object_are_kept(cloud: KeptCloud) -> None:
    """Older versions, delete markers and the parts of an upload under way are there after a kill."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="box")
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket="box", Key="k", Body=body, Metadata={"body": body.decode()})
    s3.delete_object(Bucket="box", Key="k")
    upload = s3.create_multipart_upload(Bucket="box", Key="m")["UploadId"]
    part = s3.upload_part(Bucket="box", Key="m", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
    before = s3.list_object_versions(Bucket="box")

    cloud.crash()

    s3 = cloud.client("s3")
    after = s3.list_object_versions(Bucket="box")
    for kind in ("Versions", "DeleteMarkers"):
        assert after[kind] == before[kind]
    bodies = [
        s3.get_object(Bucket="box", Key="k", VersionId=version["VersionId"])["Body"].read()
        for version in after["Versions"]
    ]
    assert bodies == [b"two", b"one"]
    s3.complete_multipart_upload(
        Bucket="box", Key="m", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]}
    )
    assert s3.get_object(Bucket="box", Key="m")["Body"].read() == b"part"


def test_copies_keep_what_they_have(cloud: KeptCloud) -> None:
    """A version of a function keeps its code when the function gets other code; so does an object's copy."""
    iam, lambda_, s3 = (cloud.client(service) for service in ("iam", "lambda", "s3"))
    trusting = trust(Service="lambda.amazonaws.com")
    role = iam.create_role(RoleName="lambda", AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    lambda_.create_function(
        FunctionName="F",
        Role=role,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": zip_of("def handler(event, context): return 1")},
    )
    lambda_.publish_version(FunctionName="F")
    s3.create_bucket(Bucket="box")
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    cloud.crash()
    lambda_, s3 = cloud.client("lambda"), cloud.client("s3")
    s3.copy_object(Bucket="box", Key="b", CopySource="box/a")
    s3.put_object(Bucket="box", Key="a", Body=b"2")
    code = zip_of("def handler(event, context): return 2")
    lambda_.update_function_code(FunctionName="F", ZipFile=code)
    lambda_.publish_version(FunctionName="F")

    for _ in range(2):
        cloud.crash()

    lambda_, s3 = cloud.client("lambda"), cloud.client("s3")
    returned = [
        lambda_.invoke(FunctionName="F", Qualifier=version)["Payload"].read()
        for version in ("1", "2", "$LATEST")
    ]
    assert returned == [b"1", b"2", b"2"]
    assert [s3.get_object(Bucket="box", Key=key)["Body"].read() for key in ("a", "b")] == [b"2", b"1"]


def test_what_comes_into_a_restored_table_is_kept(cloud: KeptCloud) -> None:
    """A table that was restored, from a backup or to a point in time, is one like any other."""
    client = cloud.client("dynamodb")
    client.create_table(
        TableName="TTT",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="TTT", Item={"pk": {"S": "old"}})
    client.update_continuous_backups(
        TableName="TTT", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    backup = client.create_backup(TableName="TTT", BackupName="backup")["BackupDetails"]["BackupArn"]
    client.restore_table_from_backup(TargetTableName="from-backup", BackupArn=backup)
    client.restore_table_to_point_in_time(
        SourceTableName="TTT", TargetTableName="point", UseLatestRestorableTime=True
    )
    for table in ("from-backup", "point"):
        client.put_item(TableName=table, Item={"pk": {"S": "new"}})

    cloud.crash()

    for table in ("from-backup", "point"):
        found = cloud.client("dynamodb").scan(TableName=table)["Items"]
        assert {item["pk"]["S"] for item in found} == {"old", "new"}


def test_sequence_tokens_of_log_streams_go_on(cloud: KeptCloud) -> None:
    """No token of a log stream is given out twice."""
    for operation, more in (("create_log_group", {}), ("create_log_stream", {"logStreamName": "s"})):
        getattr(cloud.client("logs"), operation)(logGroupName="g", **more)

    def put() -> Any:
        events = [{"timestamp": int(cloud.laboratory.clock.now() * 1000), "message": "m"}]
        return cloud.client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=events)[
            "nextSequenceToken"
        ]

    first = put()
    cloud.crash()

    assert put() > first


def test_a_bucket_is_not_made_a_second_time(cloud: KeptCloud) -> None:
    """Whoever creates a bucket that was there before a kill gets that one, with everything in it."""
    cloud.client("s3").create_bucket(Bucket="box")
    cloud.client("s3").put_object(Bucket="box", Key="k", Body=b"body")

    cloud.crash()
    cloud.client("s3").create_bucket(Bucket="box")

    assert cloud.client("s3").get_object(Bucket="box", Key="k")["Body"].read() == b"body"
    cloud.client("s3").delete_object(Bucket="box", Key="k")
    cloud.client("s3").delete_bucket(Bucket="box")
    cloud.crash()
    cloud.client("s3").create_bucket(Bucket="box")
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket="box")
