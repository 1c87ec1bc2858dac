"""The offline cloud as people use it, with functions in processes of their own: credentials and rights."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import ACCOUNT, allow, document, trust
from tests.cloud.permissions.conftest import Roles, table_arn
from tests.cloud.waiting import wait_until
from workshop.cloud.connection import Cloud
from workshop.cloud.temporary import temporary_cloud

READING = [f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator")]
SOURCE = """
import boto3, os
def handler(event, context):
    caller = boto3.client("sts").get_caller_identity()["Arn"]
    refusals = []
    for table in ("T", "U"):
        try:
            boto3.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "seen"}})
        except Exception as error:
            refusals.append([table, error.response["Error"]["Code"]])
    secrets = [os.environ[name] for name in sorted(os.environ) if name.startswith("AWS_")]
    return {"caller": caller, "refusals": refusals, "secrets": secrets, "state": {}}
"""


class Live(Roles):
    """A cloud with two tables and a function that writes to both."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.make_tables()
        self.make(
            "f", allow("dynamodb:PutItem", table_arn("T")), trusted=trust(Service="lambda.amazonaws.com")
        )
        self.make_function("f", SOURCE)

    def seen(self, table: str = "T") -> bool:
        """Whether the function has written to a table."""
        found = self.cloud.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "seen"}})
        return "Item" in found


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """A cloud in a process of its own, started by somebody with credentials of their own."""
    own = {"AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL", "AWS_SECRET_ACCESS_KEY": "real-secret"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        with temporary_cloud(region="us-east-1") as cloud:
            yield Live(cloud)


def invoke(live: Live) -> dict[str, Any]:
    answer = live.cloud.client("lambda").invoke(FunctionName="f", Payload=b"{}")
    document: dict[str, Any] = json.load(answer["Payload"])
    return document


def test_a_function_acts_as_its_role(live: Live) -> None:
    """A function's calls are made by a session of its role that bears its name, with its role's rights."""
    answer = invoke(live)

    assert answer["caller"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/f/f"
    assert answer["refusals"] == [["U", "AccessDeniedException"]]


def test_a_function_never_sees_a_persons_credentials(live: Live) -> None:
    """Whatever credentials the cloud was started with, no function finds any of them."""
    secrets = invoke(live)["secrets"]

    assert os.environ["AWS_ACCESS_KEY_ID"] == "AKIAREALREALREALREAL"
    assert not {"AKIAREALREALREALREAL", "real-secret"} & set(secrets)


def test_rights_are_looked_at_while_a_mapping_runs(live: Live) -> None:
    """A mapping stops soon after its right is taken away, says why, and goes on soon after it is back."""
    functions, dynamodb = live.cloud.client("lambda"), live.cloud.client("dynamodb")
    stream = dynamodb.describe_table(TableName="U")["Table"]["LatestStreamArn"]
    call = {"FunctionName": "f", "EventSourceArn": stream, "StartingPosition": "TRIM_HORIZON"}
    with pytest.raises(ClientError, match="Cannot access stream"):
        functions.create_event_source_mapping(**call)
    own = document(allow(READING, stream))

    live.iam.put_role_policy(RoleName="f", PolicyName="read", PolicyDocument=own)
    uuid = functions.create_event_source_mapping(**call)["UUID"]
    live.iam.delete_role_policy(RoleName="f", PolicyName="read")

    def result() -> str:
        return str(functions.get_event_source_mapping(UUID=uuid)["LastProcessingResult"])

    assert wait_until(lambda: result().startswith("PROBLEM: Cannot access stream"), 30.0)
    dynamodb.delete_item(TableName="T", Key={"id": {"S": "seen"}})
    dynamodb.put_item(TableName="U", Item={"id": {"S": "a"}})
    assert not live.seen()
    live.iam.put_role_policy(RoleName="f", PolicyName="read", PolicyDocument=own)
    assert wait_until(lambda: live.seen() and result() == "OK", 30.0)
