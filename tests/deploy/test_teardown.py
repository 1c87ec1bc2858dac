"""Pipelines taken away."""

import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.deploy.by_hand import ANY_TABLE, connect_reduce, role_of
from workshop.clock import ManualClock
from workshop.cloud.connection import Cloud
from workshop.deploy.additions import own_policy_of
from workshop.deploy.bundles import build_bundle
from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.leftovers import StackResource, remaining, resources_of
from workshop.deploy.stacks import added_by_hand, deploy, destroy, list_stacks
from workshop.errors import DeploymentError, StackNotFoundError, TearDownError


def inventory(cloud: Cloud) -> dict[str, Any]:
    """Return everything that the services of the pipelines know."""
    functions, iam = cloud.client("lambda"), cloud.client("iam")
    return {
        "alarms": cloud.client("cloudwatch").describe_alarms()["MetricAlarms"],
        "dashboards": cloud.client("cloudwatch").list_dashboards()["DashboardEntries"],
        "buckets": cloud.client("s3").list_buckets()["Buckets"],
        "functions": functions.list_functions()["Functions"],
        "groups": cloud.client("logs").describe_log_groups()["logGroups"],
        "mappings": functions.list_event_source_mappings()["EventSourceMappings"],
        "policies": iam.list_policies(Scope="Local")["Policies"],
        "queues": cloud.client("sqs").list_queues().get("QueueUrls", []),
        "roles": iam.list_roles()["Roles"],
        "schedules": cloud.client("scheduler").list_schedules()["Schedules"],
        "stacks": cloud.client("cloudformation").describe_stacks()["Stacks"],
        "streams": cloud.client("kinesis").list_streams()["StreamNames"],
        "tables": cloud.client("dynamodb").list_tables()["TableNames"],
    }


def list_keys(cloud: Cloud) -> list[str]:
    """Return what the code bucket holds."""
    return list(CodeBucket(cloud).keys(None))


def add_by_hand(cloud: Cloud, outputs: dict[str, str]) -> str:
    """Give ReduceLambda a mapping, an alarm and policies, and return a policy that is not the stack's."""
    name = outputs["ReduceLambdaName"]
    iam, alarms = cloud.client("iam"), cloud.client("cloudwatch")
    own: str = iam.create_policy(PolicyName="mine", PolicyDocument=ANY_TABLE)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role_of(cloud, name), PolicyArn=own)
    connect_reduce(cloud, outputs, policy="ReadStream")
    for alarm, watched in (("behind", name), ("not-ours", "another-function")):
        alarms.put_metric_alarm(
            AlarmName=alarm,
            Namespace="AWS/Lambda",
            MetricName="IteratorAge",
            Dimensions=[{"Name": "FunctionName", "Value": watched}],
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Period=60,
            Statistic="Maximum",
            Threshold=1,
        )
    return own


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_nothing_is_left(checkout: Path, cloud: Cloud, pipeline: str) -> None:
    """After the last stack the account is as empty as before the first, bucket included."""
    before = inventory(cloud)
    stack = deploy(cloud, pipeline).stack
    during = inventory(cloud)

    destroy(cloud, stack, clock=ManualClock())

    assert all(each for name, each in during.items() if name != "schedules")
    assert inventory(cloud) == before


def test_the_other_stack_stays(checkout: Path, cloud: Cloud) -> None:
    """One learner's farewell does not touch another's stack, nor the zips that it was made from."""
    deploy(cloud, "stateful", stack="one")
    deploy(cloud, "stateful", stack="two")
    before = resources_of(cloud, "two")

    destroy(cloud, "one", clock=ManualClock())

    assert [stack.name for stack in list_stacks(cloud)] == ["two"]
    assert remaining(cloud, before) == before
    assert {key.partition("/")[0] for key in list_keys(cloud)} == {"two"}


