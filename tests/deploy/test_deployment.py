"""Pipelines brought to a cloud."""

import base64
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.by_hand import connect_reduce, role_of
from workshop.cloud.connection import Cloud
from workshop.cloud.offline.overlay.awslambda import account
from workshop.deploy.bundles import build_bundle
from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.stacks import STACK_TAG, StackEvent, deploy, find_stack, list_stacks
from workshop.errors import ConfigurationError, DeploymentError
from workshop.game.play import set_up


@contextmanager
def calling(cloud: Cloud, operation: str, hook: Callable[..., None]) -> Iterator[None]:
    """Call the hook before each call of an operation of CloudFormation."""
    events, name = cloud.client("cloudformation").meta.events, f"before-call.cloudformation.{operation}"
    events.register(name, hook)
    try:
        yield
    finally:
        events.unregister(name, hook)


def resource_counts(cloud: Cloud) -> list[int]:
    """Return how many tables, streams, functions and mappings there are."""
    functions = cloud.client("lambda")
    return [
        len(cloud.client("dynamodb").list_tables()["TableNames"]),
        len(cloud.client("kinesis").list_streams()["StreamNames"]),
        len(functions.list_functions()["Functions"]),
        len(functions.list_event_source_mappings()["EventSourceMappings"]),
    ]


def reduce_rights(cloud: Cloud, function: str) -> set[str]:
    """Return the names of the statements in the inline policy of ReduceLambda's role."""
    policy = cloud.client("iam").get_role_policy(RoleName=role_of(cloud, function), PolicyName="ReduceLambda")
    return {statement["Sid"] for statement in policy["PolicyDocument"]["Statement"]}


def reserved_concurrency(cloud: Cloud, function: str) -> int | None:
    """Return the reserved concurrency of a function."""
    answer = cloud.client("lambda").get_function_concurrency(FunctionName=function)
    reserved: int | None = answer.get("ReservedConcurrentExecutions")
    return reserved


def parameters_of(cloud: Cloud, stack: str) -> dict[str, str]:
    """Return the parameters of a stack."""
    described = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {row["ParameterKey"]: row["ParameterValue"] for row in described["Parameters"]}


def code_digests(cloud: Cloud) -> dict[str, str]:
    """Return the digest of the code that each function runs."""
    functions = cloud.client("lambda").list_functions()["Functions"]
    return {function["FunctionName"]: function["CodeSha256"] for function in functions}


@pytest.mark.parametrize(
    ("pipeline", "functions", "counts"),
    [("stateless", ("map", "reduce"), [5, 1, 2, 2]), ("stateful", ("state", "map", "reduce"), [6, 1, 3, 3])],
)
def test_a_pipeline_is_created(
    checkout: Path, cloud: Cloud, pipeline: str, functions: Sequence[str], counts: list[int]
) -> None:
    """The first deployment makes everything and tells each event."""
    told: list[StackEvent] = []

    deployment = deploy(cloud, pipeline, on_event=told.append)

    assert (deployment.stack, deployment.variant) == (f"trade-risk-{pipeline}", "ledger")
    assert deployment.changed_functions == functions
    assert deployment.outputs["StreamName"].startswith(f"trade-risk-{pipeline}-IncomingDataStream-")
    assert deployment.outputs == find_stack(cloud, deployment.stack).outputs
    assert told[0].status == "CREATE_IN_PROGRESS"
    assert (told[-1].logical_id, told[-1].status) == (deployment.stack, "CREATE_COMPLETE")
    assert resource_counts(cloud) == counts


def test_functions_run_the_code_of_their_bundles(checkout: Path, cloud: Cloud) -> None:
    """What is deployed is, byte for byte, what was built."""
    deployment = deploy(cloud, "stateful", variant="textbook")

    expected = build_bundle("stateful", "map", "textbook")
    function = cloud.client("lambda").get_function_configuration(
        FunctionName=deployment.outputs["MapLambdaName"]
    )
    assert function["CodeSize"] == len(expected.content)
    assert function["Handler"] == "stateful.map.handler"


def test_deploying_again_changes_nothing(checkout: Path, cloud: Cloud) -> None:
    """A second deployment of the same code is no update and no error."""
    first = deploy(cloud, "stateful")
    told: list[StackEvent] = []

    second = deploy(cloud, "stateful", on_event=told.append)

    assert (second.changed_functions, told) == ((), [])
    assert second.outputs == first.outputs


