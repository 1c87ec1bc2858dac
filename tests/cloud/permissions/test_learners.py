"""People who share an account: learners, each with what is their own, and the instructor of a class."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.documents import allow, document, trust
from tests.cloud.permissions.conftest import DENIALS, REGION, Roles, make_client, outcome
from workshop.clock import ManualClock
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.runtime.environments.environment import Credentials
from workshop.course.course import Course
from workshop.course.trials.made_role import FRONT_END, make_role
from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.deployment import template_body
from workshop.deploy.ending import set_end
from workshop.deploy.leftovers import resources_of
from workshop.deploy.stacks import deploy, destroy, find_stack, list_stacks
from workshop.errors import ConfigurationError
from workshop.pipeline.aggregates import take_snapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.tables import scan_rows
from workshop.pipeline.target import find_target
from workshop.settings import ACCOUNT_ID

# Each with the pipeline that they deploy. Ada is in the class `c01`.
LEARNERS = {"c01ada": "stateful", "c02bob": "stateless"}
CLASS = "c01"


class LearnersCloud:
    """The laboratory as one person sees it: every call is made with that person's own rights."""

    kind, region, account_id, partition = "offline", REGION, ACCOUNT_ID, "aws"
    is_in_notebook = False

    def __init__(self, laboratory: Laboratory, credentials: Credentials) -> None:
        self.offline = laboratory.offline
        self._credentials = credentials
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the person's client of a service."""
        if service not in self._clients:
            self._clients[service] = make_client(service, self._credentials)
        return self._clients[service]


@pytest.fixture(scope="module")
def people(laboratory: Laboratory) -> dict[str, Any]:
    """Two learners and an instructor with the rights of our template."""
    roles = Roles(laboratory)
    learners = {each: cloud_of(laboratory, roles, each, Learner=each) for each in LEARNERS}
    return {**learners, "instructor": cloud_of(laboratory, roles, "instructor", Class=CLASS)}


@pytest.fixture
def clouds(laboratory: Laboratory, people: dict[str, Any]) -> dict[str, Any]:
    """These people; each learner has a pipeline, also if a test before has destroyed it."""
    for learner, pipeline in LEARNERS.items():
        if stack_of(learner) not in {each.name for each in list_stacks(laboratory)}:
            with pytest.MonkeyPatch.context() as environment:
                environment.setenv("WORKSHOP_STACK", learner)
                deploy(people[learner], pipeline)
    return people