def test_logs_that_lambda_made_go_as_well(checkout: Path, cloud: Cloud) -> None:
    """A log group that CloudFormation does not know of is found by the name of its function."""
    deployment = deploy(cloud, "stateless")
    group = f"/aws/lambda/{deployment.outputs['MapLambdaName']}"
    cloud.client("logs").delete_log_group(logGroupName=group)
    told = []

    def lambda_logs_once_more(event: Any) -> None:
        told.append(event)
        if (event.logical_id, event.status) == (deployment.stack, "DELETE_COMPLETE"):
            cloud.client("logs").create_log_group(logGroupName=group)

    destroy(cloud, deployment.stack, on_event=lambda_logs_once_more, clock=ManualClock())

    assert told
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


def test_what_others_hold_is_named_before_anything_goes(checkout: Path, cloud: Cloud) -> None:
    """A policy of a user, or a protected table, is theirs to undo: all stays, and they are told how."""
    iam, dynamodb = cloud.client("iam"), cloud.client("dynamodb")
    deployment = deploy(cloud, "stateful")
    arn, table = deployment.outputs["FrontEndPolicyArn"], deployment.outputs["StateTableName"]
    iam.create_user(UserName="reader")
    iam.attach_user_policy(UserName="reader", PolicyArn=arn)
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    before = inventory(cloud)

    with pytest.raises(TearDownError, match="cannot be deleted as a whole, so nothing was deleted") as caught:
        destroy(cloud, deployment.stack, clock=ManualClock())

    protected, attached = sorted(caught.value.remaining)
    assert f"update-table --table-name {table} --no-deletion-protection-enabled" in protected
    assert f"aws iam detach-user-policy --user-name reader --policy-arn {arn}" in attached
    assert f"`workshop destroy {deployment.stack}` again" in str(caught.value)
    assert inventory(cloud) == before
    iam.detach_user_policy(UserName="reader", PolicyArn=arn)
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    destroy(cloud, deployment.stack, clock=ManualClock())
    assert list_stacks(cloud) == ()


def test_what_is_left_is_named(checkout: Path, cloud: Cloud) -> None:
    """A resource that cannot be deleted is named with the reason; without the cause a second try works."""
    iam = cloud.client("iam")
    deployment = deploy(cloud, "stateless")
    role = role_of(cloud, deployment.outputs["MapLambdaName"])
    iam.create_instance_profile(InstanceProfileName="theirs")
    iam.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName=role)

    with pytest.raises(TearDownError, match="ended in `DELETE_FAILED` and something is left") as caught:
        destroy(cloud, deployment.stack, clock=ManualClock())

    assert f"AWS::IAM::Role `{role}` (MapLambdaRole)" in caught.value.remaining
    assert "instance profile" in str(caught.value)
    assert f"`workshop destroy {deployment.stack}` again" in str(caught.value)
    iam.remove_role_from_instance_profile(InstanceProfileName="theirs", RoleName=role)
    destroy(cloud, deployment.stack, clock=ManualClock())
    assert list_stacks(cloud) == ()


