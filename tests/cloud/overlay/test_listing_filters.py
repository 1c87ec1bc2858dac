"""Listings are narrowed by each argument of a request; plain moto lists everything."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.cloud.conftest import Account
from tests.cloud.documents import allow, document, function, permission, trust, zip_of
from workshop.cloud.offline.overlay.correct import plain_moto

ROLE = "arn:aws:iam::123456789012:role/r"
GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:g:*"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
ALARM = {
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
SHARD = [{"Name": "shard", "Value": "0"}]
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"


def make_functions(account: Account) -> None:
    """Make two versions with an alias each, and three versions of layers."""
    account.client("iam").create_role(
        RoleName="r", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com")
    )
    client = account.client("lambda")
    for number in (1, 2):
        code = zip_of(f"N = {number}\ndef handler(event, context): pass")
        if number == 1:
            client.create_function(**function("f", Role=ROLE, Code={"ZipFile": code}))
        else:
            client.update_function_code(FunctionName="f", ZipFile=code)
        version = client.publish_version(FunctionName="f")["Version"]
        client.create_alias(FunctionName="f", Name=f"a{version}", FunctionVersion=version)
    for name, runtime, machine in (
        ("old", "python3.12", "arm64"),
        ("both", "python3.12", "x86_64"),
        ("both", "python3.13", "x86_64"),
    ):
        kinds = {"CompatibleRuntimes": [runtime], "CompatibleArchitectures": [machine]}
        client.publish_layer_version(LayerName=name, Content={"ZipFile": zip_of("")}, **kinds)


def make_logs(account: Account) -> None:
    """Make two subscription filters of a group."""
    make_functions(account)
    logs = account.client("logs")
    logs.create_log_group(logGroupName="g")
    account.client("lambda").add_permission(**permission("logs", GROUP, "f"))
    for name in ("one", "two"):
        logs.put_subscription_filter(
            logGroupName="g", filterName=name, filterPattern="", destinationArn=FUNCTION
        )


def make_alarms(account: Account) -> None:
    """Make three alarms on a metric."""
    cloudwatch = account.client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="a", **{**ALARM, "AlarmActions": [QUEUE]})
    cloudwatch.put_metric_alarm(AlarmName="b", **{**ALARM, "Dimensions": SHARD, "AlarmActions": [QUEUE]})
    cloudwatch.put_metric_alarm(AlarmName="bc", **{**ALARM, "Period": 300, "Statistic": "Average"})
    cloudwatch.set_alarm_state(AlarmName="bc", StateValue="ALARM", StateReason="r")


def make_paths(account: Account) -> None:
    """Make groups and instance profiles below two paths."""
    iam = account.client("iam")
    for path in ("/a/", "/b/"):
        iam.create_group(GroupName=path[1], Path=path)
        iam.create_instance_profile(InstanceProfileName=path[1], Path=path)
    iam.create_policy(PolicyName="p", PolicyDocument=document(allow("*")))


def make_connections(account: Account) -> None:
    """Make two connections."""
    for name in ("one", "two"):
        key = {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}
        account.client("events").create_connection(Name=name, AuthorizationType="API_KEY", AuthParameters=key)


@dataclass(frozen=True)
class Case:
    """What is made, the listing with its list and the name in its entries, and what narrows it to which."""

    make: Callable[[Account], None]
    listing: str
    listed: str
    named: str
    narrowed: dict[str, Any]
    names: list[Any]
    request: dict[str, Any] = field(default_factory=dict)


def alarms(narrowed: dict[str, Any], *names: str) -> Case:
    return Case(make_alarms, "cloudwatch.describe_alarms", "MetricAlarms", "AlarmName", narrowed, [*names])


def alarms_of_metric(narrowed: dict[str, Any], *names: str) -> Case:
    listing, request = "cloudwatch.describe_alarms_for_metric", {"Namespace": "n", "MetricName": "m"}
    return Case(make_alarms, listing, "MetricAlarms", "AlarmName", narrowed, [*names], request)


def layers(narrowed: dict[str, Any], *names: str) -> Case:
    return Case(make_functions, "lambda.list_layers", "Layers", "LayerName", narrowed, [*names])


CASES = [
    Case(
        *(make_functions, "lambda.list_aliases", "Aliases", "Name"),
        *({"FunctionVersion": "2"}, ["a2"], {"FunctionName": "f"}),
    ),
    Case(
        *(make_functions, "lambda.list_layer_versions", "LayerVersions", "Version"),
        *({"CompatibleRuntime": "python3.12"}, [1], {"LayerName": "both"}),
    ),
    layers({"CompatibleRuntime": "python3.13"}, "both"),
    layers({"CompatibleArchitecture": "arm64"}, "old"),
    Case(
        *(make_logs, "logs.describe_subscription_filters", "subscriptionFilters", "filterName"),
        *({"filterNamePrefix": "t"}, ["two"], {"logGroupName": "g"}),
    ),
    alarms({"AlarmTypes": ["CompositeAlarm"]}),
    alarms({"AlarmNamePrefix": "b", "StateValue": "ALARM"}, "bc"),
    alarms({"ActionPrefix": "arn:aws:sqs", "AlarmNamePrefix": "b"}, "b"),
    alarms_of_metric({"Dimensions": SHARD}, "b"),
    alarms_of_metric({"Period": 300}, "bc"),
    alarms_of_metric({"Statistic": "Sum"}, "a", "b"),
    Case(make_paths, "iam.list_groups", "Groups", "GroupName", {"PathPrefix": "/b"}, ["b"]),
    Case(
        *(make_paths, "iam.list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
        *({"PathPrefix": "/b"}, ["b"]),
    ),
    Case(make_connections, "events.list_connections", "Connections", "Name", {"NamePrefix": "t"}, ["two"]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.listing} {[*case.narrowed]}")
def test_a_listing_is_narrowed(account: Account, case: Case) -> None:
    """Only what fits is listed; plain moto lists as much as without the argument, or other things."""
    case.make(account)
    service, operation = case.listing.split(".")
    call = getattr(account.client(service), operation)

    def names() -> list[Any]:
        return [entry[case.named] for entry in call(**case.request, **case.narrowed)[case.listed]]

    assert names() == case.names
    with plain_moto():
        assert names() != case.names


def test_a_layer_shows_its_latest_version_that_fits(account: Account) -> None:
    """Of a layer that is listed by a runtime the latest version for that is shown."""
    make_functions(account)

    layers = account.client("lambda").list_layers(CompatibleRuntime="python3.12")["Layers"]

    assert {one["LayerName"]: one["LatestMatchingVersion"]["Version"] for one in layers} == {
        "old": 1,
        "both": 1,
    }
