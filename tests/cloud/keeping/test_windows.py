"""Tumbling windows across a kill."""

from tests.cloud.documents import function, make_role
from tests.cloud.keeping.crashing import KeptCloud, copies_meanwhile, make_stream_and_table
from tests.cloud.keeping.test_everything import READING

HANDLER = """
import boto3


def handler(event, context):
    seen = event["state"].get("seen", 0) + len(event["Records"])
    if event["isFinalInvokeForWindow"]:
        boto3.client("dynamodb").update_item(
            TableName="T",
            Key={"pk": {"S": event["shardId"] + event["window"]["start"]}},
            UpdateExpression="SET seen = :seen ADD ends :one",
            ExpressionAttributeValues={":seen": {"N": str(seen)}, ":one": {"N": "1"}},
        )
    return {"state": {"seen": seen}}
"""


def windowed(cloud: KeptCloud) -> None:
    """Make a stream `S`, and a function that puts how many records a window had into `T`."""
    make_role(cloud.client("iam"))
    make_stream_and_table(cloud)
    functions = cloud.client("lambda")
    functions.create_function(**function(source=HANDLER))
    functions.create_event_source_mapping(
        FunctionName="F", **READING, BatchSize=2, TumblingWindowInSeconds=10
    )


def test_a_window_counts_no_record_twice(cloud: KeptCloud) -> None:
    """Whenever a kill comes, the state has each record once; the last invocation may come a second time."""
    windowed(cloud)
    for number in range(3):
        cloud.client("kinesis").put_record(StreamName="S", Data=b"1", PartitionKey=f"{number}")

    cloud.laboratory.step()
    cloud.laboratory.clock.advance(10)
    copies = copies_meanwhile(cloud, cloud.laboratory.step, seed=2, one_in=2)

    ends = set()
    for copy in copies:
        cloud.crash(copy)
        cloud.laboratory.step()
        [item] = cloud.client("dynamodb").scan(TableName="T")["Items"]
        assert item["seen"]["N"] == "3"
        ends.add(item["ends"]["N"])
    assert ends == {"1", "2"}
