"""A property is applied, refused or named in the stack's events; none is left out in silence."""

import inspect
from typing import Any

import pytest
from moto.cloudformation import parsing

from tests.cloud.overlay.cloudformation.catalogue import write_schemas
from tests.cloud.overlay.cloudformation.samples import function, queue, role, table
from workshop.cloud.offline.overlay.awslambda import event_sources
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import (
    effects,
    schema,
    types_with_schema,
)


def mapping(**properties: Any) -> dict[str, Any]:
    """Return a mapping of a function that needs not exist."""
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": "f", **properties}}


DESTINATION = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:q", "Queue": 1}}
REFUSED = {
    "unknown": (queue(DelaySecondss=1), "#: extraneous key [DelaySecondss] is not permitted"),
    "unknown inside": (
        mapping(DestinationConfig=DESTINATION),
        "#/DestinationConfig/OnFailure: extraneous key [Queue] is not permitted",
    ),
    "unknown in a list": (
        queue(Tags=[{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "b", "Colour": "c"}]),
        "#/Tags/1: extraneous key [Colour] is not permitted",
    ),
    "missing": ({"Type": "AWS::SNS::Subscription"}, "#: required key [TopicArn] not found"),
    "no number": (queue(DelaySeconds="soon"), "#/DelaySeconds: expected type: Integer, found: String"),
    "no integer": (queue(DelaySeconds=1.5), "#/DelaySeconds: expected type: Integer, found: Number"),
    "no boolean": (queue(FifoQueue="yes"), "#/FifoQueue: expected type: Boolean, found: String"),
    "no text": (queue(QueueName=["a"]), "#/QueueName: expected type: String, found: JSONArray"),
    "no list": (queue(Tags="a"), "#/Tags: expected type: JSONArray, found: String"),
    "no object": (
        table(StreamSpecification="NEW_IMAGE"),
        "#/StreamSpecification: expected type: JSONObject, found: String",
    ),
    "too large": (
        mapping(BatchSize=10001),
        "#/BatchSize: failed validation constraint for keyword [maximum]",
    ),
    "too small": (mapping(BatchSize="0"), "#/BatchSize: failed validation constraint for keyword [minimum]"),
    "not in the list": (
        mapping(FunctionResponseTypes=["All"]),
        "#/FunctionResponseTypes/0: failed validation constraint for keyword [enum]",
    ),
    "too long": (mapping(FunctionName="f" * 141), "#/FunctionName: expected maxLength: 140, actual: 141"),
    "too few": (
        mapping(FilterCriteria={"Filters": []}),
        "#/FilterCriteria/Filters: expected minimum item count: 1, found: 0",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_schema_refuses_fails_the_resource(aws: Any, case: str) -> None:
    """Unknown, missing and impossible properties fail a resource with AWS's words and their place."""
    resource, problem = REFUSED[case]

    stack = aws.create({"Thing": resource})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = aws.reason("Thing", stack["StackId"])
    assert reason.startswith("Properties validation failed for resource Thing with message:\n#")
    assert problem in reason.splitlines()


def test_numbers_and_booleans_may_be_text_and_the_reverse(aws: Any) -> None:
    """AWS turns what a parameter gives as text into what the property wants."""
    stack = aws.create({"Queue": queue(DelaySeconds="5", SqsManagedSseEnabled="false", QueueName=12)})

    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_an_update_and_a_change_set_refuse_the_same(aws: Any) -> None:
    """An unknown property rolls an update back, and a stack that a change set creates."""
    aws.create({"Queue": queue(DelaySeconds=1)})

    updated = aws.update({"Queue": queue(DelaySeconds=2, Delay=2)})
    aws.cloudformation.create_change_set(
        StackName="other",
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody='{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Delay": 2}}}}',
    )
    aws.cloudformation.execute_change_set(StackName="other", ChangeSetName="first")

    assert updated["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.stack("other")["StackStatus"] == "ROLLBACK_COMPLETE"
    for name in ("stack", "other"):
        assert "#: extraneous key [Delay] is not permitted" in aws.reason("Queue", name)


def test_a_property_without_effect_is_named(aws: Any) -> None:
    """What has no effect is named in the event with which its resource is complete."""
    resources = {
        "Role": role(),
        "Function": function(
            VpcConfig={"SubnetIds": []}, TracingConfig={"Mode": "Active"}, SnapStart={"ApplyOn": "None"}
        ),
    }

    aws.create(resources)
    assert aws.reason("Role") == ""
    assert aws.reason("Function") == (
        "VpcConfig, TracingConfig have no effect in the offline cloud: functions are processes of this "
        "machine, with its files and its network, and log text (docs/offline-cloud.md)"
    )

    tracing = {
        "TracingConfig": {"Mode": "PassThrough"},
        "Code": {"ZipFile": "x = 1\n", "S3ObjectVersion": "1"},
    }
    aws.update({"Role": role(), "Function": function(**tracing)})
    assert aws.reason("Function").startswith("Code.S3ObjectVersion has no effect in the offline cloud")


def test_what_would_mislead_is_refused(aws: Any) -> None:
    """A table whose records should reach a stream fails, for they would not."""
    stream = {"StreamArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}

    stack = aws.create({"Table": table(KinesisStreamSpecification=stream)})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert aws.reason("Table", stack["StackId"]) == (
        "The offline cloud does not offer the property KinesisStreamSpecification: "
        "no record would reach the stream (docs/offline-cloud.md)"
    )


def test_every_type_that_is_offered_has_a_schema(aws: Any) -> None:
    """Whatever a stack can have, its properties are known; what `effects.toml` names, AWS has."""
    del aws
    assert types_with_schema() == set(write_schemas.offered())
    for resource_type, known in effects().items():
        shape = schema(resource_type)
        assert shape is not None
        listed = {*known.get("works", ()), *known.get("refused", ()), *known.get("same", ())}
        assert {name.split(".")[0] for name in listed} <= shape["properties"].keys(), resource_type
        for path in known.get("idle", ()):
            top, member = path.split(".")
            assert top in known["works"], path
            assert f'"{member}"' in str(shape["properties"][top]).replace("'", '"'), path


def sources_of(resource_type: str) -> str:
    """Return the source of what makes resources of a type: ours, and moto's model if it has one."""
    model = parsing.resource_class_from_type(resource_type)
    create = model.create_from_cloudformation_json
    function = getattr(create, "__func__", None) or getattr(create, "func", create)
    made_by = inspect.getclosurevars(function).nonlocals.get("make", function)
    modules = {inspect.getmodule(made_by), inspect.getmodule(model), event_sources}
    return "".join(inspect.getsource(module) for module in modules if module is not None)


def test_what_is_said_to_work_is_read(aws: Any) -> None:
    """The code that makes a resource names every property that is said to have an effect."""
    del aws
    for resource_type, known in effects().items():
        source = sources_of(resource_type)
        unread = [name for name in known["works"] if f'"{name}"' not in source]
        assert unread == [], resource_type


def test_the_file_is_written_from_the_schemas(aws: Any) -> None:
    """The file has what its writer makes of the schemas."""
    del aws
    assert schema("AWS::SQS::Queue") == write_schemas.Schema("AWS::SQS::Queue").written()


def test_plain_moto_takes_anything(plain: Any) -> None:
    """In plain moto a misspelt property leaves its default in place, and the stack is complete."""
    misspelt = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCuont": 2}}

    assert plain.create({"Stream": misspelt})["StackStatus"] == "CREATE_COMPLETE"


def test_a_policy_is_somebody_s(aws: Any) -> None:
    """AWS::IAM::Policy names a role, a user or a group."""
    properties = {"PolicyName": "p", "PolicyDocument": {"Statement": []}, "Roles": []}

    stack = aws.create({"Policy": {"Type": "AWS::IAM::Policy", "Properties": properties}})

    assert "At least one of [Groups,Roles,Users] must be non-empty." in aws.reason("Policy", stack["StackId"])
