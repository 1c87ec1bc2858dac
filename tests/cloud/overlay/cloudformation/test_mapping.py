"""AWS::Lambda::EventSourceMapping."""

from typing import Any

from tests.cloud.overlay.cloudformation.samples import function, get, inline, resource, role

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
