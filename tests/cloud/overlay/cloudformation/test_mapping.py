"""AWS::Lambda::EventSourceMapping."""

from typing import Any

from tests.cloud.overlay.cloudformation.samples import function, get, inline, queue, resource, role

FULL: dict[str, Any] = {
    "BatchSize": 7,
    "BisectBatchOnFunctionError": True,
    "MaximumBatchingWindowInSeconds": 1,
    "MaximumRetryAttempts": 3,
    "ParallelizationFactor": 2,
    "Tags": [{"Key": "a", "Value": "b"}],
    "TumblingWindowInSeconds": 60,
}


def mapped(stream: str = "Stream", /, **properties: Any) -> dict[str, Any]:
    """Return a template with a mapping, its function and two streams."""
    source = {"EventSourceArn": get(stream), "StartingPosition": "TRIM_HORIZON"}
    return {
        "Stream": resource("Kinesis::Stream"),
        "OtherStream": resource("Kinesis::Stream"),
        # Lambda makes no mapping that the function's role cannot read.
        "Role": role(Policies=[inline("Read", "kinesis:*")]),
        "Function": function(),
        "Mapping": resource(
            "Lambda::EventSourceMapping", FunctionName={"Ref": "Function"}, **source, **properties
        ),
    }


def describe(aws: Any) -> dict[str, Any]:
    """Return the description of the mapping."""
    described: dict[str, Any] = aws.client("lambda").get_event_source_mapping(UUID=aws.resources()["Mapping"])
    return described


def test_a_mapping_changes_in_place(aws: Any) -> None:
    """Properties change without a new mapping; what the template no longer mentions gets its default."""
    aws.create(mapped(**FULL))
    before = describe(aws)

    aws.update(mapped(BatchSize="50", Enabled="false"))

    after = describe(aws)
    assert after["UUID"] == before["UUID"]
    assert (before["BatchSize"], after["BatchSize"]) == (7, 50)
    assert after["State"] in {"Disabled", "Disabling"}
    assert (after["ParallelizationFactor"], after["MaximumRetryAttempts"]) == (1, -1)
    assert (after["TumblingWindowInSeconds"], after["BisectBatchOnFunctionError"]) == (0, False)


def test_plain_moto_keeps_what_is_no_longer_mentioned(plain: Any) -> None:
    """In plain moto a property that was taken out stays."""
    plain.create(mapped(**{**FULL, "Tags": []}))

    plain.update(mapped(BatchSize=50))

    assert describe(plain)["ParallelizationFactor"] == 2


def test_another_source_is_another_mapping(aws: Any) -> None:
    """A mapping with another source is replaced, since its position means nothing there."""
    aws.create(mapped())
    before = describe(aws)

    aws.update(mapped("OtherStream"))

    mappings = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert [each["UUID"] for each in mappings] == [aws.resources()["Mapping"]]
    assert mappings[0]["UUID"] != before["UUID"]


def of_queue(**properties: Any) -> dict[str, Any]:
    """Return a template with a mapping of a queue, and its function."""
    return {
        "Queue": queue(),
        "Role": role(Policies=[inline("Read", "sqs:*")]),
        "Function": function(),
        "Mapping": resource(
            "Lambda::EventSourceMapping",
            FunctionName={"Ref": "Function"},
            EventSourceArn=get("Queue"),
            **properties,
        ),
    }


def test_a_mapping_of_a_queue_gets_its_defaults_back(aws: Any) -> None:
    """Whatever the template no longer mentions is as if it never had been, filters above all."""
    aws.create(of_queue())
    usual = settings_of(aws)
    full = {
        "BatchSize": 20,
        "Enabled": False,
        "FilterCriteria": {"Filters": [{"Pattern": '{"body": ["a"]}'}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumBatchingWindowInSeconds": 5,
        "ScalingConfig": {"MaximumConcurrency": "2"},
    }
    aws.update(of_queue(**full))
    changed = settings_of(aws)

    aws.update(of_queue())

    assert [name for name in full if name != "Enabled" and name not in changed] == []
    assert changed["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert settings_of(aws) == usual


def settings_of(aws: Any) -> dict[str, Any]:
    """Return the mapping without what follows from time."""
    shown = describe(aws)
    is_on = shown.pop("State") in {"Creating", "Enabling", "Updating", "Enabled"}
    return {name: one for name, one in shown.items() if name not in {"LastModified", "ResponseMetadata"}} | {
        "is_on": is_on
    }
