"""Deployments that are cut off, and what comes after."""

import random
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.deploy.calls import hooked, recorded
from tests.deploy.test_deployment import calling
from tests.deploy.test_teardown import inventory
from tests.effort import LONG
from workshop.cli.deploy import all_stacks
from workshop.clock import ManualClock
from workshop.cloud.connection import Cloud
from workshop.course.course import Textbook
from workshop.deploy.change_sets import StackChange
from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.ending import read_end, set_end
from workshop.deploy.events import EventLog, follow
from workshop.deploy.finding import change_sets_of, describe, list_ends
from workshop.deploy.stacks import deploy, destroy, list_stacks
from workshop.errors import ConfigurationError, DeploymentError, StackNotFoundError
from workshop.game.play import GAME_LEVELS, set_up

SEEDS = range(20 if LONG else 2)
PIPELINES = ("stateless", "stateful")
END = datetime(2090, 12, 1, tzinfo=UTC)
BUSY = ClientError({"Error": {"Code": "OperationAborted", "Message": "in progress"}}, "CreateBucket")
EXPIRED = ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "DescribeStacks")


class CutOff:
    """A hook that lets so many calls pass, and then presses Ctrl-C."""

    def __init__(self, passing: int) -> None:
        self._left = passing

    def __call__(self, **_: Any) -> None:
        """Be called before a call."""
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def moments() -> dict[str, int]:
    """How many calls a deployment of each pipeline makes, once that is known."""
    return {}


def deploy_all(cloud: Cloud, pipeline: str) -> None:
    """Deploy a pipeline; beside a stateful one the generator with its schedule, and the end of both."""
    if pipeline == "stateless":
        deploy(cloud, pipeline, stack="mine")
        return
    deploy(cloud, pipeline, stack="mine", parameters={"HierarchyLevels": GAME_LEVELS})
    set_up(cloud, "mine")
    set_end(cloud, "mine", END, deletes_pipeline=True, clock=ManualClock())


def destroy_all(cloud: Cloud) -> None:
    """Do as `workshop destroy --all`."""
    for name in all_stacks(cloud):
        with suppress(StackNotFoundError):
            destroy(cloud, name, clock=ManualClock())
    CodeBucket(cloud).remove_if_empty()


def cut_off(cloud: Cloud, moments: dict[str, int], seed: int) -> str:
    """Deploy a pipeline until Ctrl-C at a random moment, and return which."""
    pipeline = PIPELINES[seed % len(PIPELINES)]
    assert cloud.account_id  # asked for once, and not with each deployment
    if pipeline not in moments:
        with recorded(cloud) as calls:
            deploy_all(cloud, pipeline)
        moments[pipeline] = len(calls)
        destroy_all(cloud)
    passing = random.Random(seed).randrange(moments[pipeline])
    with pytest.raises(KeyboardInterrupt), hooked(cloud, CutOff(passing)):
        deploy_all(cloud, pipeline)
    return pipeline


@pytest.mark.parametrize("seed", SEEDS)
def test_a_deployment_that_was_cut_off_leaves_nothing(
    checkout: Path, cloud: Cloud, moments: dict[str, int], seed: int
) -> None:
    """After Ctrl-C at any moment, everything can be destroyed, and the account is as empty as before."""
    before = inventory(cloud)
    cut_off(cloud, moments, seed)

    destroy_all(cloud)

    assert inventory(cloud) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_a_farewell_that_was_cut_off_is_completed_by_the_next(
    checkout: Path, cloud: Cloud, moments: dict[str, int], seed: int
) -> None:
    """After Ctrl-C at any moment of destroying, the next time leaves nothing."""
    pipeline, before = PIPELINES[seed % len(PIPELINES)], inventory(cloud)
    deploy_all(cloud, pipeline)
    with recorded(cloud) as calls:
        destroy_all(cloud)
    deploy_all(cloud, pipeline)
    with (
        pytest.raises(KeyboardInterrupt),
        hooked(cloud, CutOff(random.Random(seed).randrange(len(calls)))),
    ):
        destroy_all(cloud)

    destroy_all(cloud)

    assert inventory(cloud) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_a_deployment_that_was_cut_off_is_completed_by_the_next(
    checkout: Path, cloud: Cloud, moments: dict[str, int], seed: int
) -> None:
    """After Ctrl-C at any moment, the same deployment works, and nothing tells it from an undisturbed one."""
    pipeline = cut_off(cloud, moments, seed)

    deploy_all(cloud, pipeline)

    assert {stack.status for stack in list_stacks(cloud)} == {"CREATE_COMPLETE"}
    assert (read_end(cloud, "mine") is not None) is (pipeline == "stateful")
    assert cloud.client("s3").get_bucket_policy(Bucket=CodeBucket(cloud).name)["Policy"]


