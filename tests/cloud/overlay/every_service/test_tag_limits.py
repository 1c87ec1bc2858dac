"""How many there may be of one thing: tags of a resource, targets of a rule, filters of a group, layers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.conftest import Account
from tests.cloud.documents import ROLE_ARN, function, make_role, permission, table, zip_of
from workshop.cloud.offline.overlay.correct import plain_moto

ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
FIFTY = {f"k{number}": "v" for number in range(50)}
ONE_MORE = {"k50": "v"}
RULE = {"Name": "r", "EventPattern": '{"source": ["a"]}'}
NOBODY = "arn:aws:iam::123456789012:role/nobody"


def listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


# Service → what makes a resource, what tags it, and the error for too many.
Tagging = tuple[tuple[str, dict[str, Any]], Callable[[dict[str, str]], tuple[str, dict[str, Any]]], str]
TAGGED: dict[str, Tagging] = {
    "kinesis": (
        ("create_stream", {"StreamName": "S", "ShardCount": 1}),
        lambda tags: ("add_tags_to_stream", {"StreamName": "S", "Tags": tags}),
        "InvalidArgumentException",
    ),
    "sqs": (
        ("create_queue", {"QueueName": "Q"}),
        lambda tags: ("tag_queue", {"QueueUrl": "Q", "Tags": tags}),
        "InvalidParameterValue",
    ),
    "sns": (
        ("create_topic", {"Name": "T"}),
        lambda tags: ("tag_resource", {"ResourceArn": ARN.format("sns", "T"), "Tags": listed(tags)}),
        "TagLimitExceeded",
    ),
    "dynamodb": (
        ("create_table", {"TableName": "T", **table()}),
        lambda tags: (
            "tag_resource",
            {"ResourceArn": ARN.format("dynamodb", "table/T"), "Tags": listed(tags)},
        ),
        "ValidationException",
    ),
    "lambda": (
        ("create_function", function()),
        lambda tags: ("tag_resource", {"Resource": ARN.format("lambda", "function:F"), "Tags": tags}),
        "InvalidParameterValueException",
    ),
    "events": (
        ("put_rule", RULE),
        lambda tags: ("tag_resource", {"ResourceARN": ARN.format("events", "rule/r"), "Tags": listed(tags)}),
        "LimitExceededException",
    ),
}

TAGGED["logs"] = (
    ("create_log_group", {"logGroupName": "g"}),
    lambda tags: ("tag_resource", {"resourceArn": ARN.format("logs", "log-group:g"), "tags": tags}),
    "TooManyTagsException",
)
NONE = {
    "logs": {
        "tag_resource": {"resourceArn": ARN.format("logs", "log-group:none"), "tags": ONE_MORE},
        "untag_resource": {"resourceArn": ARN.format("logs", "log-group:none"), "tagKeys": ["k"]},
        "list_tags_for_resource": {"resourceArn": ARN.format("logs", "log-group:none")},
    },
    "dynamodb": {
        "untag_resource": {"ResourceArn": ARN.format("dynamodb", "table/none"), "TagKeys": ["k"]},
    },
    "cloudwatch": {"list_tags_for_resource": {"ResourceARN": ARN.format("cloudwatch", "alarm:none")}},
}


@pytest.mark.parametrize(("service", "name"), [(service, name) for service in NONE for name in NONE[service]])
def test_what_is_not_there_has_no_tags(account: Account, refused: Any, service: str, name: str) -> None:
    """They are neither set, nor taken away, nor listed; plain moto does so without a word."""
    call, given = getattr(account.client(service), name), NONE[service][name]

    code = refused(call, **given)[0]
    with plain_moto():
        call(**given)

    assert code == "ResourceNotFoundException"


def test_a_group_is_tagged_by_either_of_its_arns(account: Account) -> None:
    """With the asterisk for its streams or without."""
    logs, arn = account.client("logs"), ARN.format("logs", "log-group:g")
    logs.create_log_group(logGroupName="g", tags={"a": "1"})

    logs.tag_resource(resourceArn=f"{arn}:*", tags={"b": "2"})

    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize("service", TAGGED)
def test_a_resource_has_fifty_tags(account: Account, refused: Any, service: str) -> None:
    """One more is refused, a new value for a key that is there is not."""
    (make, settings), tagging, code = TAGGED[service]
    make_role(account.client("iam"))
    client = account.client(service)
    getattr(client, make)(**settings)

    def tag(tags: dict[str, str]) -> None:
        name, arguments = tagging(tags)
        getattr(client, name)(**arguments)

    tag(FIFTY)
    tag({"k0": "w"})

    assert refused(tag, tags=ONE_MORE)[0] == code


def test_a_key_of_a_table_has_one_value(account: Account) -> None:
    """The latest counts; plain moto keeps both."""
    client, arn = account.dynamodb, ARN.format("dynamodb", "table/T")

    def values() -> list[str]:
        for value in ("a", "b"):
            client.tag_resource(ResourceArn=arn, Tags=listed({"k": value}))
        return [tag["Value"] for tag in client.list_tags_of_resource(ResourceArn=arn)["Tags"]]

    account.create_table()

    assert values() == ["b"]
    with plain_moto():
        assert values() == ["b", "a", "b"]


def test_versions_have_no_tags(account: Account, refused: Any) -> None:
    """Neither have aliases: the function has."""
    make_role(account.client("iam"))
    client = account.client("lambda")
    client.create_function(**function(), Publish=True)

    code, message = refused(client.tag_resource, Resource=ARN.format("lambda", "function:F:1"), Tags=ONE_MORE)

    assert code == "InvalidParameterValueException"
    assert message.startswith("Tags on function aliases and versions are not supported.")


def test_a_rule_has_five_targets(account: Account, refused: Any) -> None:
    """A sixth is refused, and the others stay; one that is there is changed."""
    events = account.client("events")
    targets = [{"Id": f"{number}", "Arn": ARN.format("sqs", "Q")} for number in range(6)]
    events.put_rule(**RULE)
    events.put_targets(Rule="r", Targets=targets[:5])
    events.put_targets(Rule="r", Targets=targets[:1])

    error = refused(events.put_targets, Rule="r", Targets=targets[5:])
    missing = refused(events.put_targets, Rule="s", Targets=targets[:1])

    text = "The requested resource exceeds the maximum number allowed."
    assert error == ("LimitExceededException", text)
    assert len(events.list_targets_by_rule(Rule="r")["Targets"]) == 5
    assert missing == ("ResourceNotFoundException", "Rule s does not exist on EventBus default.")


def test_a_role_of_a_rule_trusts_eventbridge(account: Account, refused: Any) -> None:
    """PutRule and PutTargets refuse one that is not there, or trusts another service."""
    events = account.client("events")
    make_role(account.client("iam"))
    events.put_rule(**RULE)
    for role in (NOBODY, ROLE_ARN):
        target = {"Id": "t", "Arn": ARN.format("kinesis", "stream/S"), "RoleArn": role}

        errors = {
            refused(events.put_rule, **RULE, RoleArn=role),
            refused(events.put_targets, Rule="r", Targets=[target]),
        }

        text = f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'."
        assert errors == {("ValidationException", text)}


def test_a_rule_of_another_partition_names_itself_to_its_role(account: Account) -> None:
    """A role that trusts the rule by its ARN trusts it in China as well."""
    events = account.client("events", "cn-north-1")
    events.put_rule(**RULE)
    arn = events.describe_rule(Name="r")["Arn"]
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
    }
    made = account.client("iam", "cn-north-1").create_role(
        RoleName="Sender", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )

    events.put_rule(**RULE, RoleArn=made["Role"]["Arn"])

    assert arn.startswith("arn:aws-cn:events:cn-north-1:")


def test_a_group_has_a_hundred_metric_filters(account: Account, refused: Any) -> None:
    """One that is there can still be changed; one that is not there cannot be deleted."""
    logs = account.client("logs")
    made = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    logs.create_log_group(logGroupName="g")

    def put(number: int) -> None:
        named = {"logGroupName": "g", "filterName": f"f{number}"}
        logs.put_metric_filter(**named, filterPattern="", metricTransformations=[made])

    for number in range(100):
        put(number)
    put(0)

    assert refused(put, number=100) == ("LimitExceededException", "Resource limit exceeded.")
    error = refused(logs.delete_metric_filter, logGroupName="g", filterName="f100")
    assert error == ("ResourceNotFoundException", "The specified metric filter does not exist.")


def test_a_group_has_two_subscription_filters(account: Account, refused: Any) -> None:
    """One that is there can still be changed."""
    make_role(account.client("iam"))
    functions, logs = account.client("lambda"), account.client("logs")
    functions.create_function(**function())
    functions.add_permission(**permission("logs", ARN.format("logs", "log-group:g:*")))
    logs.create_log_group(logGroupName="g")

    def put(number: int) -> None:
        named = {"logGroupName": "g", "filterName": f"f{number}", "filterPattern": ""}
        logs.put_subscription_filter(**named, destinationArn=ARN.format("lambda", "function:F"))

    for number in (0, 1, 0):
        put(number)

    assert refused(put, number=2) == ("LimitExceededException", "Resource limit exceeded.")


@pytest.fixture
def layered(account: Account) -> tuple[Any, list[str]]:
    """The client of a function, and two versions of a layer beside one version of five others."""
    make_role(account.client("iam"))
    client, content = account.client("lambda"), {"ZipFile": zip_of("")}
    client.create_function(**function())
    names = ["a", "a", "b", "c", "d", "e", "f"]
    layers = [client.publish_layer_version(LayerName=name, Content=content) for name in names]
    return client, [layer["LayerVersionArn"] for layer in layers]


def test_a_function_has_five_layers(layered: Any, refused: Any) -> None:
    """One version of each, which is there; what is refused changes nothing else either."""
    client, arns = layered
    missing = ARN.format("lambda", "layer:g:1")
    expected = {
        tuple(arns[1:]): "Cannot reference more than 5 layers.",
        tuple(arns[:2]): "Two different versions of the same layer are not allowed to be referenced in the "
        f"same function. {arns[0]} and {arns[1]} are versions of the same layer.",
        (missing,): f"Layer version {missing} does not exist.",
    }
    for layers, text in expected.items():
        wanted = {"Layers": list(layers), "Timeout": 9}
        error = refused(client.update_function_configuration, FunctionName="F", **wanted)
        assert error == ("InvalidParameterValueException", text)

    client.update_function_configuration(FunctionName="F", Layers=arns[1:6])

    found = client.get_function_configuration(FunctionName="F")
    assert ([layer["Arn"] for layer in found["Layers"]], found["Timeout"]) == (arns[1:6], 3)


def test_a_layer_is_an_archive(layered: Any, refused: Any) -> None:
    """Other bytes are refused; a version that is not there is deleted without a word."""
    client, _ = layered

    code, message = refused(client.publish_layer_version, LayerName="h", Content={"ZipFile": b"no zip"})
    client.delete_layer_version(LayerName="h", VersionNumber=1)

    assert (code, message[:29]) == ("InvalidParameterValueException", "Could not unzip uploaded file")
