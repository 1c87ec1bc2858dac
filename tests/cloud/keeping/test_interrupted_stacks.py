"""A kill amid an operation on a stack: it has failed, and nothing that was made is left behind."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.documents import function, make_role
from tests.cloud.keeping.crashing import KeptCloud, copies_meanwhile
from tests.cloud.keeping.test_everything import FUNCTION
from tests.effort import LONG

HANDLER = """
import json
import urllib.request


def handler(event, context):
    is_bad = event["ResourceProperties"]["V"] == "bad" and event["RequestType"] != "Delete"
    names = ("StackId", "RequestId", "LogicalResourceId")
    answer = {name: event[name] for name in names}
    answer |= {"Status": "FAILED" if is_bad else "SUCCESS", "Reason": "r", "PhysicalResourceId": "p"}
    body, headers = json.dumps(answer).encode(), {"Content-Type": ""}
    request = urllib.request.Request(event["ResponseURL"], data=body, headers=headers, method="PUT")
    urllib.request.urlopen(request)
"""
INNER = {
    "Type": "AWS::CloudFormation::Stack",
    "Properties": {"TemplateURL": "https://s3.amazonaws.com/box/t"},
}
KILLS = 3


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[KeptCloud]:
    """A cloud with a function for custom resources, and a bucket with a template that uses it."""
    cloud = KeptCloud(tmp_path, subprocesses=True)
    s3 = cloud.client("s3")
    make_role(cloud.client("iam"))
    cloud.client("lambda").create_function(**function(source=HANDLER))
    s3.create_bucket(Bucket="box")
    s3.put_object(Bucket="box", Key="t", Body=template("id", "good").encode())
    yield cloud
    cloud.laboratory.close()


def template(key: str, value: str) -> str:
    """Another key replaces the table; the custom resource comes between it and the topic."""
    table = {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
    }
    custom = {"ServiceToken": FUNCTION, "V": value, "Table": {"Ref": "Table"}}
    resources = {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        "Custom": {"Type": "Custom::C", "Properties": custom},
        f"Topic{key}": {"Type": "AWS::SNS::Topic", "DependsOn": "Custom"},
    }
    return json.dumps({"Resources": resources})


def killed(cloud: KeptCloud, act: Callable[[Any], Any]) -> set[str]:
    """Do something with CloudFormation, and return how the stack `s` is after kills meanwhile.

    Each time it is deleted, after another update if that is possible, and nothing may be left.
    """
    statuses = set()
    copies = copies_meanwhile(cloud, lambda: act(cloud.client("cloudformation")), seed=1, one_in=1)
    # The first is amid the first call of the custom resource's function.
    for copy in copies if LONG else copies[:: len(copies) // KILLS]:
        cloud.crash(copy)
        client = cloud.client("cloudformation")
        found = {one["StackName"]: one for one in client.describe_stacks()["Stacks"]}
        rows = client.describe_stack_resources(StackName="s")["StackResources"] if found else []
        assert not [row for row in rows if row["ResourceStatus"].endswith("_IN_PROGRESS")]
        if found:
            statuses.add(status := found["s"]["StackStatus"])
            assert (
                status.endswith("_COMPLETE") or "The offline cloud ended" in found["s"]["StackStatusReason"]
            )
        if found and status == "UPDATE_FAILED":
            client.update_stack(StackName="s", TemplateBody=template("other", "good"))
            assert client.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
        client.delete_stack(StackName="s")
        assert left(cloud) == ([], [], [], ["box"])
    return statuses


def left(cloud: KeptCloud) -> tuple[list[str], ...]:
    return (
        [one["StackName"] for one in cloud.client("cloudformation").describe_stacks()["Stacks"]],
        cloud.client("dynamodb").list_tables()["TableNames"],
        [one["TopicArn"] for one in cloud.client("sns").list_topics()["Topics"]],
        [one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]],
    )


@pytest.mark.parametrize("value", ["good", "bad"])
def test_an_update_that_was_cut_off(cloud: KeptCloud, value: str) -> None:
    """It can be tried again or deleted; what it had replaced, or was to undo, goes as well."""
    cloud.client("cloudformation").create_stack(StackName="s", TemplateBody=template("id", "first"))

    statuses = killed(
        cloud, lambda client: client.update_stack(StackName="s", TemplateBody=template("other", value))
    )

    assert "UPDATE_FAILED" in statuses


def test_a_stack_inside_a_stack_that_was_cut_off(cloud: KeptCloud) -> None:
    """The outer stack knows the inner one, though that was not complete."""
    outer = json.dumps({"Resources": {"Inner": INNER}})

    statuses = killed(cloud, lambda client: client.create_stack(StackName="s", TemplateBody=outer))

    assert "CREATE_FAILED" in statuses


def test_a_change_set_that_was_cut_off(cloud: KeptCloud) -> None:
    """It has failed, and cannot be executed again over what it had made."""
    client = cloud.client("cloudformation")
    client.create_change_set(
        StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=template("id", "good")
    )
    [copy, *_] = copies_meanwhile(
        cloud, lambda: client.execute_change_set(StackName="s", ChangeSetName="c"), seed=1, one_in=1
    )

    cloud.crash(copy)

    found = cloud.client("cloudformation").describe_change_set(StackName="s", ChangeSetName="c")
    assert found["ExecutionStatus"] == "EXECUTE_FAILED"
