"""What a call may change is judged by its service as well as by its operation."""

from urllib.parse import urlencode

import pytest

from tests.cloud.documents import ACCOUNT, table
from tests.cloud.keeping.crashing import KeptCloud
from workshop.cloud.offline.http.calls import Call, Headers
from workshop.cloud.offline.keeping.changing_calls import Effect, effect_of

SIGNATURE = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/{}/aws4_request, X=y"


def call(service: str, *, target: str = "", method: str = "POST", path: str = "/", body: str = "") -> Call:
    """Return a call as clients send it; without a service it is not signed."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if target:
        headers["X-Amz-Target"] = target
    if service:
        headers["Authorization"] = SIGNATURE.format(service)
    return Call(method, path, Headers(headers.items()), body.encode())


ACTION = urlencode({"Action": "ListQueues"})
SENDING = urlencode({"Action": "SendMessage", "MessageBody": "m"})
CALLS: list[tuple[Call, Effect]] = [
    (call("dynamodb", target="DynamoDB_20120810.PutItem"), Effect.ROWS),
    (call("dynamodb", target="DynamoDB_20120810.ExecuteStatement"), Effect.ROWS),
    (call("redshift-data", target="RedshiftData.ExecuteStatement"), Effect.RESOURCES),
    (call("kinesis", target="Kinesis_20131202.PutRecord"), Effect.ROWS),
    (call("firehose", target="Firehose_20150804.PutRecord"), Effect.RESOURCES),
    (call("cognito-identity", target="AWSCognitoIdentityService.GetId"), Effect.RESOURCES),
    (call("cognito-identity", target="AWSCognitoIdentityService.ListIdentities"), Effect.NOTHING),
    (call("sts", body="Action=GetSessionToken"), Effect.RESOURCES),
    (call("sts", body="Action=GetCallerIdentity"), Effect.NOTHING),
    (call("monitoring", path="/service/GraniteServiceVersion20100801/operation/PutMetricData"), Effect.ROWS),
    (call("sqs", body=ACTION), Effect.NOTHING),
    (call("sqs", path=f"/{ACCOUNT}/Q", body=SENDING), Effect.ROWS),
    (call("sqs", method="GET", path=f"/?{SENDING}"), Effect.ROWS),
    (call("", method="GET", path=f"/?{SENDING}"), Effect.RESOURCES),
    (call("", method="GET", path="/box/key"), Effect.NOTHING),
    # What is mere content, or a path, to services of REST.
    (call("s3", method="PUT", path="/box/key", body=ACTION), Effect.RESOURCES),
    (call("s3", method="PUT", path="/box/key?Action=ListQueues"), Effect.RESOURCES),
    (call("lambda", path="/2015-03-31/functions", body=ACTION), Effect.RESOURCES),
    (call("lambda", path="/2015-03-31/functions/F/invocations", body=ACTION), Effect.ROWS),
    (call("s3", path="/2015-03-31/functions/F/invocations"), Effect.RESOURCES),
]


@pytest.mark.parametrize(("made", "effect"), CALLS, ids=lambda one: getattr(one, "operation", one))
def test_the_effect_of_a_call(made: Call, effect: Effect) -> None:
    """The same name, or the same body, means something else to another service."""
    assert effect_of(made) is effect


def test_a_key_that_a_table_has_made_is_kept(cloud: KeptCloud) -> None:
    """An encrypted table has a key of KMS, which is there after a kill."""
    encrypted = {"SSESpecification": {"Enabled": True, "SSEType": "KMS"}, **table(view=None)}
    cloud.client("dynamodb").create_table(TableName="TTT", **encrypted)
    [before] = [key["KeyId"] for key in cloud.client("kms").list_keys()["Keys"]]

    cloud.crash()

    assert [key["KeyId"] for key in cloud.client("kms").list_keys()["Keys"]] == [before]


def test_the_secret_of_a_connection_is_kept(cloud: KeptCloud) -> None:
    """EventBridge puts what a connection signs with into Secrets Manager, where it is after a kill."""
    cloud.client("events").create_connection(
        Name="C",
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "n", "ApiKeyValue": "v"}},
    )
    before = [one["ARN"] for one in cloud.client("secretsmanager").list_secrets()["SecretList"]]
    assert len(before) == 1

    cloud.crash()

    assert [one["ARN"] for one in cloud.client("secretsmanager").list_secrets()["SecretList"]] == before


def test_what_s3_control_changes_is_kept(cloud: KeptCloud) -> None:
    """S3 Control signs as S3 does, and keeps what it has elsewhere."""
    blocked = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls"), True)
    cloud.client("s3control").put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration=blocked
    )

    cloud.crash()

    found = cloud.client("s3control").get_public_access_block(AccountId=ACCOUNT)
    assert blocked.items() <= found["PublicAccessBlockConfiguration"].items()


def test_what_moves_on_when_it_is_looked_at_is_kept(cloud: KeptCloud) -> None:
    """A pipe that was seen running is not being made again after a kill."""
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{{}}"
    cloud.client("pipes").create_pipe(
        Name="P", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", Source=arn.format("a"), Target=arn.format("b")
    )
    before = cloud.client("pipes").describe_pipe(Name="P")
    assert before["CurrentState"] == "RUNNING"

    cloud.crash()

    after = cloud.client("pipes").describe_pipe(Name="P")
    assert after["CurrentState"] == before["CurrentState"]
