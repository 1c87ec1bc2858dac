"""What is right, though it looks odd: a template that says it makes its resource."""

import json
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import inline, queue, resource, role, table, trust

NUMBERS = {"ReadUnitsPerSecond": "12000", "WriteUnitsPerSecond": "4000"}
UNITS = {"ReadCapacityUnits": "5", "WriteCapacityUnits": "6"}
TWICE = [{"Key": "k", "Value": "1"}, {"Key": "j", "Value": "0"}, {"Key": "k", "Value": "2"}]
# Long as JSON with blanks, short without.
PATTERN = {"source": ["x"], "detail": {"a": [f"{number:03}" for number in range(270)]}}


def index(**more: Any) -> dict[str, Any]:
    key = [{"AttributeName": "Key", "KeyType": "HASH"}]
    return {"IndexName": "one", "KeySchema": key, "Projection": {"ProjectionType": "ALL"}, **more}


def keys_only(**more: Any) -> dict[str, Any]:
    return index(Projection={"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": []}, **more)


def rule(**more: Any) -> dict[str, Any]:
    return resource("Events::Rule", **{"ScheduleExpression": "rate(1 hour)", **more})


def trusting(**more: Any) -> dict[str, Any]:
    """Return a role whose trust policy says more than it has to."""
    document = trust("lambda.amazonaws.com")
    document["Statement"][0] |= more
    return role(AssumeRolePolicyDocument=document)


TAKEN = {
    "numbers of a table as text": table(WarmThroughput=NUMBERS),
    "numbers of an index as text": table(GlobalSecondaryIndexes=[index(WarmThroughput=NUMBERS)]),
    "units as text": table(
        BillingMode="PROVISIONED",
        ProvisionedThroughput=UNITS,
        GlobalSecondaryIndexes=[index(ProvisionedThroughput=UNITS)],
    ),
    "no indexes": table(GlobalSecondaryIndexes=[], LocalSecondaryIndexes=[]),
    "no attribute in an index": table(GlobalSecondaryIndexes=[keys_only()]),
    "no targets": rule(Targets=[]),
    "a long pattern": resource("Events::Rule", EventPattern=PATTERN),
    "setting a context": trusting(Action=["sts:AssumeRole", "sts:SetContext"]),
    "a number in a condition": trusting(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}),
    "an operator in small letters": trusting(Condition={"stringequals": {"aws:SourceAccount": "1"}}),
    "an inline policy": role(Policies=[inline("one", "s3:GetObject")]),
}
TAGGED: dict[str, dict[str, Any]] = {
    "DynamoDB::Table": table()["Properties"],
    "Events::EventBus": {"Name": "bus"},
    "IAM::Role": role()["Properties"],
    "IAM::User": {},
    "KMS::Key": {},
    "Kinesis::Stream": {"ShardCount": 1},
    "Logs::LogGroup": {},
    "S3::Bucket": {},
    "SNS::Topic": {},
    "SQS::Queue": {},
}


@pytest.mark.parametrize("title", TAKEN)
def test_what_is_right_is_made_and_updated(aws: Any, title: str) -> None:
    """A stack with it is made, and one with something else beside it as well."""
    made = aws.create({"Odd": TAKEN[title]})
    updated = aws.update({"Odd": TAKEN[title], "Queue": queue()})

    reasons = json.dumps(aws.reasons(made["StackId"]))
    assert (made["StackStatus"], updated["StackStatus"]) == ("CREATE_COMPLETE", "UPDATE_COMPLETE"), reasons


@pytest.mark.parametrize("kind", TAGGED)
def test_of_a_key_that_is_there_twice_the_last_counts(aws: Any, kind: str) -> None:
    """A template may have a tag twice, unlike a request."""
    made = aws.create({"Odd": resource(kind, **{**TAGGED[kind], "Tags": TWICE})})

    assert made["StackStatus"] == "CREATE_COMPLETE", aws.reason("Odd")


def test_the_last_tag_is_the_tags_value(aws: Any) -> None:
    """Of a table, whose tags are a list, and of a queue, whose tags are a map."""
    aws.create({"Table": table(Tags=TWICE), "Queue": queue(Tags=TWICE)})
    sqs, dynamodb, made = aws.client("sqs"), aws.client("dynamodb"), aws.resources()

    arn = dynamodb.describe_table(TableName=made["Table"])["Table"]["TableArn"]
    listed = dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]

    assert [one["Value"] for one in listed if one["Key"] == "k"] == ["2"]
    assert sqs.list_queue_tags(QueueUrl=made["Queue"])["Tags"]["k"] == "2"


def test_numbers_that_were_text_are_described_as_numbers(aws: Any) -> None:
    """CloudFormation makes them numbers."""
    aws.create({"Odd": TAKEN["units as text"], "Warm": TAKEN["numbers of a table as text"]})
    dynamodb, made = aws.client("dynamodb"), aws.resources()

    units, warm = (dynamodb.describe_table(TableName=made[name])["Table"] for name in ("Odd", "Warm"))

    assert units["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert warm["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000
