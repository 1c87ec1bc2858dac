"""The offline cloud as a process: what clients see of it."""

import io
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.cloud.documents import table, trust
from tests.cloud.waiting import wait_until_gone
from workshop.cloud.connection import Cloud
from workshop.cloud.offline.keeping.store import Store
from workshop.cloud.temporary import temporary_cloud

TABLE = table(view="NEW_IMAGE")
DYING_PARENT = """
import os
from workshop.cloud import temporary_cloud
with temporary_cloud() as cloud:
    print(cloud.offline.health()['pid'], flush=True)
    os._exit(1)
"""


@pytest.fixture
def cloud(shared_cloud: Cloud) -> Cloud:
    """The shared cloud, emptied."""
    assert shared_cloud.offline is not None
    shared_cloud.offline.reset()
    return shared_cloud


def client(cloud: Cloud, service: str, **more: Any) -> Any:
    """Return a client of one's own, that gives up at once."""
    return boto3.client(
        service,
        endpoint_url=cloud.endpoint,
        region_name=more.pop("region", cloud.region),
        aws_access_key_id="anything",
        aws_secret_access_key="at all",
        config=Config(retries={"max_attempts": 0}, account_id_endpoint_mode="disabled", **more),
    )


STOPS_AT_ONCE = """
import threading
from workshop.cloud.offline.server import OfflineCloud
with OfflineCloud(port=0):
    pass
print([thread.name for thread in threading.enumerate()])
"""


