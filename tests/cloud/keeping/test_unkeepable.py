"""What cannot be kept is refused by name, and what was there before is never lost for it."""

import functools
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.awslambda.models import lambda_backends
from moto.cloudformation.models import cloudformation_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.events.models import events_backends
from moto.logs.models import logs_backends
from moto.moto_api._internal.models import moto_api_backend

from tests.cloud.documents import ACCOUNT, trust
from tests.cloud.keeping.crashing import KeptCloud, largest_file
from tests.cloud.keeping.test_everything import TEMPLATE
from workshop.clock import ManualClock
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.keeping.errors import KeepingError
from workshop.cloud.offline.keeping.keeper import Keeper
from workshop.cloud.offline.keeping.packing import sealed
from workshop.cloud.offline.lock import LOCK


@pytest.fixture
def cloud(cloud: KeptCloud) -> KeptCloud:
    """A cloud with a stack `s`."""
    cloud.client("cloudformation").create_stack(StackName="s", TemplateBody=TEMPLATE)
    return cloud


def stacks(cloud: KeptCloud) -> list[str]:
    return [each["StackName"] for each in cloud.client("cloudformation").describe_stacks()["Stacks"]]


UNKEEPABLE: dict[str, Any] = {
    "cannot be written": lambda: None,
    "would not be read": functools.partial(int),
    "would not be found": print,
}


def put_rule(cloud: KeptCloud) -> None:
    cloud.client("events").put_rule(Name="R", EventPattern='{"source": ["a"]}')


def rules(cloud: KeptCloud) -> int:
    return len(cloud.client("events").list_rules()["Rules"])


@pytest.mark.parametrize("what", UNKEEPABLE)
def test_what_cannot_be_kept_is_refused_by_name(cloud: KeptCloud, what: str) -> None:
    """Nobody hears of a change that no start could bring back; all that was acknowledged comes back."""
    events_backends[ACCOUNT]["us-east-1"].unkeepable = UNKEEPABLE[what]

    for _ in range(2):
        with pytest.raises(ClientError, match=r"cannot keep what is in events .*--ephemeral") as caught:
            put_rule(cloud)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    cloud.client("sqs").create_queue(QueueName="Q")

    cloud.crash()
    assert (stacks(cloud), rules(cloud)) == (["s"], 0)
    assert len(cloud.client("sqs").list_queues()["QueueUrls"]) == 1
    put_rule(cloud)
    cloud.crash()
    assert rules(cloud) == 1


# By the name that moto has for the service: its backends, a change of a resource, a change of rows.
NAMED_OTHERWISE: dict[str, tuple[Any, Callable[[KeptCloud], Any], Callable[[KeptCloud], Any]]] = {
    "awslambda": (
        lambda_backends,
        lambda cloud: cloud.client("lambda").delete_function(FunctionName="F"),
        lambda cloud: cloud.client("lambda").invoke(FunctionName="F"),
    ),
    "cloudwatch": (
        cloudwatch_backends,
        lambda cloud: cloud.client("cloudwatch").delete_alarms(AlarmNames=["a"]),
        lambda cloud: cloud.client("cloudwatch").put_metric_data(
            Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}]
        ),
    ),
}


@pytest.mark.parametrize("service", NAMED_OTHERWISE)
def test_what_cannot_be_kept_is_refused_where_only_rows_change(cloud: KeptCloud, service: str) -> None:
    """A service that moto calls by another name than signatures do is found all the same; others go on."""
    url = cloud.client("sqs").create_queue(QueueName="Q")["QueueUrl"]
    backends, change, put = NAMED_OTHERWISE[service]
    backends[ACCOUNT]["us-east-1"].unkeepable = UNKEEPABLE["cannot be written"]

    for act in (change, put):
        with pytest.raises(ClientError, match=f"cannot keep what is in {service} "):
            act(cloud)

    assert cloud.client("sqs").send_message(QueueUrl=url, MessageBody="m")["MessageId"]


def test_what_cannot_be_kept_is_forgotten_by_a_reset(cloud: KeptCloud) -> None:
    """After a reset everything can be changed again."""
    events_backends[ACCOUNT]["us-east-1"].unkeepable = UNKEEPABLE["cannot be written"]
    with pytest.raises(ClientError, match="cannot keep"):
        put_rule(cloud)
    assert cloud.laboratory.offline is not None

    cloud.laboratory.offline.reset()

    put_rule(cloud)
    cloud.crash()
    assert rules(cloud) == 1


def test_keys_are_kept(cloud: KeptCloud) -> None:
    """What keys of any kind have made is known after a crash."""
    client = cloud.client("kms")
    key, data = client.create_key()["KeyMetadata"]["KeyId"], b"text"
    pair = client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signing = {"KeyId": pair, "Message": data, "SigningAlgorithm": "ECDSA_SHA_256"}
    secret, signature = client.encrypt(KeyId=key, Plaintext=data), client.sign(**signing)

    cloud.crash()

    client = cloud.client("kms")
    assert client.decrypt(CiphertextBlob=secret["CiphertextBlob"])["Plaintext"] == data
    assert client.verify(**signing, Signature=signature["Signature"])["SignatureValid"]
    assert stacks(cloud) == ["s"]


