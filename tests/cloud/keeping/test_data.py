"""What services hold besides names and settings goes on after a kill as if there had been none."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sqs.models import sqs_backends

from tests.cloud.documents import ACCOUNT, allow, document, function, make_role, trust, zip_of
from tests.cloud.documents import table as table_of
from tests.cloud.keeping.crashing import KeptCloud


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
    lambda_, s3 = cloud.client("lambda"), cloud.client("s3")
    make_role(cloud.client("iam"))
    lambda_.create_function(**function(source="def handler(event, context): return 1"))
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
    client.create_table(TableName="TTT", **table_of(view=None))
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


def test_an_export_and_an_import_are_kept(cloud: KeptCloud) -> None:
    """A table that was exported and one that was imported are changed and kept like any other."""
    s3, client = cloud.client("s3"), cloud.client("dynamodb")
    plain = table_of(view=None)
    s3.create_bucket(Bucket="box")
    client.create_table(TableName="TTT", **plain)
    client.put_item(TableName="TTT", Item={"pk": {"S": "a"}})
    client.update_continuous_backups(
        TableName="TTT", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    arn = client.describe_table(TableName="TTT")["Table"]["TableArn"]
    exported = client.export_table_to_point_in_time(TableArn=arn, S3Bucket="box", S3Prefix="p")
    [key] = [one["Key"] for one in s3.list_objects_v2(Bucket="box")["Contents"]]
    imported = client.import_table(
        S3BucketSource={"S3Bucket": "box", "S3KeyPrefix": key},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={"TableName": "III", **plain},
    )
    client.put_item(TableName="III", Item={"pk": {"S": "b"}})

    cloud.crash()

    client = cloud.client("dynamodb")
    assert {item["pk"]["S"] for item in client.scan(TableName="III")["Items"]} == {"a", "b"}
    arns = {
        "ExportArn": exported["ExportDescription"]["ExportArn"],
        "ImportArn": imported["ImportTableDescription"]["ImportArn"],
    }
    export = client.describe_export(ExportArn=arns["ExportArn"])["ExportDescription"]
    done = client.describe_import(ImportArn=arns["ImportArn"])["ImportTableDescription"]
    assert (export["ExportStatus"], done["ImportStatus"]) == ("COMPLETED", "COMPLETED")
    client.put_item(TableName="III", Item={"pk": {"S": "c"}})
    cloud.crash()
    assert cloud.client("dynamodb").scan(TableName="III")["Count"] == 3


@pytest.mark.parametrize("seconds_down", [0, 3600])
def test_a_schedule_that_nobody_has_looked_at_yet_is_due(cloud: KeptCloud, seconds_down: int) -> None:
    """A cloud that is killed before it has looked at a new schedule sends in time, or as soon as it can."""
    url = cloud.client("sqs").create_queue(QueueName="Q")["QueueUrl"]
    trusting = trust(Service="scheduler.amazonaws.com")
    role = cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    cloud.client("iam").put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document(allow("*")))
    at = datetime.fromtimestamp(cloud.laboratory.clock.now() + 60, UTC)
    cloud.client("scheduler").create_schedule(
        Name="once",
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:Q", "RoleArn": role, "Input": "due"},
    )

    cloud.crash()
    cloud.laboratory.clock.advance(seconds_down)
    cloud.laboratory.rest()

    received = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    assert [message["Body"] for message in received["Messages"]] == ["due"]
    assert cloud.client("scheduler").list_schedules()["Schedules"] == []


def test_messages_that_could_not_be_written_once(cloud: KeptCloud) -> None:
    """What could not be written with one commit is written with the next, each message once."""
    url = cloud.client("sqs").create_queue(QueueName="Q")["QueueUrl"]
    for body in ("a", "b"):
        cloud.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    [message, _] = sqs_backends[ACCOUNT]["us-east-1"].queues["Q"]._messages
    message.unkeepable = lambda: None
    with pytest.raises(ClientError, match="start it again, without the last change") as caught:
        cloud.client("sqs").receive_message(QueueUrl=url)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    del message.unkeepable

    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="c")
    cloud.crash()

    assert [one.body for one in sqs_backends[ACCOUNT]["us-east-1"].queues["Q"]._messages] == ["a", "b", "c"]