def test_only_changed_code_is_deployed(checkout: Path, cloud: Cloud) -> None:
    """A change of one handler updates one function."""
    deploy(cloud, "stateful", variant="starter")
    (checkout / "lambdas/stateful/map.py").write_text("def handler(event, context): ...\n")
    told: list[StackEvent] = []

    deployment = deploy(cloud, "stateful", variant="starter", on_event=told.append)

    assert deployment.changed_functions == ("map",)
    assert {event.logical_id for event in told if not event.is_of_stack} == {"MapLambda"}


def test_handlers_can_come_from_another_folder(checkout: Path, cloud: Cloud, tmp_path: Path) -> None:
    """With a root, its `lambdas/` are deployed, and not those around the working directory."""
    deploy(cloud, "stateful", variant="starter")
    other = tmp_path / "other"
    shutil.copytree(checkout / "lambdas", other / "lambdas")
    (other / "lambdas/stateful/map.py").write_text("def handler(event, context): ...\n")

    deployment = deploy(cloud, "stateful", variant="starter", root=other)

    digest = build_bundle("stateful", "map", "starter", root=other).digest
    name = deployment.outputs["MapLambdaName"]
    code = cloud.client("lambda").get_function_configuration(FunctionName=name)["CodeSha256"]
    assert deployment.changed_functions == ("map",)
    assert base64.b64decode(code).hex() == digest


def test_what_was_added_by_hand_outlives_an_update(checkout: Path, cloud: Cloud) -> None:
    """A policy, a concurrency and a mapping that somebody added are there after the next deployment."""
    deployment = deploy(cloud, "stateful", parameters={"ConnectStages": "false"})
    name = deployment.outputs["ReduceLambdaName"]
    connect_reduce(cloud, deployment.outputs, policy="by-hand")
    cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    (checkout / "lambdas/common/shared.py").write_text("answer = str\n")

    changed = deploy(cloud, "stateful", parameters={"LogRetentionDays": "3"}).changed_functions

    assert "reduce" in changed
    policies = cloud.client("iam").list_role_policies(RoleName=role_of(cloud, name))["PolicyNames"]
    assert policies == ["ReduceLambda", "by-hand"]
    assert reserved_concurrency(cloud, name) == 1
    assert resource_counts(cloud)[-1] == 1


def test_parameters_are_changed_and_kept(checkout: Path, cloud: Cloud) -> None:
    """A parameter that is not mentioned keeps its value."""
    deploy(cloud, "stateful", parameters={"ShardCount": "3", "ReduceConcurrency": "0"})

    deployment = deploy(cloud, "stateful", parameters={"LogRetentionDays": "14"})

    assert parameters_of(cloud, deployment.stack)["ShardCount"] == "3"
    assert parameters_of(cloud, deployment.stack)["LogRetentionDays"] == "14"
    assert reserved_concurrency(cloud, deployment.outputs["ReduceLambdaName"]) is None


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_stages_stay_unconnected_on_request(checkout: Path, cloud: Cloud, pipeline: str) -> None:
    """Without `ConnectStages` there are functions, streams and tables, and nothing that joins them."""
    deployment = deploy(cloud, pipeline, parameters={"ConnectStages": "false"})

    function = deployment.outputs["ReduceLambdaName"]
    assert resource_counts(cloud)[-1] == 0
    assert reduce_rights(cloud, function).isdisjoint({"ReadStream", "ListStreams"})
    assert "AddToAggregate" in reduce_rights(cloud, function)
    assert reserved_concurrency(cloud, function) is None

    deploy(cloud, pipeline, parameters={"ConnectStages": "true"})

    assert resource_counts(cloud)[-1] == len(deployment.changed_functions)
    assert reduce_rights(cloud, function) >= {"ReadStream", "ListStreams"}
    assert reserved_concurrency(cloud, function) == 1


def test_code_that_somebody_changed_is_deployed_again(checkout: Path, cloud: Cloud) -> None:
    """A function that was changed past its stack gets its own code back."""
    name = deploy(cloud, "stateful").outputs["MapLambdaName"]
    functions = cloud.client("lambda")
    before = functions.get_function_configuration(FunctionName=name)["CodeSha256"]
    other = build_bundle("stateful", "map", "textbook").content
    functions.update_function_code(FunctionName=name, ZipFile=other)

    deployment = deploy(cloud, "stateful")

    assert deployment.changed_functions == ("map",)
    assert functions.get_function_configuration(FunctionName=name)["CodeSha256"] == before