def test_what_cloudformation_overlooked_is_named(checkout: Path, cloud: Cloud) -> None:
    """`DELETE_COMPLETE` is not believed: a table that is still there is a remainder."""
    deployment = deploy(cloud, "stateless")
    cloud.client("cloudformation").update_stack(
        StackName=deployment.stack,
        TemplateBody=Path("cloudformation/stateless.yaml")
        .read_text(encoding="utf-8")
        .replace("DeletionPolicy: Delete", "DeletionPolicy: Retain"),
        Parameters=[
            {"ParameterKey": row, "UsePreviousValue": True}
            for row in ("CodeBucket", "MapCodeKey", "ReduceCodeKey")
        ],
        Capabilities=["CAPABILITY_IAM"],
    )
    clock = ManualClock(0)

    with pytest.raises(TearDownError, match="ended in `DELETE_COMPLETE` and something is left") as caught:
        destroy(cloud, deployment.stack, clock=clock)

    table = deployment.outputs["AggregateTableName"]
    assert f"AWS::DynamoDB::Table `{table}` (AggregateTable)" in caught.value.remaining
    assert clock.now() >= 120


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_what_was_added_by_hand_goes_as_well(checkout: Path, cloud: Cloud, pipeline: str) -> None:
    """Mappings, alarms and policies that somebody gave to the stack's functions do not outlive it."""
    before = inventory(cloud)
    deployment = deploy(cloud, pipeline, parameters={"ConnectStages": "false"})
    stays = add_by_hand(cloud, deployment.outputs)
    role, mapped = role_of(cloud, deployment.outputs["ReduceLambdaName"]), inventory(cloud)["mappings"]

    named = added_by_hand(cloud, deployment.stack)
    destroy(cloud, deployment.stack, clock=ManualClock())

    assert sorted(named) == [
        "AWS::CloudWatch::Alarm `behind` (of ReduceLambda)",
        f"AWS::Lambda::EventSourceMapping `{mapped[0]['UUID']}` (of ReduceLambda)",
        f"policy `ReadStream` of AWS::IAM::Role `{role}` (ReduceLambdaRole)",
        f"policy `mine` of AWS::IAM::Role `{role}` (ReduceLambdaRole)",
    ]
    cloud.client("cloudwatch").delete_alarms(AlarmNames=["not-ours"])
    cloud.client("iam").delete_policy(PolicyArn=stays)
    assert inventory(cloud) == before


