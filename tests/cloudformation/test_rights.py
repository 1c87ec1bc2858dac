"""What CloudFormation needs to make and delete the templates' resources, held against the rights of people.

CloudFormation acts with the rights of whoever calls it. Which they are, its own schemas say, resource type by
resource type; cfn-lint brings them along.
"""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.cloudformation.conftest import FOLDER, PIPELINES, read
from tests.cloudformation.test_lint import policies_of, resolved
from workshop.cloud.offline.permissions.policy_evaluation import (
    Access,
    PolicySet,
    PolicyVerdict,
    parse_statements,
)
from workshop.deploy.bundles import FUNCTIONS
from workshop.deploy.code_bucket import TAGS
from workshop.deploy.finding import LEARNER_TAG, STACK_TAG

STACKS = (*PIPELINES, "game", "end")
# What the schemas name and our templates never use, by the beginning of the action.
UNUSED = {
    "ec2:": "functions in a network",
    "elasticfilesystem:": "functions with a file system",
    "s3files:": "functions with a file system",
    "firehose:": "logs that are handed on",
    "kms:": "keys of one's own",
    "s3:REST.PUT.OBJECT": "logs that are handed on",
    "s3:GetObjectMetadata": "tables from a file",
    "iam:CreateServiceLinkedRole": "tables in several regions",
    "iam:AttachGroupPolicy": "policies that name groups",
    "iam:AttachUserPolicy": "policies that name users",
    "iam:DetachGroupPolicy": "policies that name groups",
    "iam:DetachUserPolicy": "policies that name users",
    "iam:DeleteRolePermissionsBoundary": "what no learner may do",
    "logs:CreateLogDelivery": "logs that are handed on",
    "logs:PutResourcePolicy": "logs that are handed on",
    "logs:DescribeResourcePolicies": "logs that are handed on",
    "logs:DeleteResourcePolicy": "logs that are handed on",
    "logs:DeleteDataProtectionPolicy": "logs with a policy",
    "iam:TagRole": "deleting needs no tags",
    "iam:UntagRole": "deleting needs no tags",
    "kinesis:RemoveTagsFromStream": "deleting needs no tags",
    "kinesis:UntagResource": "deleting needs no tags",
}
UNTAGGED = {"AWS::IAM::ManagedPolicy", "AWS::Lambda::EventInvokeConfig", "AWS::Scheduler::Schedule"}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, without white space.
LONGEST_MANAGED_POLICY = 6144
LONGEST_INLINE_POLICIES = 10_240


def types_of(*names: str) -> list[str]:
    """Return the types of the resources in some templates."""
    return sorted({each["Type"] for name in names for each in read(name)["Resources"].values()})


def schema_of(resource_type: str) -> dict[str, Any]:
    """Return CloudFormation's schema of a resource type."""
    found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    return found


def needed(types: Iterable[str], *handlers: str) -> set[str]:
    """Return which actions CloudFormation may call for resources of these types."""
    schemas = [schema_of(each) for each in types]
    found = {
        action
        for schema in schemas
        for name in handlers
        for action in schema["handlers"][name]["permissions"]
    }
    return found | {"cloudformation:DeleteStack"}


