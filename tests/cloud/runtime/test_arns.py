"""Names and ARNs taken apart."""

import pytest

from workshop.cloud.offline.runtime.arns import FunctionReference, SourceReference


@pytest.mark.parametrize(
    ("text", "name", "qualifier"),
    [
        ("Map", "Map", None),
        ("Map:live", "Map", "live"),
        ("Map:$LATEST", "Map", "$LATEST"),
        ("function:Map", "Map", None),
        ("123456789012:function:Map:7", "Map", "7"),
        ("arn:aws:lambda:us-east-1:123456789012:function:Map", "Map", None),
        ("arn:aws:lambda:us-east-1:123456789012:function:Map:live", "Map", "live"),
    ],
)
def test_function_is_named_in_many_ways(text, name, qualifier) -> None:
    """A name, a partial ARN and a whole ARN, each with or without a qualifier, name the same function."""
    assert FunctionReference.parse(text) == FunctionReference(name, qualifier)


def test_function_arn_keeps_the_qualifier() -> None:
    """An ARN is made of the name, the place and the qualifier."""
    reference = FunctionReference("Map", "live")

    assert reference.arn("eu-west-1", "1") == "arn:aws:lambda:eu-west-1:1:function:Map:live"


def test_sources_are_taken_apart() -> None:
    """A source's ARN tells service, region, account and name, for consumers the stream they read."""
    table = SourceReference.parse("arn:aws:dynamodb:us-east-1:1:table/T/stream/2026-01-01T00:00:00.000")
    consumer = SourceReference.parse("arn:aws:kinesis:us-east-1:1:stream/S/consumer/c:1")

    assert (table.service, table.region, table.account_id, table.name) == ("dynamodb", "us-east-1", "1", "T")
    assert (consumer.name, consumer.stream_arn) == ("S", "arn:aws:kinesis:us-east-1:1:stream/S")
