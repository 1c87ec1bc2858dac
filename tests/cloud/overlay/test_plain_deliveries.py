"""What moto does without the corrections of deliveries, and what it does alike with them."""

import json
from typing import Any

import pytest

from tests.cloud.conftest import REGION, Account
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.settings import ACCOUNT_ID

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"
ENTRY = {"Source": "a", "DetailType": "b", "Detail": "{}"}


def messages(account: Account, name: str) -> list[Any]:
    """Receive what lies in a queue."""
    url = account.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    answer = account.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return list(answer.get("Messages", []))


def test_plain_events_fail_whoever_puts_them(plain: Account) -> None:
    """A function as target makes PutEvents itself fail."""
    events = plain.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": FUNCTION}])

    with pytest.raises(NotImplementedError):
        events.put_events(Entries=[ENTRY])


def test_plain_patterns_take_unknown_operators(plain: Account) -> None:
    """An operator that nobody knows is accepted, and matches everything."""
    events = plain.client("events")

    events.put_rule(Name="r", EventPattern='{"source": [{"around": 1}]}')

    assert events.describe_rule(Name="r")["EventPattern"]


def test_plain_topics_ask_nobody(plain: Account) -> None:
    """A queue without a policy gets the notification."""
    topic = plain.client("sns").create_topic(Name="t")["TopicArn"]
    plain.client("sqs").create_queue(QueueName="q")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:q"
    plain.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    plain.client("sns").publish(TopicArn=topic, Message="m")

    assert len(messages(plain, "q")) == 1


def test_plain_buckets_ask_nobody(plain: Account) -> None:
    """A notification for a function that does not even exist is accepted."""
    s3 = plain.client("s3")
    s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": REGION})

    s3.put_bucket_notification_configuration(
        Bucket="box",
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"]}
            ]
        },
    )

    assert s3.get_bucket_notification_configuration(Bucket="box")["LambdaFunctionConfigurations"]


def test_plain_metric_filters_do_nothing(plain: Account) -> None:
    """Two filters of one name are kept."""
    logs = plain.client("logs")
    logs.create_log_group(logGroupName="g")
    metric = [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}]
    for pattern in ("a", "b"):
        logs.put_metric_filter(
            logGroupName="g", filterName="f", filterPattern=pattern, metricTransformations=metric
        )

    assert len(logs.describe_metric_filters()["metricFilters"]) == 2


@pytest.mark.parametrize(
    "entries",
    [
        [{"Source": "a", "DetailType": "b", "Detail": "{"}],
        [{"Source": "", "DetailType": "b", "Detail": "{}"}, {"Source": "a", "Detail": "{}"}],
        [{"Source": "a", "DetailType": "b"}],
    ],
)
def test_entries_that_are_refused_are_refused_alike(account: Account, entries: list[Any]) -> None:
    """The answers for wrong entries are moto's own, which are AWS's."""
    events = account.client("events")

    corrected = events.put_events(Entries=entries)
    with plain_moto():
        plain = events.put_events(Entries=entries)

    assert (corrected["FailedEntryCount"], corrected["Entries"]) == (
        plain["FailedEntryCount"],
        plain["Entries"],
    )


def test_plain_buses_take_anything_and_go_with_their_rules(plain: Account) -> None:
    """A bus that is not there fails the whole request in plain moto, and one with rules is deleted."""
    events = plain.client("events")
    events.create_event_bus(Name="bus")
    events.put_rule(Name="r", EventBusName="bus", EventPattern='{"source": ["a"]}')

    events.delete_event_bus(Name="bus")

    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.put_events(Entries=[{**ENTRY, "EventBusName": "bus"}])


def delivered_raw(account: Account, name: str) -> list[str]:
    """Publish a message to a topic with an open queue; return the bodies that the queue got."""
    sns, sqs = account.client("sns"), account.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.create_queue(QueueName=name, Attributes={"Policy": policy})
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}",
        Attributes={"RawMessageDelivery": "true"},
    )
    sns.publish(TopicArn=topic, Message="m")
    return [message["Body"] for message in messages(account, name)]


def test_a_raw_message_is_delivered_alike(account: Account) -> None:
    """What a queue that is open to a topic gets by raw delivery is the same with and without corrections."""
    corrected = delivered_raw(account, "corrected")
    with plain_moto():
        plain = delivered_raw(account, "plain")

    assert corrected == plain == ["m"]