def granted(template: str, resource: str) -> list[str]:
    """Return the actions that a policy of a template allows, wildcards and all."""
    return [
        action
        for name, policy in policies_of(read(template))
        if name == resource
        for statement in resolved(policy)["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    ]


def missing(actions: Iterable[str], given: list[str]) -> list[str]:
    """Return the actions that no grant covers, and that our templates do use."""
    return sorted(
        action
        for action in actions
        if not any(fnmatchcase(action, grant) for grant in given) and not action.startswith(tuple(UNUSED))
    )


def test_a_learner_can_make_change_and_delete_every_resource() -> None:
    """CloudFormation finds each right that it needs for the learner's stacks, tags included."""
    actions = needed(types_of(*STACKS), "create", "read", "update", "delete")
    tags = {
        action
        for each in types_of(*STACKS)
        for action in schema_of(each).get("tagging", {}).get("permissions", [])
    }

    assert missing(actions | tags, granted("access", "LearnerPolicy")) == []


@pytest.mark.parametrize(("template", "resource"), [("end", "EndRole"), ("access", "InstructorPolicy")])
def test_whoever_deletes_a_stack_can_delete_what_is_in_it(template: str, resource: str) -> None:
    """The end of a pipeline and an instructor have each right that deleting the stacks takes."""
    stacks = STACKS if resource == "InstructorPolicy" else STACKS[:-1]

    assert missing(needed(types_of(*stacks), "delete"), granted(template, resource)) == []


def test_the_end_works_within_a_learners_boundary() -> None:
    """What the end of a pipeline may do, the boundary lets it do."""
    assert missing(granted("end", "EndRole"), granted("access", "Boundary")) == []


@pytest.mark.parametrize("template", ["end", "access"])
@pytest.mark.parametrize("action", ["cloudwatch:DescribeAlarms", "logs:DescribeLogGroups"])
def test_lists_are_granted_on_everything(template: str, action: str) -> None:
    """AWS asks for the right to a list on `*` alone: on some names it would grant nothing."""
    policies = policies_of(read(template))
    resources = [
        statement["Resource"]
        for _, policy in policies
        for statement in policy["Statement"]
        if action in statement["Action"]
    ]

    assert resources == ["*"] * len(policies)


@pytest.mark.parametrize(
    ("action", "asked", "has", "allowed"),
    [
        ("Tag", "own", None, True),  # CloudFormation makes one
        ("Tag", None, "own", True),
        ("Untag", None, "own", True),
        ("Tag", None, None, False),
        ("Untag", None, None, False),
        ("Tag", "other", None, False),
        ("Tag", None, "other", False),
        ("Tag", "own", "other", False),
        ("Untag", None, "other", False),
    ],
)
def test_a_learner_tags_own_mappings_alone(
    action: str, asked: str | None, has: str | None, *, allowed: bool
) -> None:
    """A mapping's tags are changed by whose tag it bears, and by nobody if it bears none."""
    [policy] = [each for name, each in policies_of(read("access")) if name == "LearnerPolicy"]
    names = {"own": resolved({"Ref": "Learner"}), "other": "bob"}
    keys = {
        f"aws:{what}tag/{LEARNER_TAG}": (names[whose],)
        for what, whose in (("request", asked), ("resource", has))
        if whose
    }
    mapping = "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:1"
    verdict = PolicySet(parse_statements(resolved(policy))).decide(
        Access(f"lambda:{action}Resource", mapping, keys)
    )

    assert verdict is (PolicyVerdict.ALLOWED if allowed else PolicyVerdict.SILENT)


def test_an_instructor_only_looks_and_deletes() -> None:
    """No right of the instructor's policy makes, changes or hands on anything."""
    words = ("Delete", "Describe", "Detach", "Filter", "Get", "List", "Query", "Scan")

    actions = [action.partition(":")[2] for action in granted("access", "InstructorPolicy")]
    assert actions
    assert [action for action in actions if not action.startswith(words)] == []


@pytest.mark.parametrize("name", [*STACKS, "access", "environment"])
def test_policies_are_no_longer_than_iam_takes(name: str) -> None:
    """With the longest names each policy is within IAM's quotas."""
    template = read(name)
    sizes: dict[str, int] = {}
    for resource, policy in policies_of(template):
        text = json.dumps(resolved(policy), separators=(",", ":")).replace("us-east-1", "ap-northeast-1")
        sizes[resource] = sizes.get(resource, 0) + len(text.replace("Learner-", "fifteen-letters-"))
    most = {
        resource: LONGEST_MANAGED_POLICY
        if template["Resources"][resource]["Type"] == "AWS::IAM::ManagedPolicy"
        else LONGEST_INLINE_POLICIES
        for resource in sizes
    }

    assert {resource: size for resource, size in sizes.items() if size > most[resource]} == {}


def test_everything_that_can_bear_tags_gets_the_stacks() -> None:
    """CloudFormation hands the tags of a stack on to every type in it but the three that have none."""
    tagged = {each: schema_of(each).get("tagging", {}).get("taggable", False) for each in types_of(*STACKS)}

    assert {each for each, can in tagged.items() if not can} == UNTAGGED


@pytest.mark.parametrize("name", PIPELINES)
def test_every_table_can_be_capped(name: str) -> None:
    """One parameter bounds what each table may be charged for in a second, for reading and for writing."""
    tables = {
        resource: each["Properties"].get("OnDemandThroughput", {}).get("Fn::If", [None])[0]
        for resource, each in read(name)["Resources"].items()
        if each["Type"] == "AWS::DynamoDB::Table"
    }

    assert len(tables) >= 5
    assert set(tables.values()) == {"HasTableCap"}


def test_a_budget_counts_everything_that_bears_the_tag() -> None:
    """Pipelines, generator, zips and an environment are in the budget; what ends a pipeline costs nothing."""
    budget = read("budget")["Resources"]["Budget"]["Properties"]["Budget"]
    docs = (FOLDER.parent / "docs" / "aws.md").read_text(encoding="utf-8")

    counted = {each.removeprefix(f"user:{STACK_TAG}$") for each in budget["CostFilters"]["TagKeyValue"]}

    assert counted == {*FUNCTIONS, TAGS[0]["Value"], "environment"}
    assert f"--tags {STACK_TAG}=environment" in docs


def test_the_console_is_found_in_each_partition() -> None:
    """The address of an environment has the domain of its own partition."""
    template = read("environment")
    [text, values] = template["Outputs"]["Address"]["Value"]["Fn::Sub"]

    assert text.startswith("https://${AWS::Region}.${Domain}/")
    assert values == {"Domain": {"Fn::FindInMap": ["Console", {"Ref": "AWS::Partition"}, "Domain"]}}
    assert template["Mappings"]["Console"].keys() == {"aws", "aws-cn", "aws-us-gov"}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:PutResourcePolicy", "dynamodb:us-east-1:123456789012:table/Learner-stateful-StateTable"),
        ("kinesis:PutResourcePolicy", "kinesis:us-east-1:123456789012:stream/Learner-stateful-Stream"),
        ("lambda:AddPermission", "lambda:us-east-1:123456789012:function:Learner-stateful-MapLambda"),
        ("lambda:CreateFunctionUrlConfig", "lambda:us-east-1:123456789012:function:Learner-MapLambda"),
        ("lambda:PutProvisionedConcurrencyConfig", "lambda:us-east-1:123456789012:function:Learner-f"),
        ("sqs:AddPermission", "sqs:us-east-1:123456789012:Learner-stateful-FailureQueue"),
    ],
)
def test_a_learner_opens_nothing_to_strangers(action: str, resource: str) -> None:
    """Not even of their own things may learners let others in, or pay for functions that wait."""
    [policy] = [each for name, each in policies_of(read("access")) if name == "LearnerPolicy"]
    allowed = [each for each in policy["Statement"] if each["Effect"] == "Allow"]

    def verdict(statements: list[Any]) -> PolicyVerdict:
        document = resolved({**policy, "Statement": statements})
        return PolicySet(parse_statements(document)).decide(Access(action, f"arn:aws:{resource}", {}))

    assert verdict(allowed) is PolicyVerdict.ALLOWED
    assert verdict(policy["Statement"]) is PolicyVerdict.DENIED
