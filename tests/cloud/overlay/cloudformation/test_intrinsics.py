"""What intrinsic functions give."""

from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import queue, table
from workshop.cloud.offline.overlay.correct import plain_moto

WORD = {"Type": "String", "Default": "word"}
EXTENDED = "AWS::LanguageExtensions"
CONSENT = ["CAPABILITY_AUTO_EXPAND"]
ALL_KINDS: dict[str, Any] = {
    "Transform": EXTENDED,
    "Parameters": {"Word": WORD, "Words": {"Type": "CommaDelimitedList", "Default": "a,b"}},
    "Mappings": {"Sizes": {"us-east-1": {"Small": "s"}}},
    "Conditions": {
        "IsWord": {"Fn::Equals": [{"Ref": "Word"}, "word"]},
        "IsNot": {"Fn::Not": [{"Condition": "IsWord"}]},
        "Either": {"Fn::Or": [{"Condition": "IsWord"}, {"Condition": "IsNot"}]},
    },
    "Resources": {"Queue": queue(QueueName="jobs")},
    "Outputs": {
        "Join": {"Value": {"Fn::Join": ["-", ["a", {"Ref": "Word"}]]}},
        "Split": {"Value": {"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}},
        "If": {"Value": {"Fn::If": ["Either", {"Fn::If": ["IsNot", "no", "yes"]}, "neither"]}},
        "Map": {"Value": {"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "Small"]}},
        "Sub": {"Value": {"Fn::Sub": ["${Word} ${Own} ${Queue.Arn} ${!Kept}", {"Own": {"Ref": "Word"}}]}},
        "Base64": {"Value": {"Fn::Base64": {"Ref": "Word"}}},
        "Text": {"Value": {"Fn::ToJsonString": {"word": {"Ref": "Word"}}}},
        "Attribute": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}},
    },
}


def test_functions_that_moto_resolves_stay_as_they_are(aws: Any) -> None:
    """What moto resolves rightly comes out the same with the corrections."""
    aws.create(ALL_KINDS, parameters={"Words": "a,b"}, Capabilities=CONSENT)
    corrected = aws.outputs()
    aws.cloudformation.delete_stack(StackName="stack")

    with plain_moto():
        aws.create(ALL_KINDS, parameters={"Words": "a,b"}, Capabilities=CONSENT)
        assert aws.outputs() == corrected

    assert corrected["Sub"] == "word word arn:aws:sqs:us-east-1:123456789012:jobs ${Kept}"


SPACED: dict[str, Any] = {
    "Transform": EXTENDED,
    "Parameters": {"Words": {"Type": "CommaDelimitedList", "Default": "a, b ,c"}},
    "Resources": {"Queue": queue()},
    "Outputs": {"Words": {"Value": {"Fn::Join": ["-", {"Ref": "Words"}]}}},
}


def test_members_of_a_list_come_without_blanks(aws: Any) -> None:
    """The blanks around the members of a list parameter go, and plain moto keeps them."""
    aws.create(SPACED, Capabilities=CONSENT)
    aws.create(SPACED, "given", parameters={"Words": "d, e"}, Capabilities=CONSENT)
    with plain_moto():
        aws.create(SPACED, "plain", parameters={"Words": "d, e"}, Capabilities=CONSENT)
        assert aws.outputs("plain")["Words"] == "d- e"

    assert (aws.outputs()["Words"], aws.outputs("given")["Words"]) == ("a-b-c", "d-e")
    (shown,) = aws.stack("given")["Parameters"]
    assert shown["ParameterValue"] == "d, e"


def list_with_nothing() -> dict[str, Any]:
    """Return a template with a list that one element is taken out of."""
    words = ["a", {"Ref": "AWS::NoValue"}, "b"]
    outputs = {"Text": {"Value": {"Fn::ToJsonString": words}}}
    return {"Transform": EXTENDED, "Resources": {"Queue": queue()}, "Outputs": outputs}


def test_no_value_takes_an_element_out_of_a_list(aws: Any) -> None:
    """`AWS::NoValue` leaves no gap."""
    aws.create(list_with_nothing(), Capabilities=CONSENT)

    assert aws.outputs()["Text"] == '["a", "b"]'


def test_plain_moto_leaves_a_gap(plain: Any) -> None:
    """In plain moto the element becomes null."""
    plain.create(list_with_nothing())

    assert plain.outputs()["Text"] == '["a", null, "b"]'


def test_a_table_without_stream_has_no_stream_arn(aws: Any) -> None:
    """An attribute that a resource does not have at the moment fails what asks for it, with the reason."""
    tags = [{"Key": "source", "Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}]

    stack = aws.create({"Table": table(), "Queue": queue(Tags=tags)})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Table does not support attribute type StreamArn in Fn::GetAtt" in aws.reason("Queue")


def test_plain_moto_fails_with_an_exception(plain: Any) -> None:
    """In plain moto the same template ends with an exception of Python."""
    tags = [{"Key": "source", "Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}]

    with pytest.raises(KeyError, match="LatestStreamArn"):
        plain.create({"Table": table(), "Queue": queue(Tags=tags)})


def test_what_cannot_be_resolved_fails_its_resource(aws: Any) -> None:
    """A function with impossible arguments is a failure of the resource, not of the service."""
    aws.create({"Queue": queue(DelaySeconds={"Fn::Select": ["5", ["1"]]})})

    assert aws.stack(aws.stack()["StackId"])["StackStatus"] == "ROLLBACK_COMPLETE"
    assert aws.reason("Queue") == "Template error: Fn::Select cannot select nonexistent value at index 5"