def test_a_failed_creation_names_resource_and_reason(checkout: Path, cloud: Cloud) -> None:
    """What failed, why, and what to do is in the error; nothing is left but the failed stack itself."""
    cloud.client("logs").create_log_group(logGroupName="/aws/lambda/mine-MapLambda")

    with pytest.raises(DeploymentError, match="the stack `mine` could not be deployed") as caught:
        deploy(cloud, "stateful", stack="mine")

    [(logical_id, reason)] = caught.value.failures
    assert logical_id == "MapLambdaLogGroup"
    assert "already exists" in reason
    assert "what had been made was deleted again; correct the cause and deploy again" in str(caught.value)
    assert resource_counts(cloud) == [0, 0, 0, 0]


def test_a_failed_stack_is_replaced(checkout: Path, cloud: Cloud) -> None:
    """When the cause is gone, the next deployment works without further ado."""
    cloud.client("logs").create_log_group(logGroupName="/aws/lambda/mine-MapLambda")
    with pytest.raises(DeploymentError):
        deploy(cloud, "stateful", stack="mine")
    with pytest.raises(ConfigurationError, match="`mine` is in the state `ROLLBACK_COMPLETE`"):
        find_stack(cloud, "mine")
    cloud.client("logs").delete_log_group(logGroupName="/aws/lambda/mine-MapLambda")

    deployment = deploy(cloud, "stateful", stack="mine")

    assert find_stack(cloud, "mine").outputs == deployment.outputs


def test_a_failed_update_leaves_the_stack_as_it_was(checkout: Path, cloud: Cloud) -> None:
    """An update that is refused half-way is undone completely."""
    before = deploy(cloud, "stateful")

    with pytest.raises(DeploymentError, match="the stack is what it was before") as caught:
        deploy(cloud, "stateful", parameters={"ReduceConcurrency": "950", "LogRetentionDays": "14"})

    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    assert caught.value.failures[0][0] == "ReduceLambda"
    assert "UnreservedConcurrentExecution" in caught.value.failures[0][1]
    assert {group["retentionInDays"] for group in groups} == {7}
    assert find_stack(cloud, before.stack).outputs == before.outputs
    assert deploy(cloud, "stateful").changed_functions == ()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"Shards": "3"},
            "`Shards` is not a parameter of the stateful pipeline; there are: Variant, CodeBucket",
        ),
        (
            {"ShardCount": "0"},
            "Parameter 'ShardCount' must be a number not less than 1; correct the parameter",
        ),
        ({"HierarchyLevels": ","}, "must be names of levels with commas between them"),
    ],
)
def test_impossible_parameters_are_refused(
    checkout: Path, cloud: Cloud, parameters: dict[str, str], message: str
) -> None:
    """A parameter that does not exist or breaks a constraint is wrong usage, and no stack is made."""
    with pytest.raises(ConfigurationError, match=message):
        deploy(cloud, "stateful", parameters=parameters)

    assert list_stacks(cloud) == ()


@pytest.mark.parametrize("name", ["1st", "under_score", "a" * 51, "-x"])
def test_impossible_names_are_refused(checkout: Path, cloud: Cloud, name: str) -> None:
    """The name of a stack begins the names of functions, so it follows their rules."""
    with pytest.raises(ConfigurationError, match="is not a name for a stack"):
        deploy(cloud, "stateful", stack=name)


def test_a_longest_name_fits(checkout: Path, cloud: Cloud) -> None:
    """The longest name that is allowed gives functions whose names are allowed."""
    deployment = deploy(cloud, "stateful", stack="a" * 50)

    assert len(deployment.outputs["ReduceLambdaName"]) <= 64


def test_somebody_elses_stack_is_left_alone(checkout: Path, cloud: Cloud) -> None:
    """A stack of that name that is no pipeline, or another pipeline, is not touched."""
    other: dict[str, Any] = {"TemplateBody": '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'}
    cloud.client("cloudformation").create_stack(StackName="other", **other)
    deploy(cloud, "stateless", stack="mine")

    with pytest.raises(ConfigurationError, match="`other` exists and is no pipeline of this workshop"):
        deploy(cloud, "stateful", stack="other")
    with pytest.raises(ConfigurationError, match="`mine` exists and is a stateless pipeline"):
        deploy(cloud, "stateful", stack="mine")