def test_every_request_is_valid(checkout: Path, cloud: Cloud) -> None:
    """Whatever deploying, changing and destroying asks for, the services' own models allow."""
    with recorded(cloud) as calls:
        for parameters in ({}, {"LogRetentionDays": "14"}, {}):
            deploy(cloud, "stateful", parameters=parameters)
        destroy(cloud, "trade-risk-stateful", clock=ManualClock())

    assert len({call.operation for call in calls}) >= 40
    assert [call for call in calls if call.problems] == []


def test_it_is_told_what_will_change(checkout: Path, cloud: Cloud) -> None:
    """Before anything happens it is known what is made, and what would lose what it holds."""
    plans: list[Any] = []
    deploy(cloud, "stateless", on_plan=plans.append)
    with pytest.raises(RuntimeError), calling(cloud, "ExecuteChangeSet", stop):
        deploy(cloud, "stateless", parameters={"LogRetentionDays": "14"}, on_plan=plans.append)

    made, changed = plans
    assert {change.action for change in made} == {"Add"}
    assert StackChange("Add", "AggregateTable", "AWS::DynamoDB::Table") in made
    assert {(change.action, change.logical_id, change.is_replaced) for change in changed} == {
        ("Modify", "MapLambdaLogGroup", False),
        ("Modify", "ReduceLambdaLogGroup", False),
    }
    assert {row["retentionInDays"] for row in inventory(cloud)["groups"]} == {7}


def stop(**_: Any) -> None:
    """Stand for anything that ends a process."""
    raise RuntimeError


def test_a_stack_that_was_never_made_is_ours(checkout: Path, cloud: Cloud) -> None:
    """A stack under review is known by its change set, and is destroyed like any other."""
    with pytest.raises(RuntimeError), calling(cloud, "ExecuteChangeSet", stop):
        deploy(cloud, "stateful", stack="mine")

    [stack] = list_stacks(cloud)
    assert (stack.name, stack.pipeline, stack.status) == ("mine", "stateful", "REVIEW_IN_PROGRESS")
    destroy(cloud, "mine", clock=ManualClock())
    assert inventory(cloud)["stacks"] == []


def test_an_end_that_was_never_made_goes_with_its_pipeline(checkout: Path, cloud: Cloud) -> None:
    """What was going to end a pipeline is found without tags and outputs, and goes, also on its own."""
    deploy(cloud, "stateless", stack="mine")
    with pytest.raises(RuntimeError), calling(cloud, "ExecuteChangeSet", stop):
        set_end(cloud, "mine", END, deletes_pipeline=True, clock=ManualClock())
    cloud.client("cloudformation").delete_stack(StackName="mine")

    assert list_ends(cloud) == ("mine",)
    destroy_all(cloud)
    assert inventory(cloud)["stacks"] == []


def test_a_finished_pipeline_that_was_interrupted_is_made_anew(checkout: Path, cloud: Cloud) -> None:
    """A pipeline beside the learner's is deployed once it has outputs, so that a second try makes it."""
    textbook = Textbook(cloud, root=checkout, home=checkout, prefix="mine")
    with pytest.raises(RuntimeError), calling(cloud, "ExecuteChangeSet", stop):
        deploy(cloud, "stateful", stack=textbook.stack)

    assert not textbook.is_deployed
    assert textbook.outputs["StateTableName"]
    assert textbook.is_deployed


def propose_by_hand(cloud: Cloud, name: str) -> None:
    """Put the stack `mine` under review, as another client does."""
    cloud.client("cloudformation").create_change_set(
        StackName="mine",
        ChangeSetName=name,
        ChangeSetType="CREATE",
        TemplateBody='{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}',
    )


def test_what_somebody_else_has_under_review_is_left_alone(checkout: Path, cloud: Cloud) -> None:
    """A stack that another client wants to make is neither taken over nor destroyed."""
    propose_by_hand(cloud, "theirs")

    with pytest.raises(ConfigurationError, match="`mine` exists and is no pipeline of this workshop"):
        deploy(cloud, "stateless", stack="mine")
    with pytest.raises(StackNotFoundError):
        destroy(cloud, "mine", clock=ManualClock())

    stack_id = (describe(cloud, "mine") or {})["StackId"]
    assert change_sets_of(cloud, stack_id) == ["theirs"]


