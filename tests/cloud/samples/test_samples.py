"""SAM templates, one for each trigger, with handlers in the style of public samples.

Each of `templates/` is packaged as `sam package` does it, deployed, triggered, changed in place (its code and
a property), triggered again and deleted. Handlers note in the table `Results` what they did.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.permissions.conftest import make_client, outcome
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.runtime.environments.environment import Credentials

HERE = Path(__file__).parent
REGION = "us-east-1"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
Outputs = dict[str, str]
# From a cloud, the outputs of the stack and the release, 1 or 2, to the ids of orders that must be done.
Act = Callable[[Laboratory, Outputs, int], set[str]]


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    """A cloud in this process, whose functions have processes of their own."""
    with Laboratory(region=REGION, subprocesses=True) as laboratory:
        yield laboratory


@pytest.fixture
def cloud(laboratory: Laboratory) -> Laboratory:
    """The same cloud, empty but for a bucket for code."""
    laboratory._world.reset()
    laboratory.client("s3").create_bucket(Bucket="code")
    return laboratory


def order(number: int | str, **more: Any) -> str:
    return json.dumps({"id": f"order-{number}", "kind": "order", **more})


def put_records(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    orders = [order(release, price=1.5), '{"kind": "other"}']
    records = [{"Data": one.encode(), "PartitionKey": "k"} for one in orders]
    cloud.client("kinesis").put_records(StreamName=outputs["Stream"], Records=records)
    return {f"order-{release}"}


def put_record(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    cloud.client("kinesis").put_record(
        StreamName=outputs["Stream"], Data=order(release).encode(), PartitionKey="k"
    )
    return {f"order-{release}"}


def put_items(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    for one in (json.loads(order(release)), {"id": "another", "kind": "other"}):
        item = {name: {"S": value} for name, value in one.items()}
        cloud.client("dynamodb").put_item(TableName=outputs["Orders"], Item=item)
    return {f"order-{release}"}


def send(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    grouped = {"MessageGroupId": "orders"} if outputs["Queue"].endswith(".fifo") else {}
    cloud.client("sqs").send_message(QueueUrl=outputs["Queue"], MessageBody=order(release), **grouped)
    return {f"order-{release}"}


def send_good_and_bad(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    """Send a message without an id besides, which ends in the dead-letter queue alone."""
    cloud.client("sqs").send_message(QueueUrl=outputs["Queue"], MessageBody="{}")
    ids = send(cloud, outputs, release)
    settle(cloud)
    cloud.clock.advance(121.0)
    settle(cloud)
    dead = cloud.client("sqs").receive_message(QueueUrl=outputs["DeadLetters"], VisibilityTimeout=0)
    assert [message["Body"] for message in dead["Messages"]] == ["{}"]
    return ids


def send_twice(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    send(cloud, outputs, release)
    return send(cloud, outputs, release)


def publish(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    kinds = {"kind": {"DataType": "String", "StringValue": "order"}}
    cloud.client("sns").publish(TopicArn=outputs["Topic"], Message=order(release), MessageAttributes=kinds)
    return {f"order-{release}"}


def upload(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    for key in (f"in/an order {release}.json", "elsewhere.json"):
        cloud.client("s3").put_object(Bucket=outputs["Bucket"], Key=key, Body=order(release).encode())
    keys = [one["Key"] for one in cloud.client("s3").list_objects_v2(Bucket=outputs["Bucket"])["Contents"]]
    settle(cloud)
    for key in keys:
        cloud.client("s3").delete_object(Bucket=outputs["Bucket"], Key=key)
    return {f"order-{release}"}


def put_events(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    details = [order(release, price=7), order("cheap", price=3)][: 2 if "Bus" in outputs else 1]
    bus = {"EventBusName": outputs["Bus"]} if "Bus" in outputs else {}
    entries = [{"Source": "shop", "DetailType": "Sold", "Detail": one, **bus} for one in details]
    assert cloud.client("events").put_events(Entries=entries)["FailedEntryCount"] == 0
    return {f"order-{release}"}


def tick(cloud: Laboratory, _outputs: Outputs, release: int) -> set[str]:
    cloud.step()
    cloud.clock.advance(61.0)
    return {f"tick-{release}"}


def log(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    logs, now = cloud.client("logs"), int(cloud.clock.now() * 1000)
    logs.create_log_stream(logGroupName=outputs["Group"], logStreamName=str(release))
    lines = [f"ERROR {order(release)}", "INFO all is well"]
    logs.put_log_events(
        logGroupName=outputs["Group"],
        logStreamName=str(release),
        logEvents=[{"timestamp": now, "message": line} for line in lines],
    )
    assert errors(cloud) == release  # so far, one for each release
    return {f"order-{release}"}


def errors(cloud: Laboratory) -> float:
    """Return what the metric filter has counted."""
    end = datetime.fromtimestamp(cloud.clock.now() + 60, UTC)
    (found,) = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Samples",
        MetricName="Errors",
        StartTime=end - timedelta(hours=1),
        EndTime=end,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(found["Sum"])


def deployed(_cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    assert outputs["Seeded"] == f"seed-{release}"
    return {f"seed-{release}"}


def invoke(cloud: Laboratory, outputs: Outputs, release: int) -> set[str]:
    cloud.client("lambda").invoke(
        FunctionName=outputs["First"], InvocationType="Event", Payload=order(release).encode()
    )
    return {f"order-{release}"}


SAMPLES: dict[str, Act] = {
    "alias": send,
    "custom-resource": deployed,
    "destinations": invoke,
    "dynamodb": put_items,
    "idempotency": send_twice,
    "kinesis": put_records,
    "kinesis-consumer": put_record,
    "layer": put_events,
    "logs": log,
    "rule": put_events,
    "s3": upload,
    "schedule": tick,
    "scheduler-kinesis": tick,
    "scheduler-lambda": tick,
    "scheduler-sqs": tick,
    "sns": publish,
    "sns-sqs": publish,
    "sqs": send_good_and_bad,
    "sqs-fifo": send,
}


def packaged(cloud: Laboratory, name: str, release: int) -> str:
    """Return a template whose local code has been uploaded; a module of it tells which release it is."""

    def uploaded(found: re.Match[str]) -> str:
        key = f"{found[2]}-{release}.zip"
        cloud.client("s3").put_object(Bucket="code", Key=key, Body=archive(found[2], release))
        return f"{found[1]}: s3://code/{key}"

    text = (HERE / "templates" / f"{name}.yaml").read_text()
    return re.sub(r"(CodeUri|ContentUri): (\w+)/", uploaded, text)


def archive(folder: str, release: int) -> bytes:
    content = io.BytesIO()
    root = HERE / "handlers" / folder
    with zipfile.ZipFile(content, "w") as bundle:
        for path in sorted(root.rglob("*.py")):
            bundle.writestr(path.relative_to(root).as_posix(), path.read_text())
        bundle.writestr("release.py", f"RELEASE = {release}\n")
    return content.getvalue()


def settle(cloud: Laboratory) -> None:
    """Let everything happen that is under way, and what it causes."""
    for _ in range(4):
        cloud.step()
        cloud.clock.advance(1.0)


def outputs_of(cloud: Laboratory) -> Outputs:
    (stack,) = cloud.client("cloudformation").describe_stacks(StackName="sample")["Stacks"]
    events = cloud.client("cloudformation").describe_stack_events(StackName="sample")["StackEvents"]
    reasons = [event.get("ResourceStatusReason") for event in events]
    assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, reasons
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


def done(cloud: Laboratory, outputs: Outputs) -> dict[str, tuple[str, str]]:
    """Return by which version of the settings and which release of the code each order was done."""
    items = cloud.client("dynamodb").scan(TableName=outputs["Results"])["Items"]
    return {item["id"]["S"]: (item["version"]["S"], item["release"]["N"]) for item in items}


LISTED = {
    "cloudwatch": [("list_dashboards", "DashboardEntries"), ("describe_alarms", "MetricAlarms")],
    "dynamodb": [("list_tables", "TableNames")],
    "events": [("list_rules", "Rules"), ("list_event_buses", "EventBuses")],
    "iam": [("list_roles", "Roles")],
    "kinesis": [("list_streams", "StreamNames")],
    "lambda": [
        ("list_functions", "Functions"),
        ("list_event_source_mappings", "EventSourceMappings"),
        ("list_layers", "Layers"),
    ],
    "logs": [("describe_metric_filters", "metricFilters")],
    "s3": [("list_buckets", "Buckets")],
    "scheduler": [("list_schedules", "Schedules"), ("list_schedule_groups", "ScheduleGroups")],
    "sns": [("list_topics", "Topics"), ("list_subscriptions", "Subscriptions")],
    "sqs": [("list_queues", "QueueUrls")],
}


def everything(cloud: Laboratory) -> list[str]:
    """Return what there is in the account, but for log groups and times."""
    return [
        json.dumps(found, default=str)
        for service, calls in LISTED.items()
        for operation, member in calls
        for found in getattr(cloud.client(service), operation)().get(member, [])
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_deploys_works_changes_and_goes(cloud: Laboratory, name: str) -> None:
    """Its handler does what it is triggered for, in both releases, and nothing but log groups is left."""
    act, stacks = SAMPLES[name], cloud.client("cloudformation")
    before = everything(cloud)
    wanted: dict[str, tuple[str, str]] = {}
    for release, deploy in ((1, stacks.create_stack), (2, stacks.update_stack)):
        deploy(
            StackName="sample",
            TemplateBody=packaged(cloud, name, release),
            Parameters=[{"ParameterKey": "Version", "ParameterValue": str(release)}],
            Capabilities=CAPABILITIES,
        )
        outputs = outputs_of(cloud)
        settle(cloud)
        for identifier in act(cloud, outputs, release):
            wanted[identifier] = (str(release), str(release))
        settle(cloud)
        assert done(cloud, outputs).items() >= wanted.items() or name == "custom-resource"

    assert done(cloud, outputs).keys() <= wanted.keys()
    stacks.delete_stack(StackName="sample")
    settle(cloud)
    assert everything(cloud) == before


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("FunctionUrlConfig: {AuthType: NONE}", "AWS::Lambda::Url"),
        ("Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}", "events of type Api"),
        ("Events: {Get: {Type: HttpApi}}", "events of type HttpApi"),
        ("Events: {Topic: {Type: MSK, Properties: {Stream: a}}}", "events of type MSK"),
    ],
)
def test_what_is_not_offered_is_named(cloud: Laboratory, line: str, named: str) -> None:
    """A template that asks for something else is refused, and the message says for what."""
    text = packaged(cloud, "alias", 1).replace("AutoPublishAliasAllProperties: true", line)
    text = text if "Events: {" not in line else text.partition("      Events:\n")[0] + f"      {line}\n"

    with pytest.raises(ClientError, match=named):
        cloud.client("cloudformation").create_stack(
            StackName="sample", TemplateBody=text, Capabilities=CAPABILITIES
        )


def test_what_cdk_needs_is_made(cloud: Laboratory) -> None:
    """A bootstrap stack is made, its role may publish code, and a stack finds the bootstrap's version."""
    stacks = cloud.client("cloudformation")
    for name in ("bootstrap", "app"):
        text = (HERE / "templates" / f"cdk-{name}.yaml").read_text()
        stacks.create_stack(StackName=name, TemplateBody=text, Capabilities=["CAPABILITY_NAMED_IAM"])
        (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.describe_stack_events(StackName=name)
    (bootstrap,) = stacks.describe_stacks(StackName="bootstrap")["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in bootstrap["Outputs"]}
    given = cloud.client("sts").assume_role(RoleArn=outputs["Role"], RoleSessionName="cdk")["Credentials"]
    publisher = make_client(
        "s3", Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    )

    publisher.put_object(Bucket=outputs["Bucket"], Key="asset.zip", Body=b"1")

    assert outcome(publisher.put_object, Bucket="code", Key="k", Body=b"1") == "AccessDenied"
    for name in ("app", "bootstrap"):
        stacks.delete_stack(StackName=name)
    kept = {bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]}
    assert kept == {"code", outputs["Bucket"]}
