"""Unmodified clients, pointed at the offline cloud by AWS_ENDPOINT_URL alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workshop.cloud.connection import Cloud, connect

SCRIPT = """
import boto3
dynamodb = boto3.resource("dynamodb")
table = dynamodb.create_table(
    TableName="plain", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST",
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
table.wait_until_exists()
table.put_item(Item={"pk": "a", "v": 5})
streams = boto3.client("dynamodbstreams")
arn = table.latest_stream_arn
shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
print(streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"][0]["dynamodb"]["NewImage"])
"""


@pytest.fixture
def environment(shared_cloud: Cloud) -> dict[str, str]:
    """What a user sets: the endpoint, any keys, a region."""
    assert shared_cloud.offline is not None
    shared_cloud.offline.reset()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": shared_cloud.endpoint or "",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "eu-south-1",
        "AWS_PAGER": "",
    }


def aws(environment: dict[str, str], *arguments: str, as_json: bool = True) -> Any:
    """Run the AWS CLI of the virtual environment and return its JSON, or its text."""
    program = shutil.which("aws", path=str(Path(sys.executable).parent))
    assert program is not None
    done = subprocess.run(
        [program, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "{}") if as_json else done.stdout


def test_a_plain_boto3_script_works(environment) -> None:
    """A script that knows nothing of the workshop creates a table, writes, and reads its stream."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.strip() == "{'pk': {'S': 'a'}, 'v': {'N': '5'}}", done.stderr


def test_the_aws_cli_works(environment, tmp_path) -> None:
    """The AWS CLI makes a stream and a queue by a template, puts records, and reads them."""
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n"
        "  Stream: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1, Name: cli}}\n"
        "  Queue: {Type: 'AWS::SQS::Queue'}\n"
        "Outputs: {Arn: {Value: !GetAtt Stream.Arn}}\n"
    )

    aws(
        environment,
        *("cloudformation", "create-stack", "--stack-name", "s"),
        *("--template-body", f"file://{template}"),
    )
    aws(environment, "kinesis", "put-record", "--stream-name", "cli", "--partition-key", "k", "--data", "x")
    outputs = aws(environment, "cloudformation", "describe-stacks", "--stack-name", "s")["Stacks"][0][
        "Outputs"
    ]
    shard = ("--shard-id", "shardId-000000000000", "--shard-iterator-type", "TRIM_HORIZON")
    iterator = aws(environment, "kinesis", "get-shard-iterator", "--stream-name", "cli", *shard)
    records = aws(environment, "kinesis", "get-records", "--shard-iterator", iterator["ShardIterator"])

    assert outputs[0]["OutputValue"] == "arn:aws:kinesis:eu-south-1:123456789012:stream/cli"
    assert [record["Data"] for record in records["Records"]] == ["eA=="]


SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Handler: app.handler, Runtime: python3.13}
Outputs: {Name: {Value: !Ref Function}}
"""


def test_the_aws_cli_packages_and_deploys(environment, tmp_path) -> None:
    """`package` and `deploy` bring a SAM template with local code up, and find that nothing has changed."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context):\n    return event\n")
    (tmp_path / "template.yaml").write_text(SAM)
    packaged = str(tmp_path / "packaged.yaml")
    stack = ("cloudformation", "deploy", "--template-file", packaged, "--stack-name", "s")

    aws(environment, "s3", "mb", "s3://artifacts", as_json=False)
    aws(
        environment,
        *("cloudformation", "package", "--template-file", str(tmp_path / "template.yaml")),
        *("--s3-bucket", "artifacts", "--output-template-file", packaged),
        as_json=False,
    )
    done = aws(environment, *stack, "--capabilities", "CAPABILITY_IAM", as_json=False)
    again = aws(
        environment, *stack, "--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset", as_json=False
    )
    cloud = connect(
        "offline", endpoint=environment["AWS_ENDPOINT_URL"], region=environment["AWS_DEFAULT_REGION"]
    )
    (function,) = cloud.client("lambda").list_functions()["Functions"]
    answer = cloud.client("lambda").invoke(FunctionName=function["FunctionName"], Payload=b'{"a": 1}')

    assert "Successfully created/updated stack - s" in done
    assert "No changes to deploy" in again
    assert json.load(answer["Payload"]) == {"a": 1}