@pytest.mark.parametrize("before", [(), ("trade-risk-workshop-stateless-1",)])
def test_a_refused_change_set_takes_only_its_own_stack_along(
    checkout: Path, cloud: Cloud, before: tuple[str, ...]
) -> None:
    """A stack that was under review already keeps the change sets of others; one made for this one goes."""
    for name in before:
        propose_by_hand(cloud, name)

    def fail(*, parsed: dict[str, Any], **_: Any) -> None:
        parsed.update(Status="FAILED", StatusReason="no such thing")

    events = cloud.client("cloudformation").meta.events
    events.register("after-call.cloudformation.DescribeChangeSet", fail)
    try:
        with pytest.raises(DeploymentError, match="no such thing"):
            deploy(cloud, "stateless", stack="mine")
    finally:
        events.unregister("after-call.cloudformation.DescribeChangeSet", fail)

    described = describe(cloud, "mine")
    assert tuple(change_sets_of(cloud, described["StackId"]) if described else ()) == before


def test_credentials_that_expire_tell_the_way_on(checkout: Path, cloud: Cloud) -> None:
    """Whoever is signed out in the middle hears that CloudFormation goes on, and what to do."""
    deploy(cloud, "stateless", stack="mine")
    stack_id = (describe(cloud, "mine") or {})["StackId"]

    def expire(**_: Any) -> None:
        raise EXPIRED

    with pytest.raises(ClientError) as caught, calling(cloud, "DescribeStacks", expire):
        follow(cloud, EventLog(cloud, stack_id), stack_id)

    [note] = caught.value.__notes__
    assert note.startswith("CloudFormation goes on with the stack `mine`: deploy it again")
    assert note.endswith("or remove it with `workshop destroy mine`")


@pytest.mark.parametrize("code", ["ExpiredToken", "AccessDenied"])
def test_who_is_kept_out_before_anything_changes_hears_it_from_aws(
    checkout: Path, cloud: Cloud, code: str
) -> None:
    """What keeps somebody out comes as AWS says it, so that it is told how to sign in or whom to ask."""

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")

    for operation in ("ValidateTemplate", "CreateChangeSet"):
        with pytest.raises(ClientError, match=code), calling(cloud, operation, refuse):
            deploy(cloud, "stateless", stack="mine")


def test_whoever_asks_too_often_waits(checkout: Path, cloud: Cloud) -> None:
    """A throttled look at a stack is no failure of its deployment: the next look finds how it ended."""
    deploy(cloud, "stateless", stack="mine")
    stack_id, clock = (describe(cloud, "mine") or {})["StackId"], ManualClock(0)
    refusals = [
        ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "DescribeStacks")
    ] * 2

    def throttle(**_: Any) -> None:
        if refusals:
            raise refusals.pop()

    with calling(cloud, "DescribeStacks", throttle):
        status, _ = follow(cloud, EventLog(cloud, stack_id), stack_id, clock=clock)

    assert (status, clock.now()) == ("CREATE_COMPLETE", 4)


def stack_in(cloud: Cloud, status: str) -> Any:
    """Return moto's stack after giving it a status, as if something had gone wrong."""
    backend = __import__("moto.cloudformation", fromlist=["models"]).models.cloudformation_backends
    stack = next(iter(backend["123456789012"]["us-east-1"].stacks.values()))
    stack.status = status
    return stack


@pytest.mark.parametrize("status", ["ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED"])
def test_a_broken_stack_is_made_anew(checkout: Path, cloud: Cloud, status: str) -> None:
    """What is left of a half-made or half-deleted stack goes before the new one comes."""
    old = deploy(cloud, "stateless").outputs
    stack_in(cloud, status)

    new = deploy(cloud, "stateless").outputs

    assert old["StreamName"] != new["StreamName"]
    assert inventory(cloud)["streams"] == [new["StreamName"]]


