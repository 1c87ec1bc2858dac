"""Keys that calls name."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.conftest import Account
from tests.cloud.documents import table
from workshop.cloud.offline.overlay.correct import plain_moto

KEY = "11111111-1111-1111-1111-111111111111"
ARN = f"arn:aws:kms:eu-west-1:123456789012:key/{KEY}"
NO_KEY, NO_ALIAS = f"Key '{ARN}' does not exist", f"Alias {ARN.partition('key/')[0]}alias/none is not found."
GROUP_ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:g"


def calls(key: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return a call for each service that encrypts by a key."""
    secret = {"SSEType": "KMS", "Enabled": True, "KMSMasterKeyId": key}
    return {
        "kinesis": (
            "start_stream_encryption",
            {"StreamName": "S", "EncryptionType": "KMS", "KeyId": key},
        ),
        "logs": ("create_log_group", {"logGroupName": "g", "kmsKeyId": key}),
        "s3": (
            "put_object",
            {"Bucket": "box", "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key},
        ),
        "dynamodb": ("create_table", {"TableName": "T", **table(), "SSESpecification": secret}),
    }


# Service → the key that it says it uses.
KEPT: dict[str, Callable[[Any], str]] = {
    "kinesis": lambda kinesis: kinesis.describe_stream(StreamName="S")["StreamDescription"]["KeyId"],
    "logs": lambda logs: logs.describe_log_groups()["logGroups"][0]["kmsKeyId"],
    "s3": lambda s3: s3.head_object(Bucket="box", Key="k")["SSEKMSKeyId"],
    "dynamodb": lambda dynamodb: dynamodb.describe_table(TableName="T")["Table"]["SSEDescription"][
        "KMSMasterKeyArn"
    ],
}


@pytest.fixture
def clients(account: Account) -> dict[str, Any]:
    """Clients of an account with a stream and a bucket."""
    found = {service: account.client(service) for service in calls(KEY)}
    found["kinesis"].create_stream(StreamName="S", ShardCount=1)
    place = {"LocationConstraint": "eu-west-1"}
    found["s3"].create_bucket(Bucket="box", CreateBucketConfiguration=place)
    return found


@pytest.mark.parametrize(
    ("service", "key", "code", "text"),
    [
        ("kinesis", KEY, "KMSNotFoundException", NO_KEY),
        ("kinesis", "alias/none", "KMSNotFoundException", NO_ALIAS),
        ("logs", ARN, "AccessDeniedException", f"not allowed to be used with Arn '{GROUP_ARN}'"),
        ("s3", ARN, "KMS.NotFoundException", NO_KEY),
        ("s3", "alias/none", "KMS.NotFoundException", NO_ALIAS),
        ("dynamodb", ARN, "ValidationException", f"services.kms.model.NotFoundException: {NO_KEY}"),
    ],
)
def test_a_key_that_is_not_there_is_refused(
    clients: dict[str, Any], refused: Any, service: str, key: str, code: str, text: str
) -> None:
    """The error is that of the service, with the sentence of KMS; plain moto takes the key."""
    name, arguments = calls(key)[service]

    error = refused(getattr(clients[service], name), **arguments)
    with plain_moto():
        getattr(clients[service], name)(**arguments)

    assert error[0] == code
    assert text in error[1]


@pytest.mark.parametrize("service", calls(KEY))
def test_a_key_of_no_region_is_refused(clients: dict[str, Any], refused: Any, service: str) -> None:
    """A region that does not exist has no keys."""
    name, arguments = calls(ARN.replace("eu-west-1", "nowhere-1"))[service]

    codes = {
        "kinesis": "KMSNotFoundException",
        "logs": "AccessDeniedException",
        "s3": "KMS.NotFoundException",
        "dynamodb": "ValidationException",
    }
    assert refused(getattr(clients[service], name), **arguments)[0] == codes[service]


def test_an_upload_in_parts_is_refused_at_its_beginning(clients: dict[str, Any], refused: Any) -> None:
    """Nobody sends parts that could not be put together; plain moto takes the key."""
    upload = {"Bucket": "box", "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": ARN}

    error = refused(clients["s3"].create_multipart_upload, **upload)
    with plain_moto():
        clients["s3"].create_multipart_upload(**upload)

    assert error == ("KMS.NotFoundException", NO_KEY)


@pytest.mark.parametrize("service", calls(KEY))
def test_a_key_that_is_there_is_taken(account: Account, clients: dict[str, Any], service: str) -> None:
    """By its ARN, by an alias, and the services' own by theirs."""
    kms = account.client("kms")
    made = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=made)
    keys = [made] if service in {"logs", "dynamodb"} else [made, "alias/mine", f"alias/aws/{service}"]

    for key in keys:
        name, arguments = calls(key)[service]
        getattr(clients[service], name)(**arguments)

        assert KEPT[service](clients[service]) == key


def test_a_key_of_a_stream_is_enabled(account: Account, clients: dict[str, Any], refused: Any) -> None:
    """One that is disabled or goes encrypts no stream; plain moto takes it."""
    kms = account.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    name, arguments = calls(key)["kinesis"]
    encrypt = getattr(clients["kinesis"], name)

    kms.disable_key(KeyId=key)
    disabled = refused(encrypt, **arguments)
    kms.schedule_key_deletion(KeyId=key)
    going = refused(encrypt, **arguments)
    with plain_moto():
        encrypt(**arguments)

    assert (disabled[0], going[0]) == ("KMSDisabledException", "KMSInvalidStateException")


def test_a_table_changes_to_a_key_that_is_there(account: Account, refused: Any) -> None:
    """UpdateTable says what CreateTable says; plain moto takes any key."""
    dynamodb = account.client("dynamodb")
    _, arguments = calls(ARN)["dynamodb"]
    dynamodb.create_table(TableName="T", **table())
    change = {"TableName": "T", "SSESpecification": arguments["SSESpecification"]}

    made = refused(dynamodb.create_table, **{**arguments, "TableName": "other"})
    changed = refused(dynamodb.update_table, **change)
    with plain_moto():
        dynamodb.update_table(**change)

    assert changed == made