def test_a_reset_forgets_what_is_still_to_be_read(cloud: KeptCloud) -> None:
    """A reset before the stacks are back forgets them as well."""
    copy = cloud.copied()
    cloud.laboratory.close()
    keeper = Keeper(copy, ManualClock())
    with LOCK:
        moto_api_backend.reset()
        keeper.forget()
        keeper.read_late()
        assert keeper.is_complete
        assert cloudformation_backends[ACCOUNT]["us-east-1"].stacks == {}
    keeper.close()

    cloud.laboratory = Laboratory(kept=copy)

    assert stacks(cloud) == []
    assert cloud.client("sns").list_topics()["Topics"] == []


ROLLED_BACK = {
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": f"arn:aws:iam::{ACCOUNT}:role/lambda",
                "Code": {"ZipFile": "def handler(event, context): pass"},
            },
        },
        "Taken": {
            "Type": "AWS::Kinesis::Stream",
            "DependsOn": ["Queue", "Function"],
            "Properties": {"Name": "taken", "ShardCount": 1},
        },
    }
}


def test_a_stack_that_was_rolled_back_harms_no_other(cloud: KeptCloud) -> None:
    """A stack still knows what was made for it and deleted at once, which no service ever kept."""
    cloud.client("kinesis").create_stream(StreamName="taken", ShardCount=1)
    cloud.client("iam").create_role(
        RoleName="lambda", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com")
    )
    cloud.client("cloudformation").create_stack(StackName="bad", TemplateBody=json.dumps(ROLLED_BACK))
    before = cloud.client("cloudformation").describe_stacks(StackName="bad")["Stacks"][0]["StackStatus"]

    cloud.crash()

    assert sorted(stacks(cloud)) == ["bad", "s"]
    assert before == "ROLLBACK_COMPLETE"
    cloud.client("cloudformation").delete_stack(StackName="bad")
    cloud.crash()
    assert stacks(cloud) == ["s"]


def test_what_cannot_be_read_costs_no_other_service(tmp_path: Path, cloud: KeptCloud) -> None:
    """If one late service cannot be read, the others come back, and the note names the one that is gone."""
    cloud.client("ssm").put_parameter(Name="/p", Value="v", Type="String")
    copy = cloud.copied()
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute(
            "UPDATE documents SET content = ? WHERE name = 'resources/cloudformation'",
            (sealed(b"no document"),),
        )

    cloud.crash(copy)

    [note] = cloud.notes
    assert "cloudformation" in note
    assert "ssm" not in note
    assert cloud.client("ssm").get_parameter(Name="/p")["Parameter"]["Value"] == "v"
    assert stacks(cloud) == []


def test_what_cannot_be_read_is_not_given_up_without_a_copy(tmp_path: Path, cloud: KeptCloud) -> None:
    """Where there is no room for a copy of what could not be read, nothing is changed."""
    copy = cloud.copied()
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute(
            "UPDATE documents SET content = ? WHERE name = 'resources/cloudformation'",
            (sealed(b"no document"),),
        )
    cloud.laboratory.close()
    keeper = Keeper(copy, ManualClock())
    try:
        with (
            LOCK,
            largest_file(4096),
            pytest.raises(KeepingError, match=r"cloudformation .* free some space"),
        ):
            keeper.read_late()
        assert (keeper.is_complete, keeper.notes) == (False, [])
        assert not list(tmp_path.glob("*.aside-*"))
    finally:
        keeper.close()
    with closing(sqlite3.connect(copy)) as connection:
        found = connection.execute("SELECT content FROM documents WHERE name = 'resources/cloudformation'")
        assert found.fetchall() == [(sealed(b"no document"),)]


def test_what_is_made_before_all_is_read_is_written_with_the_rest(cloud: KeptCloud) -> None:
    """Whoever has made something that cannot be kept before the stacks are back is behind until they are."""
    copy = cloud.copied()
    cloud.laboratory.close()
    keeper = Keeper(copy, ManualClock())
    with LOCK:
        logs_backends[ACCOUNT]["us-east-1"].ensure_log_group("early")
    assert keeper.is_behind
    with LOCK:
        keeper.read_late()
    assert not keeper.is_behind

    killed = shutil.copytree(copy.parent, copy.parent / "killed") / copy.name
    keeper.close()
    cloud.laboratory = Laboratory(kept=killed)

    assert [one["logGroupName"] for one in cloud.client("logs").describe_log_groups()["logGroups"]] == [
        "early"
    ]
    assert stacks(cloud) == ["s"]