@pytest.mark.parametrize(("ends", "is_mended"), [("UPDATE_ROLLBACK_COMPLETE", True), (None, False)])
def test_a_rollback_that_failed_is_resumed(
    checkout: Path, cloud: Cloud, ends: str | None, is_mended: bool
) -> None:
    """A stuck rollback is taken up again, and then the stack is brought up to date, or it is said why not."""
    deploy(cloud, "stateless")
    stack, asked = stack_in(cloud, "UPDATE_ROLLBACK_FAILED"), []

    def resume(**_: Any) -> tuple[Any, dict[str, Any]]:
        asked.append(None)
        stack.status = ends or "UPDATE_ROLLBACK_FAILED"
        stack._add_stack_event(stack.status)
        answer = type("Answer", (), {"status_code": 200, "headers": {}})()
        return answer, {"ResponseMetadata": {"HTTPStatusCode": 200}}

    with calling(cloud, "ContinueUpdateRollback", resume):
        if is_mended:
            deploy(cloud, "stateless", parameters={"LogRetentionDays": "14"})
        else:
            with pytest.raises(DeploymentError, match="`workshop destroy trade-risk-stateless`"):
                deploy(cloud, "stateless")

    assert asked == [None]
    assert stack.status == ("UPDATE_COMPLETE" if is_mended else "UPDATE_ROLLBACK_FAILED")


def test_the_bucket_is_private_and_keeps_every_version(checkout: Path, cloud: Cloud) -> None:
    """The bucket is open to nobody else, encrypted, versioned, tagged, and answers nothing without TLS."""
    deploy(cloud, "stateless")
    s3, name = cloud.client("s3"), {"Bucket": CodeBucket(cloud).name}

    block = s3.get_public_access_block(**name)["PublicAccessBlockConfiguration"]
    rules = s3.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"]
    policy = s3.get_bucket_policy(**name)["Policy"]
    assert set(block.values()) == {True}
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(**name)["Status"] == "Enabled"
    assert s3.get_bucket_tagging(**name)["TagSet"] == [{"Key": "trade-risk-workshop", "Value": "code"}]
    assert '"Effect": "Deny"' in policy
    assert '"aws:SecureTransport": "false"' in policy


@pytest.mark.parametrize(("refusals", "is_made"), [(3, True), (1_000, False)])
def test_a_bucket_that_has_just_gone_is_waited_for(cloud: Cloud, refusals: int, is_made: bool) -> None:
    """Where S3 does not give the name away yet, as right after `destroy`, the deployment waits a little."""
    clock, left = ManualClock(0), [BUSY] * refusals

    def refuse(**_: Any) -> None:
        if left:
            raise left.pop()

    events = cloud.client("s3").meta.events
    events.register("before-call.s3.CreateBucket", refuse)
    try:
        with nullcontext() if is_made else pytest.raises(ClientError, match="OperationAborted"):
            CodeBucket(cloud, clock=clock).upload("mine", {})
    finally:
        events.unregister("before-call.s3.CreateBucket", refuse)

    assert CodeBucket(cloud).exists() is is_made
    assert clock.now() == (15 if is_made else 180)


def test_deleted_versions_go_with_the_bucket(checkout: Path, cloud: Cloud) -> None:
    """Objects that somebody overwrote or deleted do not keep the bucket from going."""
    deploy(cloud, "stateless")
    s3, bucket = cloud.client("s3"), CodeBucket(cloud)
    key = next(iter(bucket.keys()))
    s3.put_object(Bucket=bucket.name, Key=key, Body=b"other")
    s3.delete_object(Bucket=bucket.name, Key=key)

    destroy(cloud, "trade-risk-stateless", clock=ManualClock())

    assert not bucket.exists()


def test_learners_have_buckets_and_names_of_their_own(
    checkout: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a prefix, a learner deploys under other names, from another bucket, and sees no other stacks."""
    stacks = []
    for learner in ("ada", "bob"):
        monkeypatch.setenv("WORKSHOP_STACK", learner)
        stacks.append(deploy(cloud, "stateless").stack)
        assert [stack.name for stack in list_stacks(cloud)] == [f"{learner}-trade-risk-stateless"]
    monkeypatch.delenv("WORKSHOP_STACK")

    destroy(cloud, stacks[0], clock=ManualClock())

    buckets = [row["Name"] for row in inventory(cloud)["buckets"]]
    assert buckets == ["trade-risk-workshop-123456789012-us-east-1-bob"]
    assert [stack.name for stack in list_stacks(cloud)] == stacks[1:]


def test_a_stack_of_the_same_name_in_another_region_is_no_remainder(checkout: Path, cloud: Cloud) -> None:
    """IAM has no regions: the roles of a stack elsewhere do not count as left, and stay."""
    deploy(cloud, "stateless", stack="mine")
    elsewhere = Cloud("aws", region="eu-west-1")
    deploy(elsewhere, "stateless", stack="mine")

    destroy(cloud, "mine", clock=ManualClock())

    assert len(inventory(elsewhere)["roles"]) == 2
    destroy(elsewhere, "mine", clock=ManualClock())
    assert inventory(elsewhere)["roles"] == []