def test_a_mapping_that_is_being_changed_goes_later(
    checkout: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapping that Lambda does not give up yet is deleted at a later try, and until then is a remainder."""
    deployment = deploy(cloud, "stateful", parameters={"ConnectStages": "false"})
    add_by_hand(cloud, deployment.outputs)
    functions = cloud.client("lambda")
    in_use = ClientError({"Error": {"Code": "ResourceInUseException"}}, "DeleteEventSourceMapping")
    answers = [in_use, in_use]
    delete = functions.delete_event_source_mapping

    def busy_at_first(**request: Any) -> Any:
        if answers:
            raise answers.pop()
        return delete(**request)

    monkeypatch.setattr(functions, "delete_event_source_mapping", busy_at_first)
    clock = ManualClock(0)

    destroy(cloud, deployment.stack, clock=clock)

    assert inventory(cloud)["mappings"] == []
    assert clock.now() > 0


@pytest.mark.parametrize("pipeline", ["stateless", "stateful", "game"])
def test_roles_have_the_policy_that_their_name_says(pipeline: str) -> None:
    """The only inline policy of a role in our templates bears the role's name, so others are told from it."""
    text = Path(f"cloudformation/{pipeline}.yaml").read_text(encoding="utf-8")
    roles = re.findall(r"^  (\w+):\n    Type: AWS::IAM::Role$", text, re.MULTILINE)

    assert re.findall(r"- PolicyName: (\w+)", text) == [own_policy_of(role) for role in roles]
    assert "ManagedPolicyArns" not in text


def test_a_failed_stack_can_be_destroyed(checkout: Path, cloud: Cloud) -> None:
    """What is left of a failed deployment goes as well, the zips included."""
    cloud.client("logs").create_log_group(logGroupName="/aws/lambda/mine-MapLambda")
    with pytest.raises(DeploymentError):
        deploy(cloud, "stateless", stack="mine")

    destroy(cloud, "mine", clock=ManualClock())

    assert list_stacks(cloud) == ()
    assert not CodeBucket(cloud).exists()


def test_of_a_stack_that_was_deleted_by_hand_the_zips_go(checkout: Path, cloud: Cloud) -> None:
    """They go when it is destroyed all the same, and with the last one their bucket."""
    for name in ("one", "two"):
        deploy(cloud, "stateless", stack=name)
        cloud.client("cloudformation").delete_stack(StackName=name)
        if name == "one":
            deploy(cloud, "stateless", stack="two")
            destroy(cloud, "one")
            assert {key.partition("/")[0] for key in list_keys(cloud)} == {"two"}

    destroy(cloud, "two")

    assert not CodeBucket(cloud).exists()
    with pytest.raises(StackNotFoundError):
        destroy(cloud, "two")


def test_what_others_put_into_the_bucket_stays(checkout: Path, cloud: Cloud) -> None:
    """Of the bucket only zips of ours go; whatever else is in it is named, and keeps the bucket."""
    deployment = deploy(cloud, "stateless", stack="mine")
    s3, own = cloud.client("s3"), {"Bucket": CodeBucket(cloud).name}
    for key in ("notes.txt", "mine/notes.txt"):
        s3.put_object(**own, Key=key, Body=b"")

    for _ in range(2):  # the stack is gone the second time, and it is told all the same
        with pytest.raises(TearDownError, match="which the workshop did not put there") as caught:
            destroy(cloud, deployment.stack, clock=ManualClock())
        assert [each.split("`")[1] for each in caught.value.remaining] == ["mine/notes.txt", "notes.txt"]

    rows = s3.list_object_versions(**own)["Versions"]
    assert sorted(row["Key"] for row in rows) == ["mine/notes.txt", "notes.txt"]
    for row in rows:
        s3.delete_object(**own, Key=row["Key"], VersionId=row["VersionId"])
    destroy(cloud, deployment.stack, clock=ManualClock())
    assert not CodeBucket(cloud).exists()


def test_zips_that_a_stack_still_needs_stay(checkout: Path, cloud: Cloud) -> None:
    """A stack without the workshop's tag is not listed, and keeps its zips when the last one goes."""
    deploy(cloud, "stateless", stack="mine")
    keys = CodeBucket(cloud).upload("theirs", {"map": build_bundle("stateless", "map", "textbook")})
    queue = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    cloud.client("cloudformation").create_stack(StackName="theirs", TemplateBody=queue)

    destroy(cloud, "mine", clock=ManualClock())

    assert list_keys(cloud) == list(keys.values())


@pytest.mark.parametrize("name", ["nobody", "other"])
def test_only_pipelines_are_destroyed(checkout: Path, cloud: Cloud, name: str) -> None:
    """A stack that is no pipeline of the workshop is left alone."""
    queue = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    cloud.client("cloudformation").create_stack(StackName="other", TemplateBody=queue)

    with pytest.raises(StackNotFoundError):
        destroy(cloud, name)

    assert len(inventory(cloud)["queues"]) == 1


def test_every_type_of_the_templates_can_be_asked_for(checkout: Path, cloud: Cloud) -> None:
    """Each resource of both pipelines is found while it is there, and missed when it is gone."""
    names = [deploy(cloud, pipeline).stack for pipeline in ("stateless", "stateful")]
    everything = tuple(each for name in names for each in resources_of(cloud, name))

    there = remaining(cloud, everything)
    for name in names:
        cloud.client("cloudformation").delete_stack(StackName=name)

    assert there == everything
    assert len(everything) == 64
    assert remaining(cloud, everything) == ()


def test_a_type_that_is_not_ours_is_not_asked_for(cloud: Cloud) -> None:
    """For other types CloudFormation's word has to do."""
    assert remaining(cloud, [StackResource("Topic", "AWS::SNS::Topic", "arn")]) == ()


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_the_bucket_lies_in_the_region_of_the_stack(checkout: Path, cloud: Cloud, region: str) -> None:
    """Lambda takes code from buckets of its own region alone."""
    there = Cloud("aws", region=region)
    deployment = deploy(there, "stateless")
    bucket = CodeBucket(there)

    location = there.client("s3").get_bucket_location(Bucket=bucket.name)["LocationConstraint"]
    assert bucket.name == f"trade-risk-workshop-123456789012-{region}"
    assert location in {region, None}
    destroy(there, deployment.stack, clock=ManualClock())
    assert not bucket.exists()