def cloud_of(laboratory: Laboratory, roles: Roles, person: str, **parameters: str) -> LearnersCloud:
    """Return the cloud as somebody sees it for whom the template was deployed with these parameters."""
    [(kind, name)] = parameters.items()
    laboratory.client("cloudformation").create_stack(
        StackName=f"access-{name}",
        TemplateBody=template_body("access"),
        Parameters=[{"ParameterKey": kind, "ParameterValue": name}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    roles.make(f"person-{person}")
    policy = f"trade-risk-{'learner' if kind == 'Learner' else 'instructor'}-{name}"
    roles.iam.attach_role_policy(
        RoleName=f"person-{person}", PolicyArn=f"arn:aws:iam::{ACCOUNT_ID}:policy/{policy}"
    )
    return LearnersCloud(laboratory, roles.assume(f"person-{person}"))


def stack_of(learner: str) -> str:
    """Return the name of a learner's pipeline."""
    return f"{learner}-trade-risk-{LEARNERS[learner]}"


def attempts(cloud: Any, laboratory: Laboratory, owner: str) -> Iterator[tuple[str, str]]:
    """Yield what a learner tries on a pipeline, their own or another's, and how that ends."""
    stack = stack_of(owner)
    things = {each.logical_id: each.physical_id for each in resources_of(laboratory, stack)}
    lambdas, tables, iam = cloud.client("lambda"), cloud.client("dynamodb"), cloud.client("iam")
    watch = cloud.client("cloudwatch")
    function, table = {"FunctionName": things["MapLambda"]}, {"TableName": things["AggregateTable"]}
    bucket = {"Bucket": f"trade-risk-workshop-{ACCOUNT_ID}-{REGION}-{owner}"}
    records = [{"Data": b"{}", "PartitionKey": "a"}]
    role = {"RoleName": things["MapLambdaRole"]}
    boundary = f"arn:aws:iam::{ACCOUNT_ID}:policy/trade-risk-boundary-{owner}"
    yield "read", outcome(tables.scan, **table)
    yield (
        "send",
        outcome(
            cloud.client("kinesis").put_records, StreamName=things["IncomingDataStream"], Records=records
        ),
    )
    yield "configure", outcome(lambdas.update_function_configuration, **function, Timeout=30)
    yield "disconnect", outcome(lambdas.delete_event_source_mapping, UUID=things["MapEventSourceMapping"])
    yield "look into the bucket", outcome(cloud.client("s3").list_objects_v2, **bucket)
    yield "bind", outcome(iam.put_role_permissions_boundary, **role, PermissionsBoundary=boundary)
    yield "delete the policy", outcome(iam.delete_role_policy, **role, PolicyName="MapLambda")
    yield "watch", outcome(watch.get_dashboard, DashboardName=things["Dashboard"])
    yield "blind", outcome(watch.delete_dashboards, DashboardNames=[things["Dashboard"]])
    yield "drop", outcome(tables.delete_table, **table)
    yield "delete", outcome(cloud.client("cloudformation").delete_stack, StackName=stack)


@pytest.mark.parametrize(("learner", "other"), [("c01ada", "c02bob"), ("c02bob", "c01ada")])
def test_a_learner_cannot_touch_what_is_anothers(
    laboratory: Laboratory, clouds: dict[str, Any], learner: str, other: str
) -> None:
    """Whatever a learner tries on another's pipeline is refused, and leaves it as it was."""
    tried = dict(attempts(clouds[learner], laboratory, other))

    assert len(tried) == 11
    assert [what for what, how in tried.items() if how == "allowed"] == []
    assert find_stack(laboratory, stack_of(other)).status == "CREATE_COMPLETE"


def test_a_learner_cannot_gain_rights(laboratory: Laboratory, clouds: dict[str, Any]) -> None:
    """A role without the boundary cannot be made, and no role or policy of somebody else be changed."""
    iam = clouds["c01ada"].client("iam")
    role = {"RoleName": "c01ada-any", "AssumeRolePolicyDocument": trust()}
    boundary = f"arn:aws:iam::{ACCOUNT_ID}:policy/trade-risk-boundary-c01ada"

    assert outcome(iam.create_role, **role) in DENIALS
    assert outcome(iam.create_role, **{**role, "RoleName": "any"}, PermissionsBoundary=boundary) in DENIALS
    assert outcome(iam.create_role, **role, PermissionsBoundary=boundary) == "allowed"
    everything = document(allow("*"))
    assert outcome(iam.create_policy_version, PolicyArn=boundary, PolicyDocument=everything) in DENIALS
    assert outcome(iam.delete_role_permissions_boundary, RoleName="c01ada-any") in DENIALS


def test_a_learner_writes_metrics_of_pipelines_alone(clouds: dict[str, Any]) -> None:
    """What a reconciliation of one's own found may be told to CloudWatch, and nothing to other namespaces."""
    put = clouds["c01ada"].client("cloudwatch").put_metric_data
    data = [{"MetricName": "WrongTotals", "Value": 1.0}]

    assert outcome(put, Namespace="TradeRisk/c01ada-stateful", MetricData=data) == "allowed"
    for other in ("TradeRisk/c02bob-stateful", "TradeRisk", "Other"):
        assert outcome(put, Namespace=other, MetricData=data) in DENIALS


def test_a_learner_makes_the_roles_of_notebook_12(
    clouds: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The producer's and the front end's role can be made within the boundary, given rights, and taken."""
    monkeypatch.setenv("WORKSHOP_STACK", "c01ada")
    course = Course(clouds["c01ada"], home=tmp_path)
    course.stack = stack_of("c01ada")
    table = course.outputs["AggregateTableName"]
    reading = document(allow("dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{table}"))

    role = make_role(course, FRONT_END)
    course.client("iam").put_role_policy(RoleName=role, PolicyName="FrontEnd", PolicyDocument=reading)
    arn = course.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    given = course.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    screen = make_client("dynamodb", Credentials(*(given[each] for each in names)))

    key = {"Identifier": {"S": "Grand Total"}}
    assert outcome(screen.get_item, TableName=table, Key=key) == "allowed"
    assert outcome(screen.scan, TableName=table) in DENIALS
    course.client("iam").delete_role_policy(RoleName=role, PolicyName="FrontEnd")
    assert outcome(course.client("iam").delete_role, RoleName=role) == "allowed"


def test_what_a_learner_deploys_is_bounded(laboratory: Laboratory, clouds: dict[str, Any]) -> None:
    """Every role of a learner's stack has the learner's boundary, without anybody having asked for it."""
    for each in resources_of(laboratory, stack_of("c01ada")):
        if each.resource_type == "AWS::IAM::Role":
            role = laboratory.client("iam").get_role(RoleName=each.physical_id)["Role"]
            bound = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
            assert bound == f"arn:aws:iam::{ACCOUNT_ID}:policy/trade-risk-boundary-c01ada"


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_bounded_pipeline_is_exact(laboratory: Laboratory, clouds: dict[str, Any], learner: str) -> None:
    """Under the boundary the functions still do all of their work: the totals of what was sent are right."""
    target = find_target(laboratory, stack_of(learner))
    options = PlanOptions(messages=20, seed=1)
    messages = list(make_plan(options).messages)
    now = laboratory.clock.now()
    records = [{"Data": each.wire(now), "PartitionKey": each.trade_id} for each in messages]
    records.append({"Data": b"no message", "PartitionKey": "a"})
    clouds[learner].client("kinesis").put_records(StreamName=target.outputs["StreamName"], Records=records)

    assert laboratory.rest()

    reader = clouds[learner].client("dynamodb")
    snapshot = take_snapshot(reader, target.outputs["AggregateTableName"], clock=laboratory.clock)
    assert compare(snapshot, target.truth_of(messages)).differences == ()
    assert len(list(scan_rows(reader, target.outputs["QuarantineTableName"]))) == 1


def test_an_instructor_has_no_power_over_another_class(
    laboratory: Laboratory, clouds: dict[str, Any]
) -> None:
    """Whatever the instructor of one class tries on a learner of another is refused."""
    tried = dict(attempts(clouds["instructor"], laboratory, "c02bob"))

    assert [what for what, how in tried.items() if how == "allowed"] == []


def test_an_instructor_makes_and_changes_nothing(laboratory: Laboratory, clouds: dict[str, Any]) -> None:
    """Of a learner of the own class an instructor sees everything, and can neither add nor change rights."""
    cloud, own = clouds["instructor"], "c01ada"
    things = {each.logical_id: each.physical_id for each in resources_of(cloud, stack_of(own))}
    iam, everything = cloud.client("iam"), document(allow("*"))
    role = {"RoleName": things["MapLambdaRole"]}
    boundary = f"arn:aws:iam::{ACCOUNT_ID}:policy/trade-risk-boundary-{own}"
    wanted = {"RoleName": f"{own}-any", "AssumeRolePolicyDocument": trust()}

    assert outcome(cloud.client("dynamodb").scan, TableName=things["AggregateTable"]) == "allowed"
    assert outcome(iam.get_role, **role) == "allowed"
    refused = [
        outcome(iam.create_role, **wanted),
        outcome(iam.create_role, **wanted, PermissionsBoundary=boundary),
        outcome(iam.put_role_policy, **role, PolicyName="any", PolicyDocument=everything),
        outcome(iam.attach_role_policy, **role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
        outcome(iam.update_assume_role_policy, RoleName=things["MapLambdaRole"], PolicyDocument=trust()),
        outcome(iam.delete_role_permissions_boundary, **role),
        outcome(iam.create_policy_version, PolicyArn=boundary, PolicyDocument=everything),
        outcome(iam.delete_policy, PolicyArn=boundary),
        outcome(cloud.client("lambda").update_function_configuration, FunctionName=things["MapLambda"]),
        outcome(cloud.client("dynamodb").put_item, TableName=things["StateTable"], Item={}),
        outcome(cloud.client("cloudformation").delete_stack, StackName=f"access-{own}"),
    ]
    assert set(refused) <= DENIALS
    with pytest.raises(ConfigurationError, match="you have no right to it"):
        deploy(cloud, "stateless", stack=f"{own}-more")


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_learner_can_do_all_of_it(
    laboratory: Laboratory, clouds: dict[str, Any], learner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same policy a learner changes, uses and destroys a pipeline of their own, bucket included."""
    monkeypatch.setenv("WORKSHOP_STACK", learner)
    cloud = clouds[learner]
    deploy(cloud, LEARNERS[learner], parameters={"LogRetentionDays": "14"})

    tried = dict(attempts(cloud, laboratory, learner))
    again = deploy(cloud, LEARNERS[learner])
    destroy(cloud, again.stack, clock=ManualClock())

    assert set(tried.values()) == {"allowed"}
    assert not CodeBucket(cloud).exists()


def test_an_instructor_deletes_what_a_learner_has(
    laboratory: Laboratory, clouds: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The instructor finds the pipelines of a learner of the class and takes them all away, end included."""
    monkeypatch.setenv("WORKSHOP_STACK", "c01ada")
    stack = deploy(clouds["c01ada"], "stateless").stack
    tomorrow = datetime.fromtimestamp(laboratory.clock.now() + 86_400, UTC)
    set_end(clouds["c01ada"], stack, tomorrow, deletes_pipeline=True, clock=laboratory.clock)
    bucket = CodeBucket(clouds["c01ada"])
    monkeypatch.delenv("WORKSHOP_STACK")
    instructor = clouds["instructor"]

    found = [each.name for each in list_stacks(instructor) if each.name.startswith(CLASS)]
    for each in found:
        destroy(instructor, each, clock=ManualClock())

    assert found == [stack_of("c01ada"), stack]
    assert [each.name for each in list_stacks(laboratory)] == [stack_of("c02bob")]
    assert not bucket.exists()
