"""What tests of the pipeline share: a DynamoDB and a Kinesis that are not ours."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tests.cloud.documents import table


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Plain moto in this process, with credentials that are worth nothing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws):
    """A DynamoDB client."""
    return boto3.client("dynamodb")


@pytest.fixture
def kinesis(aws):
    """A Kinesis client."""
    return boto3.client("kinesis")


@pytest.fixture
def make_table(dynamodb):
    """Create a table with a text key and fill it with items in DynamoDB's JSON."""

    def make(name: str, key: str, *items: dict) -> str:
        dynamodb.create_table(TableName=name, **table(key, None))
        for item in items:
            dynamodb.put_item(TableName=name, Item=item)
        return name

    return make