def test_an_operation_under_way_is_waited_for(checkout: Path, cloud: Cloud) -> None:
    """While somebody else changes the stack, a deployment waits, and then brings its own."""
    deploy(cloud, "stateful", stack="mine")
    backend = __import__("moto.cloudformation", fromlist=["models"]).models.cloudformation_backends
    stack = next(iter(backend["123456789012"]["us-east-1"].stacks.values()))
    stack.status, before, seen = "UPDATE_IN_PROGRESS", code_digests(cloud), []

    def ends(**_: Any) -> None:
        seen.append((stack.status, code_digests(cloud)))
        if len(seen) == 2:
            stack.status = "UPDATE_COMPLETE"

    with calling(cloud, "DescribeStacks", ends):
        deploy(cloud, "stateful", stack="mine", variant="textbook")

    assert seen[:2] == [("UPDATE_IN_PROGRESS", before)] * 2
    assert code_digests(cloud) != before


def test_whoever_was_faster_is_no_error(checkout: Path, cloud: Cloud) -> None:
    """Two notebooks deploy the same stack at once: the second brings the first one's up to date."""
    faster: list[Any] = []

    def interfere(**_: Any) -> None:
        if not faster:
            faster.append(None)
            faster.append(deploy(cloud, "stateful", stack="mine"))

    with calling(cloud, "CreateChangeSet", interfere):
        slower = deploy(cloud, "stateful", stack="mine", variant="textbook")

    assert slower.outputs == {**faster[1].outputs, "Variant": "textbook"}


def test_two_stacks_stand_side_by_side(checkout: Path, cloud: Cloud) -> None:
    """Two learners deploy the same pipeline into one account, and nothing is shared but the bucket."""
    one = deploy(cloud, "stateful", stack="one")
    two = deploy(cloud, "stateful", stack="two", variant="textbook")

    same = {name for name, value in one.outputs.items() if two.outputs[name] == value}
    assert same == {"Pipeline"}
    assert {stack.name: stack.variant for stack in list_stacks(cloud)} == {"one": "ledger", "two": "textbook"}


def test_a_stack_bears_the_workshops_tag(checkout: Path, cloud: Cloud) -> None:
    """The tag says which pipeline it is."""
    deployment = deploy(cloud, "stateless")

    described = cloud.client("cloudformation").describe_stacks(StackName=deployment.stack)["Stacks"][0]
    assert described["Tags"] == [{"Key": STACK_TAG, "Value": "stateless"}]


@pytest.mark.parametrize(
    ("limit", "given", "reserved"),
    [(10, {}, None), (50, {}, None), (1_000, {}, 1), (10, {"ReduceConcurrency": "1"}, 1)],
)
def test_a_new_account_gets_a_stack_without_a_reservation(
    checkout: Path,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    given: dict[str, str],
    reserved: int | None,
) -> None:
    """Where nothing can be reserved, a new stack reserves nothing, and says so, unless it is asked for."""
    monkeypatch.setattr(account, "ACCOUNT_CONCURRENCY", limit)

    made = deploy(cloud, "stateful", parameters=given)
    again = deploy(cloud, "stateful")

    assert reserved_concurrency(cloud, made.outputs["ReduceLambdaName"]) == reserved
    assert made.without_reservation is (reserved is None)
    assert again.changed_functions == ()
    assert parameters_of(cloud, made.stack)["ReduceConcurrency"] == str(reserved or 0)


def test_zips_that_somebodys_destroy_took_along_come_again(checkout: Path, cloud: Cloud) -> None:
    """A last stack that is destroyed in the middle of a deployment, bucket and all, does not break it."""
    taken: list[None] = []

    def destroy_meanwhile(**_: Any) -> None:
        if not taken:
            taken.append(None)
            bucket = CodeBucket(cloud)
            bucket.clear("mine")
            bucket.remove_if_empty()

    with calling(cloud, "ExecuteChangeSet", destroy_meanwhile):
        deployment = deploy(cloud, "stateful", stack="mine")

    assert find_stack(cloud, "mine").outputs == deployment.outputs


def test_a_generator_tells_whom_its_pipeline_tells(checkout: Path, cloud: Cloud) -> None:
    """The topic of the pipeline's alarms is that of the generator's as well."""
    topic = "arn:aws:sns:us-east-1:123456789012:operators"
    deploy(cloud, "stateful", stack="mine", parameters={"AlarmTopicArn": topic})

    set_up(cloud, "mine")

    alarms = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix="mine-generator-")["MetricAlarms"]
    assert [alarm["AlarmActions"] for alarm in alarms] == [[topic]]
