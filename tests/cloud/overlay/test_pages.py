"""Listings come in pages of the size that was asked for, and together the pages are the whole list."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import Account
from tests.cloud.documents import allow, document, function, trust, zip_of
from workshop.cloud.offline.overlay.correct import plain_moto

COUNT = 3
# Service, operation, its list, what it is asked with.
LISTINGS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("lambda", "list_aliases", "Aliases", {"FunctionName": "f0"}),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", {}),
    ("lambda", "list_functions", "Functions", {}),
    ("lambda", "list_layer_versions", "LayerVersions", {"LayerName": "layer"}),
    ("lambda", "list_layers", "Layers", {}),
    ("lambda", "list_versions_by_function", "Versions", {"FunctionName": "f0"}),
    ("logs", "describe_metric_filters", "metricFilters", {"logGroupName": "g"}),
    ("logs", "describe_resource_policies", "resourcePolicies", {}),
    ("iam", "get_group", "Users", {"GroupName": "n0"}),
    ("iam", "list_group_policies", "PolicyNames", {"GroupName": "n0"}),
    ("iam", "list_groups", "Groups", {}),
    ("iam", "list_groups_for_user", "Groups", {"UserName": "n0"}),
    ("iam", "list_instance_profiles", "InstanceProfiles", {}),
    ("iam", "list_role_policies", "PolicyNames", {"RoleName": "r"}),
    ("iam", "list_user_policies", "PolicyNames", {"UserName": "n0"}),
    ("iam", "list_user_tags", "Tags", {"UserName": "n0"}),
    ("iam", "list_users", "Users", {}),
    ("sqs", "list_dead_letter_source_queues", "queueUrls", {"QueueUrl": "dead"}),
    ("cloudwatch", "describe_alarms", "MetricAlarms", {}),
    ("s3", "list_buckets", "Buckets", {}),
]
ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
ROLE = "arn:aws:iam::123456789012:role/r"


def fill(account: Account) -> None:
    """Make three of everything."""
    iam, policy = account.client("iam"), document(allow("*"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"))
    account.client("logs").create_log_group(logGroupName="g")
    account.client("sqs").create_queue(QueueName="dead")
    for name in (f"n{number}" for number in range(COUNT)):
        iam.create_user(UserName=name, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(COUNT)])
        iam.create_group(GroupName=name)
        iam.create_instance_profile(InstanceProfileName=name)
    for name in (f"n{number}" for number in range(COUNT)):
        iam.add_user_to_group(GroupName="n0", UserName=name)
        iam.add_user_to_group(GroupName=name, UserName="n0")
        iam.put_role_policy(RoleName="r", PolicyName=name, PolicyDocument=policy)
        iam.put_user_policy(UserName="n0", PolicyName=name, PolicyDocument=policy)
        iam.put_group_policy(GroupName="n0", PolicyName=name, PolicyDocument=policy)
        fill_others(account, name, policy)
    fill_functions(account)


def fill_others(account: Account, name: str, policy: str) -> None:
    redrive = json.dumps({"deadLetterTargetArn": ARN.format("sqs", "dead"), "maxReceiveCount": 1})
    account.client("sqs").create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})
    account.client("s3").create_bucket(
        Bucket=f"box-{name}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    logs = account.client("logs")
    logs.put_resource_policy(policyName=name, policyDocument=policy)
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName="g", filterName=name, filterPattern="x", metricTransformations=[metric]
    )
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )


def fill_functions(account: Account) -> None:
    functions = account.client("lambda")
    for number in range(COUNT):
        code = zip_of(f"N = {number}\ndef handler(event, context): pass")
        functions.create_function(**function(f"f{number}", Role=ROLE, Code={"ZipFile": code}))
        functions.create_event_source_mapping(
            EventSourceArn=ARN.format("sqs", "dead"), FunctionName=f"f{number}"
        )
        functions.update_function_code(FunctionName="f0", ZipFile=code)
        version = functions.publish_version(FunctionName="f0")["Version"]
        functions.create_alias(FunctionName="f0", Name=f"a{number}", FunctionVersion=version)
        for layer in ("layer", f"layer{number}"):
            functions.publish_layer_version(LayerName=layer, Content={"ZipFile": code})


def test_pages_together_are_the_whole_list(account: Account) -> None:
    """With each size of a page the list is the same, and no page is longer; plain moto knows no pages."""
    fill(account)
    for service, operation, listed, request in LISTINGS:
        client = account.client(service)
        whole = getattr(client, operation)(**request)[listed]
        assert len(whole) >= COUNT, operation
        for size in (1, 2, COUNT, 50):
            pages = list(
                client.get_paginator(operation).paginate(**request, PaginationConfig={"PageSize": size})
            )
            assert [one for page in pages for one in page.get(listed, [])] == whole, (operation, size)
            assert max(len(page.get(listed, [])) for page in pages) <= size, (operation, size)
    functions, buckets = account.client("lambda"), account.client("s3")
    with plain_moto():
        assert len(functions.list_functions(MaxItems=1)["Functions"]) == COUNT
        assert "ContinuationToken" not in buckets.list_buckets(MaxBuckets=1)


def test_a_page_has_the_services_own_size(account: Account) -> None:
    """Where no limit is given a page has as many as on AWS, and Lambda never has more; moto gives all."""
    iam, functions = account.client("iam"), account.client("lambda")
    for number in range(101):
        iam.create_user(UserName=f"u{number}")
        functions.publish_layer_version(LayerName="layer", Content={"ZipFile": zip_of(f"N = {number}")})

    users = iam.list_users()
    sizes = [
        len(functions.list_layer_versions(LayerName="layer", **limit)["LayerVersions"])
        for limit in ({}, {"MaxItems": 10}, {"MaxItems": 50})
    ]

    assert (len(users["Users"]), users["IsTruncated"]) == (100, True)
    assert len(iam.list_users(Marker=users["Marker"])["Users"]) == 1
    assert sizes == [50, 10, 50]
    with plain_moto():
        assert len(iam.list_users()["Users"]) == 101


def test_no_entity_is_left_out(account: Account) -> None:
    """All that a policy is attached to is told, however few were asked for; plain moto leaves some out."""
    iam = account.client("iam")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document(allow("*")))["Policy"]["Arn"]
    for name in ("a", "b", "c"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust())
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    assert len(iam.list_entities_for_policy(PolicyArn=arn, MaxItems=1)["PolicyRoles"]) == 3
    with plain_moto():
        assert len(iam.list_entities_for_policy(PolicyArn=arn, MaxItems=1)["PolicyRoles"]) < 3


@pytest.mark.parametrize("token", ["none", "WyJMYXllcnMiLCAxXQ=="])
def test_a_token_of_another_list_is_refused(account: Account, token: str) -> None:
    """What no page of this list has given out is no place in it."""
    with pytest.raises((ClientError, ValueError)):
        account.client("lambda").list_functions(Marker=token)
