"""Learners who share an account: each can do the course, and none can touch what is another's."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.documents import allow, document, trust
from tests.cloud.permissions.conftest import DENIALS, REGION, Roles, make_client, outcome
from workshop.clock import ManualClock
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.runtime.environments.environment import Credentials
from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.deployment import template_body
from workshop.deploy.leftovers import resources_of
from workshop.deploy.stacks import deploy, destroy, find_stack
from workshop.settings import ACCOUNT_ID

LEARNERS = ("ada", "bob")


class LearnersCloud:
    """The laboratory as a learner sees it: every call is made with the learner's own rights."""

    kind, region, account_id, partition = "offline", REGION, ACCOUNT_ID, "aws"
    is_in_notebook = False

    def __init__(self, laboratory: Laboratory, credentials: Credentials) -> None:
        self.offline = laboratory.offline
        self._credentials = credentials
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the learner's client of a service."""
        if service not in self._clients:
            self._clients[service] = make_client(service, self._credentials)
        return self._clients[service]


@pytest.fixture(scope="module")
def clouds(laboratory: Laboratory) -> Iterator[dict[str, Any]]:
    """Two learners whose rights come from our template, each with a deployed pipeline."""
    roles, found = Roles(laboratory), {}
    with pytest.MonkeyPatch.context() as environment:
        for learner in LEARNERS:
            environment.setenv("WORKSHOP_STACK", learner)
            laboratory.client("cloudformation").create_stack(
                StackName=f"access-{learner}",
                TemplateBody=template_body("access"),
                Parameters=[{"ParameterKey": "Learner", "ParameterValue": learner}],
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
            roles.make(f"person-{learner}")
            arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/trade-risk-learner-{learner}"
            roles.iam.attach_role_policy(RoleName=f"person-{learner}", PolicyArn=arn)
            found[learner] = LearnersCloud(laboratory, roles.assume(f"person-{learner}"))
            deploy(found[learner], "stateless")
        environment.delenv("WORKSHOP_STACK")
        yield found


def attempts(cloud: Any, laboratory: Laboratory, owner: str) -> Iterator[tuple[str, str]]:
    """Yield what a learner tries on a pipeline, their own or another's, and how that ends."""
    stack = f"{owner}-trade-risk-stateless"
    things = {each.logical_id: each.physical_id for each in resources_of(laboratory, stack)}
    lambdas, tables, iam = cloud.client("lambda"), cloud.client("dynamodb"), cloud.client("iam")
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
    yield "drop", outcome(tables.delete_table, **table)
    yield "delete", outcome(cloud.client("cloudformation").delete_stack, StackName=stack)


@pytest.mark.parametrize(("learner", "other"), [("ada", "bob"), ("bob", "ada")])
def test_a_learner_cannot_touch_what_is_anothers(
    laboratory: Laboratory, clouds: dict[str, Any], learner: str, other: str
) -> None:
    """Whatever a learner tries on another's pipeline is refused, and leaves it as it was."""
    tried = dict(attempts(clouds[learner], laboratory, other))

    assert len(tried) == 9
    assert [what for what, how in tried.items() if how == "allowed"] == []
    assert find_stack(laboratory, f"{other}-trade-risk-stateless").status == "CREATE_COMPLETE"


def test_a_learner_cannot_gain_rights(laboratory: Laboratory, clouds: dict[str, Any]) -> None:
    """A role without the boundary cannot be made, and no role or policy of somebody else be changed."""
    iam = clouds["ada"].client("iam")
    role = {"RoleName": "ada-any", "AssumeRolePolicyDocument": trust()}
    boundary = f"arn:aws:iam::{ACCOUNT_ID}:policy/trade-risk-boundary-ada"

    assert outcome(iam.create_role, **role) in DENIALS
    assert outcome(iam.create_role, **{**role, "RoleName": "any"}, PermissionsBoundary=boundary) in DENIALS
    assert outcome(iam.create_role, **role, PermissionsBoundary=boundary) == "allowed"
    everything = document(allow("*"))
    assert outcome(iam.create_policy_version, PolicyArn=boundary, PolicyDocument=everything) in DENIALS
    assert outcome(iam.delete_role_permissions_boundary, RoleName="ada-any") in DENIALS


def test_what_a_learner_deploys_is_bounded(laboratory: Laboratory, clouds: dict[str, Any]) -> None:
    """Every role of a learner's stack has the learner's boundary, without anybody having asked for it."""
    for each in resources_of(laboratory, "ada-trade-risk-stateless"):
        if each.resource_type == "AWS::IAM::Role":
            role = laboratory.client("iam").get_role(RoleName=each.physical_id)["Role"]
            bound = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
            assert bound == f"arn:aws:iam::{ACCOUNT_ID}:policy/trade-risk-boundary-ada"


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_learner_can_do_all_of_it(
    laboratory: Laboratory, clouds: dict[str, Any], learner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same policy a learner changes, uses and destroys a pipeline of their own, bucket included."""
    monkeypatch.setenv("WORKSHOP_STACK", learner)
    cloud = clouds[learner]
    deploy(cloud, "stateless", parameters={"LogRetentionDays": "14"})

    tried = dict(attempts(cloud, laboratory, learner))
    again = deploy(cloud, "stateless")
    destroy(cloud, again.stack, clock=ManualClock())

    assert set(tried.values()) == {"allowed"}
    assert not CodeBucket(cloud).exists()