def test_a_cloud_that_stops_at_once_leaves_no_thread() -> None:
    """Also what is still being loaded ends with the cloud: a thread that is cut off can abort the process."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", STOPS_AT_ONCE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "['MainThread']\n"), done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="counts the processor time of a child")
def test_the_cloud_starts_within_five_seconds() -> None:
    """From the start of the process to its first answer, a cloud works for less than five seconds.

    Processor time, since the clock on the wall also counts what else the machine is doing.
    """
    import resource

    def worked() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = worked()
    done = subprocess.run(
        [sys.executable, "-m", "workshop.cloud.offline", "--port", "0", "--ephemeral"],
        stdin=subprocess.DEVNULL,  # ends as soon as it has started
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.startswith("http://127.0.0.1:")
    assert worked() - before < 5


def test_a_long_poll_holds_nobody_up(cloud) -> None:
    """While a ReceiveMessage waits for 20 s, a hundred puts, a count and a sent message go through."""
    queue = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    dynamodb = client(cloud, "dynamodb", max_pool_connections=50)
    dynamodb.create_table(TableName="T", **TABLE)
    received: list[Any] = []

    def poll() -> None:
        received.append(client(cloud, "sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20))

    poller = threading.Thread(target=poll)
    poller.start()
    with ThreadPoolExecutor(25) as pool:
        list(pool.map(lambda n: dynamodb.put_item(TableName="T", Item={"pk": {"S": f"k{n}"}}), range(100)))
    still_polling = poller.is_alive()
    count = dynamodb.scan(TableName="T", Select="COUNT")["Count"]
    cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="at last")
    poller.join(15)

    assert (still_polling, count) == (True, 100)
    assert [message["Body"] for message in received[0]["Messages"]] == ["at last"]


def test_cancelled_transactions_lose_no_writes_of_others(cloud) -> None:
    """Puts that were acknowledged are there, however many transactions are cancelled meanwhile."""
    dynamodb = client(cloud, "dynamodb", max_pool_connections=10)
    dynamodb.create_table(TableName="T", **TABLE)
    done = threading.Event()
    cancelled: list[int] = []
    missing = {"TableName": "T", "Key": {"pk": {"S": "-"}}, "ConditionExpression": "attribute_exists(pk)"}
    put = {"TableName": "T", "Item": {"pk": {"S": "phantom"}}}

    def cancel() -> None:
        while not done.is_set():
            with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
                dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": missing}])
            cancelled.append(1)

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: dynamodb.put_item(TableName="T", Item={"pk": {"S": f"k{n}"}}), range(450)))
    done.set()
    canceller.join()

    found = {item["pk"]["S"] for item in dynamodb.scan(TableName="T")["Items"]}
    assert found == {f"k{number}" for number in range(450)}
    assert len(cancelled) > 10


def test_counters_of_many_clients_add_up(cloud) -> None:
    """Increments from many clients at once are all counted."""
    dynamodb = client(cloud, "dynamodb", max_pool_connections=25)
    dynamodb.create_table(TableName="T", **TABLE)

    def add(_: int) -> None:
        dynamodb.update_item(
            TableName="T",
            Key={"pk": {"S": "sum"}},
            UpdateExpression="ADD v :one",
            ExpressionAttributeValues={":one": {"N": "0.01"}},
        )

    with ThreadPoolExecutor(25) as pool:
        list(pool.map(add, range(300)))

    item = dynamodb.get_item(TableName="T", Key={"pk": {"S": "sum"}})["Item"]
    assert item["v"] == {"N": "3"}


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-2", "ap-southeast-7", "us-gov-west-1"])
def test_every_region_is_served(cloud, region: str) -> None:
    """A client of any region finds its own resources there, and no others."""
    dynamodb = client(cloud, "dynamodb", region=region)
    arn = dynamodb.create_table(TableName="T", **TABLE)["TableDescription"]["TableArn"]

    assert f":dynamodb:{region}:123456789012:table/T" in arn
    assert client(cloud, "dynamodb", region="sa-east-1").list_tables()["TableNames"] == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("s3", "list_buckets", {}, "Buckets"),
        ("sqs", "create_queue", {"QueueName": "q"}, "QueueUrl"),
        ("sns", "create_topic", {"Name": "t"}, "TopicArn"),
        ("cloudwatch", "list_metrics", {}, "Metrics"),
        ("logs", "describe_log_groups", {}, "logGroups"),
        ("iam", "get_policy", {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, "Policy"),
        ("sts", "get_caller_identity", {}, "Account"),
        ("cloudformation", "list_stacks", {}, "StackSummaries"),
        ("lambda", "list_functions", {}, "Functions"),
        ("kms", "list_keys", {}, "Keys"),
        ("ssm", "describe_parameters", {}, "Parameters"),
        ("events", "list_rules", {}, "Rules"),
        ("dynamodbstreams", "list_streams", {}, "Streams"),
        ("kinesis", "list_streams", {}, "StreamNames"),
    ],
)
def test_services_answer(cloud, service: str, operation: str, parameters: dict, expected: str) -> None:
    """The services that pipelines, templates and lessons use all answer at one endpoint."""
    assert expected in getattr(cloud.client(service), operation)(**parameters)


def test_objects_of_s3_come_back_as_they_were(cloud) -> None:
    """Bytes and streams of S3, with the checksums that clients add, are stored as they are."""
    s3 = client(cloud, "s3")
    content = bytes(range(256)) * 5000
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": cloud.region})

    s3.put_object(Bucket="bucket", Key="bytes/ü 1", Body=content)
    s3.upload_fileobj(io.BytesIO(content), "bucket", "stream")

    for key in ("bytes/ü 1", "stream"):
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == content
    assert s3.head_object(Bucket="bucket", Key="stream")["ContentLength"] == len(content)


def test_reset_forgets_everything(cloud) -> None:
    """After a reset there is no table, no stream, no bucket and no function."""
    cloud.client("dynamodb").create_table(TableName="T", **TABLE)
    cloud.client("kinesis").create_stream(StreamName="S", ShardCount=1)
    cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust())

    cloud.offline.reset()

    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
    assert cloud.client("kinesis").list_streams()["StreamNames"] == []
    assert cloud.client("iam").list_roles()["Roles"] == []


def test_time_can_pass_in_a_moment(cloud) -> None:
    """After the clock is advanced by ten minutes, a request token is a new one and records arrive later."""
    dynamodb, kinesis = cloud.client("dynamodb"), cloud.client("kinesis")
    dynamodb.create_table(TableName="T", **TABLE)
    kinesis.create_stream(StreamName="S", ShardCount=1)
    add = {
        "TableName": "T",
        "Key": {"pk": {"S": "a"}},
        "UpdateExpression": "ADD v :x",
        "ExpressionAttributeValues": {":x": {"N": "1"}},
    }
    arrivals = []
    for _ in range(2):
        for _ in range(2):
            dynamodb.transact_write_items(TransactItems=[{"Update": add}], ClientRequestToken="t")
        kinesis.put_record(StreamName="S", PartitionKey="k", Data=b"x")
        arrivals.append(cloud.offline.now())
        cloud.offline.advance(601)

    assert dynamodb.get_item(TableName="T", Key=add["Key"])["Item"]["v"] == {"N": "2"}
    assert arrivals[1] - arrivals[0] >= 601


def test_an_ephemeral_cloud_ends_with_its_parent() -> None:
    """When the process that started an ephemeral cloud is gone, so is the cloud."""
    parent = subprocess.Popen([sys.executable, "-c", DYING_PARENT], stdout=subprocess.PIPE, text=True)
    output, _ = parent.communicate(timeout=60)
    pid = int(output)

    assert wait_until_gone(pid)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_ephemeral_cloud_stops_cleanly_while_its_input_is_open() -> None:
    """A signal ends it with success, although its standard input could still bring something."""
    with subprocess.Popen(
        [sys.executable, "-m", "workshop.cloud.offline", "--port", "0", "--ephemeral"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("http")

        process.terminate()

        assert process.wait(30) == 0
        assert "Fatal" not in process.stderr.read()


def test_a_cloud_that_keeps_nothing_says_so(tmp_path: Path) -> None:
    """Where another cloud keeps its state in the same file, the one that begins empty has a note of it."""
    store = Store(tmp_path / "cloud.state")
    try:
        with temporary_cloud(kept=store.path) as cloud:
            assert cloud.offline is not None
            [note] = cloud.offline.health(5.0)["notes"]
    finally:
        store.close()

    assert f"this cloud keeps nothing: another one, which runs, keeps its state in `{store.path}`" in note
