"""AWS::SQS::Queue, AWS::Logs::LogGroup and AWS::CloudWatch::Alarm."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from moto.kms.models import Key

from tests.cloud.overlay.cloudformation.samples import get, queue, resource


def group(**properties: Any) -> dict[str, Any]:
    """Return a log group."""
    return resource("Logs::LogGroup", LogGroupName="/logs", **properties)


def alarm(**properties: Any) -> dict[str, Any]:
    """Return an alarm on the length of the queue `Queue`."""
    properties.setdefault("Threshold", 0)
    return resource(
        "CloudWatch::Alarm",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": get("Queue", "QueueName")}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        **properties,
    )


def attributes(aws: Any) -> dict[str, str]:
    """Return the attributes of the queue."""
    answer = aws.client("sqs").get_queue_attributes(QueueUrl=aws.resources()["Queue"], AttributeNames=["All"])
    found: dict[str, str] = answer["Attributes"]
    return found


def test_a_queue_changes_all_its_attributes(aws: Any) -> None:
    """Every attribute becomes the template's or its default; messages and policy stay."""
    aws.create({"Queue": queue(MessageRetentionPeriod=60, VisibilityTimeout=9)})
    sqs, url = aws.client("sqs"), aws.resources()["Queue"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")

    aws.update({"Queue": queue(DelaySeconds=5, Tags=[{"Key": "a", "Value": "b"}])})

    found = attributes(aws)
    assert aws.resources()["Queue"] == url
    assert (found["DelaySeconds"], found["MessageRetentionPeriod"], found["VisibilityTimeout"]) == (
        "5",
        "345600",
        "30",
    )
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"]["a"] == "b"
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"


def test_plain_moto_changes_two_attributes_of_a_queue(plain: Any) -> None:
    """In plain moto the update is complete and the retention the old one."""
    plain.create({"Queue": queue(MessageRetentionPeriod=60)})

    plain.update({"Queue": queue(MessageRetentionPeriod=120)})

    assert attributes(plain)["MessageRetentionPeriod"] == "60"


@pytest.mark.parametrize("is_fifo", [True, False])
def test_a_queue_without_a_name_gets_one(aws: Any, is_fifo: bool) -> None:
    """However long, the names of two queues differ, and end as those of their kind must; they keep them."""
    first, second = "Q" * 80, "Q" * 81
    kind = {"FifoQueue": True} if is_fifo else {}
    aws.create({first: queue(**kind), second: queue(**kind)})
    urls = aws.client("sqs").list_queues()["QueueUrls"]
    aws.update({first: queue(**kind, VisibilityTimeout=9), second: queue(**kind)})

    assert sorted(aws.resources().values()) == sorted(urls)
    assert {len(url.rpartition("/")[2]) for url in urls} == {80}
    assert {url.endswith(".fifo") for url in urls} == {is_fifo}
    assert len(urls) == 2
    aws.cloudformation.delete_stack(StackName="stack")
    assert aws.client("sqs").list_queues().get("QueueUrls", []) == []


def test_plain_moto_makes_no_fifo_queue_without_a_name(plain: Any) -> None:
    """In plain moto its name is none for such a queue, and the error comes in another protocol."""
    with pytest.raises((ClientError, ResponseParserError)):
        plain.create({"Queue": queue(FifoQueue=True)})


def test_a_log_group_changes_its_retention(aws: Any) -> None:
    """Retention is set and removed in place."""
    logs = aws.client("logs")
    aws.create({"Group": group(RetentionInDays=7)})
    logs.create_log_stream(logGroupName="/logs", logStreamName="kept")

    aws.update({"Group": group(RetentionInDays=14)})
    days = logs.describe_log_groups()["logGroups"][0]["retentionInDays"]
    aws.update({"Group": group()})

    assert days == 14
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    assert len(logs.describe_log_streams(logGroupName="/logs")["logStreams"]) == 1


def test_plain_moto_forgets_a_changed_log_group(plain: Any) -> None:
    """In plain moto the update is complete, the retention the old one, and the group outlives its stack."""
    plain.create({"Group": group(RetentionInDays=7)})
    plain.update({"Group": group(RetentionInDays=14)})

    plain.cloudformation.delete_stack(StackName="stack")

    assert plain.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 7


def test_an_alarm_is_made_changed_and_deleted(aws: Any) -> None:
    """An alarm of a template is an alarm of CloudWatch, as long as its stack lives."""
    cloudwatch = aws.client("cloudwatch")
    aws.create({"Queue": queue(), "Alarm": alarm(AlarmDescription="Words.")})
    before = cloudwatch.describe_alarms()["MetricAlarms"][0]

    aws.update(
        {"Queue": queue(), "Alarm": alarm(Threshold="5", AlarmActions=["arn:aws:sns:us-east-1:1:topic"])}
    )
    after = cloudwatch.describe_alarms()["MetricAlarms"][0]
    aws.cloudformation.delete_stack(StackName="stack")

    assert (before["AlarmDescription"], before["Threshold"]) == ("Words.", 0.0)
    assert before["AlarmName"].startswith("stack-Alarm-")
    assert before["Dimensions"][0]["Value"].startswith("stack-Queue-")
    assert (after["AlarmName"], after["Threshold"]) == (before["AlarmName"], 5.0)
    assert after["AlarmActions"] == ["arn:aws:sns:us-east-1:1:topic"]
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_an_alarm_on_several_metrics_is_refused(aws: Any) -> None:
    """What would never be evaluated fails loudly."""
    aws.create({"Queue": queue(), "Alarm": alarm(Metrics=[])})

    assert aws.stack(aws.stack()["StackId"])["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "alarms on a single metric" in aws.reason("Alarm")


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_plain_moto_makes_no_alarm(plain: Any) -> None:
    """In plain moto the stack is complete, and there is no alarm."""
    stack = plain.create({"Queue": queue(), "Alarm": alarm()})

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert plain.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_a_failure_of_the_model_itself_is_a_sentence(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no service says is told in words, with the type; Python's words go to the log alone."""
    monkeypatch.setattr(Key, "create_from_cloudformation_json", lambda *_arguments, **_names: int("x"))

    stack = aws.create({"Key": {"Type": "AWS::KMS::Key", "Properties": {}}})

    assert aws.reason("Key", stack["StackId"]) == (
        'Resource handler returned message: "The offline cloud cannot do what the properties of this '
        'AWS::KMS::Key ask for; its log says where it failed." (HandlerErrorCode: InternalFailure)'
    )


def test_a_rule_of_a_lifecycle_has_an_action(aws: Any) -> None:
    """A bucket with one that does nothing is not made; each name that a template has for an action is one."""
    rules = [{"Status": "Enabled", **action} for action in ({"ExpirationInDays": 1}, {"Prefix": "a"})]

    def made(name: str, *rules: dict[str, Any]) -> Any:
        properties = {"LifecycleConfiguration": {"Rules": rules}}
        return aws.create({"Box": {"Type": "AWS::S3::Bucket", "Properties": properties}}, name)

    assert made("good", rules[0])["StackStatus"] == "CREATE_COMPLETE"
    stack = made("bad", *rules)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "At least one action needs to be specified in a rule" in aws.reason("Box", stack["StackId"])
