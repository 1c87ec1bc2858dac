"""Stacks in stacks."""

from typing import Any

from tests.cloud.overlay.cloudformation.samples import body, broken, queue, table

INNER = {
    "Parameters": {"Timeout": {"Type": "Number", "Default": 30}},
    "Resources": {"Queue": queue(VisibilityTimeout={"Ref": "Timeout"})},
    "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}},
}
OUTPUTS = {"Name": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Name"]}}, "Id": {"Value": {"Ref": "Inner"}}}


def with_inner(aws: Any, template: Any, key: str, **properties: Any) -> dict[str, Any]:
    """Return a template with a stack in it, whose template is put into a bucket."""
    aws.client("s3").create_bucket(Bucket="templates")
    aws.client("s3").put_object(Bucket="templates", Key=key, Body=body(template))
    properties["TemplateURL"] = f"https://s3.amazonaws.com/templates/{key}"
    inner = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
    return {"Resources": {"Inner": inner}, "Outputs": OUTPUTS}


def test_a_stack_in_a_stack_is_updated_in_place(aws: Any) -> None:
    """With another parameter, or another template, it is the same stack, queue and messages."""
    sqs = aws.client("sqs")
    aws.create(with_inner(aws, INNER, "one"))
    before = aws.outputs()
    url = sqs.get_queue_url(QueueName=before["Name"])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")

    aws.update(with_inner(aws, INNER, "one", Parameters={"Timeout": 40}))
    after_parameter = aws.outputs()
    larger = {**INNER, "Resources": {**INNER["Resources"], "Table": table()}}
    stack = aws.update(with_inner(aws, larger, "two", Parameters={"Timeout": 40}))

    assert (before, after_parameter) == (after_parameter, aws.outputs())
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert list(aws.resources(before["Id"])) == ["Queue", "Table"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (found["VisibilityTimeout"], found["ApproximateNumberOfMessages"]) == ("40", "1")


def test_a_stack_in_a_stack_is_rolled_back_with_it(aws: Any) -> None:
    """If its update fails, or that of its parent after it, it is what it was, and the reason is told."""
    aws.create(with_inner(aws, INNER, "one"))
    before, table_of = aws.outputs(), {**INNER, "Resources": {**INNER["Resources"], "Policy": broken()}}

    assert aws.update(with_inner(aws, table_of, "bad"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        "Currently in UPDATE_ROLLBACK_COMPLETE with reason: The following resource(s) failed"
        in aws.reason("Inner")
    )
    later = with_inner(aws, INNER, "one", Parameters={"Timeout": 40})
    later["Resources"]["Policy"] = {**broken(), "DependsOn": "Inner"}
    assert aws.update(later)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    assert aws.outputs() == before
    assert list(aws.resources(before["Id"])) == ["Queue"]
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=before["Name"])["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["VisibilityTimeout"] == "30"


def test_plain_moto_makes_another_stack(plain: Any) -> None:
    """In plain moto the queue of a stack in a stack is another one after an update."""
    plain.create(with_inner(plain, INNER, "one"))
    before = set(plain.client("sqs").list_queues()["QueueUrls"])

    plain.update(with_inner(plain, INNER, "one", Parameters={"Timeout": "40"}))

    assert not before & set(plain.client("sqs").list_queues()["QueueUrls"])
