"""Topics, buckets and log groups deliver AWS's documents, to whoever lets them."""

import base64
import contextlib
import gzip
import json
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import ACCOUNT, allow, document, permission, trust
from tests.cloud.runtime.world import REGION, World, client, queue_url
from workshop.cloud.offline.overlay.correct import CLOCK

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:T"
BUCKET = "arn:aws:s3:::box"
TOPICS, BUCKETS, LOGS = "sns.amazonaws.com", "s3.amazonaws.com", "logs.amazonaws.com"


def queue_for(world: World, source: str, *, name: str = "Q", **principal: Any) -> str:
    """Create a queue that takes what one source sends, and nothing else."""
    condition = {"ArnEquals": {"aws:SourceArn": source}}
    statement = {**allow("SQS:SendMessage"), "Principal": principal or "*", "Condition": condition}
    return world.queue(name, Policy=document(statement))


def permit(service: str, source: str) -> None:
    """Let a service invoke the function."""
    client("lambda").add_permission(**permission(service, source))


def subscribe(protocol: str, endpoint: str, **attributes: str) -> str:
    """Make the topic if need be, and subscribe to it."""
    client("sns").create_topic(Name="T")
    answer = client("sns").subscribe(
        TopicArn=TOPIC, Protocol=protocol, Endpoint=endpoint, Attributes=attributes
    )
    return str(answer["SubscriptionArn"])


def publish(message: str = "hello", **more: Any) -> str:
    return str(client("sns").publish(TopicArn=TOPIC, Message=message, **more)["MessageId"])


def test_a_topic_invokes_a_function_with_its_notification(world: World) -> None:
    """The event, for which nobody waits, has the members that AWS documents, with null for no subject."""
    function = world.function()
    permit("sns", TOPIC)
    subscription = subscribe("lambda", function)
    attribute = {"kind": {"DataType": "String", "StringValue": "x"}}

    message_id = publish(MessageAttributes=attribute)
    assert world.sent() == []
    world.step()

    (record,) = json.loads(world.sent()[0])["Records"]
    notification = record.pop("Sns")
    assert record == {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription}
    for name in ("Signature", "SigningCertUrl", "UnsubscribeUrl", "Timestamp"):
        assert notification.pop(name)
    assert notification == {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": TOPIC,
        "Subject": None,
        "Message": "hello",
        "SignatureVersion": "1",
        "MessageAttributes": {"kind": {"Type": "String", "Value": "x"}},
    }


@pytest.mark.parametrize("principal", [{"Service": TOPICS}, {"AWS": "*"}, {}])
def test_a_topic_sends_to_a_queue_that_lets_it(world: World, principal: dict[str, str]) -> None:
    """A queue's policy names the service or everybody, and the topic as the source."""
    subscribe("sqs", queue_for(world, TOPIC, **principal))

    publish(Subject="s")

    (notification,) = world.messages()
    assert (notification["Message"], notification["Subject"]) == ("hello", "s")
    assert "MessageAttributes" not in notification


def test_raw_delivery_sends_the_message_alone(world: World) -> None:
    """The body is the message, and its attributes are the message's; `false` means what it says."""
    subscription = subscribe("sqs", queue_for(world, TOPIC), RawMessageDelivery="true")
    publish('{"n": 1}', MessageAttributes={"k": {"DataType": "Number", "StringValue": "7"}})

    answer = client("sqs").receive_message(QueueUrl=queue_url(), MessageAttributeNames=["All"])

    (message,) = answer["Messages"]
    assert (message["Body"], message["MessageAttributes"]["k"]["StringValue"]) == ('{"n": 1}', "7")
    client("sns").set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="false"
    )
    publish()
    assert [notification["Message"] for notification in world.messages()] == ["hello"]


@pytest.mark.parametrize(("is_raw", "arrives_at"), [("true", "dead"), ("false", "Q")])
def test_a_raw_message_has_at_most_ten_attributes(world: World, is_raw: str, arrives_at: str) -> None:
    """A queue takes no more; in a notification they are text, and may be as many as they are."""
    dead = queue_for(world, TOPIC, name="dead")
    redrive = json.dumps({"deadLetterTargetArn": dead})
    subscribe("sqs", queue_for(world, TOPIC), RawMessageDelivery=is_raw, RedrivePolicy=redrive)
    attribute = {"DataType": "String", "StringValue": "x"}

    publish("1", MessageAttributes={f"k{number}": attribute for number in range(11)})

    assert [name for name in ("Q", "dead") if world.messages(name)] == [arrives_at]


def test_a_queue_that_does_not_let_the_topic_gets_nothing(world: World) -> None:
    """Publish succeeds; the subscription's dead-letter queue gets the notification."""
    dead = queue_for(world, TOPIC, name="dead")
    closed = queue_for(world, f"{TOPIC}-other")
    subscribe("sqs", closed, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead}))

    publish()

    assert world.messages() == []
    assert [notification["Message"] for notification in world.messages("dead")] == ["hello"]


def test_a_filter_policy_looks_at_attributes_or_at_the_body(world: World) -> None:
    """What a policy does not let through is not delivered."""
    policy = json.dumps({"kind": ["x"]})
    subscribe("sqs", queue_for(world, TOPIC), FilterPolicy=policy)
    body = {"FilterPolicy": policy, "FilterPolicyScope": "MessageBody"}
    subscribe("sqs", queue_for(world, TOPIC, name="by-body"), **body)

    publish('{"kind": "x"}')
    publish('{"kind": "y"}', MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}})

    assert [one["Message"] for one in world.messages()] == ['{"kind": "y"}']
    assert [one["Message"] for one in world.messages("by-body")] == ['{"kind": "x"}']


def test_each_protocol_may_have_a_text_of_its_own(world: World) -> None:
    """A text for a protocol goes to it alone, filters included; a value that is no text counts as absent."""
    filtered = {"FilterPolicy": '{"a": [1]}', "FilterPolicyScope": "MessageBody"}
    subscribe("sqs", queue_for(world, TOPIC), RawMessageDelivery="true")
    subscribe("sqs", queue_for(world, TOPIC, name="filtered"), RawMessageDelivery="true", **filtered)

    for texts in ({"default": '{"a": 1}', "sqs": {"a": 2}}, {"default": "1", "sqs": '{"a": 1}', "lambda": 3}):
        publish(json.dumps(texts), MessageStructure="json")

    assert world.messages() == world.messages("filtered") == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize("message", ['{"default": 1}', '{"sqs": "x"}', '["default"]', "{", "[" * 100_000])
def test_a_structured_message_has_a_default(world: World, message: str) -> None:
    """What is no object with a text for everybody else is refused, and nobody gets it."""
    subscribe("sqs", queue_for(world, TOPIC))

    with pytest.raises(client("sns").exceptions.InvalidParameterException):
        publish(message, MessageStructure="json")

    assert world.messages() == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"Subject": ""}, "Subject"),
        ({"Subject": "a\nb"}, "Subject"),
        ({"Subject": "s" * 101}, "Subject"),
        ({"MessageAttributes": {"a": {"DataType": "String"}}}, "must contain non-empty"),
    ],
    ids=str,
)
def test_a_subject_is_one_line_and_an_attribute_has_a_value(world: World, more: Any, words: str) -> None:
    """Others are refused, and nobody gets the message."""
    subscribe("sqs", queue_for(world, TOPIC))

    with pytest.raises(client("sns").exceptions.InvalidParameterException, match=words):
        publish(**more)

    assert world.messages() == []


@pytest.mark.parametrize(("attribute", "fits"), [(0, True), (1, False)])
def test_a_message_has_so_many_bytes_at_most(world: World, attribute: int, fits: bool) -> None:
    """256 KiB, of which a letter may take several; names, types and values of attributes count."""
    subscribe("sqs", queue_for(world, TOPIC))
    value = {"DataType": "Binary", "BinaryValue": b"x" * (3 + attribute)}
    # Name, type and value have eleven bytes.
    send = partial(publish, "ü" * (128 * 1024 - 6) + "x", MessageAttributes={"ab": value})

    if fits:
        send()
    else:
        with pytest.raises(client("sns").exceptions.InvalidParameterException, match="too long"):
            send()


def test_a_subscription_that_nobody_confirms_gets_nothing(world: World) -> None:
    """Nothing leaves the machine for an address that was subscribed."""
    del world
    subscription = subscribe("http", "http://127.0.0.1:1/")

    publish()

    attributes = client("sns").get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"


def bucket(**notifications: Any) -> None:
    """Make the bucket, if need be, with its notifications."""
    client("s3").create_bucket(Bucket="box")
    client("s3").put_bucket_notification_configuration(Bucket="box", NotificationConfiguration=notifications)


def test_a_bucket_invokes_a_function_with_its_event(world: World) -> None:
    """The record has the members that AWS documents, and the key as in a query."""
    function = world.function()
    permit("s3", BUCKET)
    suffix = {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".csv"}]}}
    bucket(
        LambdaFunctionConfigurations=[
            {"Id": "new", "LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"], "Filter": suffix}
        ]
    )

    client("s3").put_object(Bucket="box", Key="in/a b.csv", Body=b"123")
    client("s3").put_object(Bucket="box", Key="in/b.txt", Body=b"123")
    world.step()

    ((record,),) = [json.loads(event)["Records"] for event in world.sent()]
    assert record.pop("eventTime")
    assert record["s3"]["object"].pop("sequencer")
    assert {"userIdentity", "requestParameters", "responseElements"} < record.keys()
    assert record["s3"].pop("bucket")["arn"] == BUCKET
    assert (record["eventName"], record["eventSource"]) == ("ObjectCreated:Put", "aws:s3")
    assert record["s3"] == {
        "s3SchemaVersion": "1.0",
        "configurationId": "new",
        "object": {"key": "in/a+b.csv", "size": 3, "eTag": "202cb962ac59075b964b07152d234b70"},
    }


def wanted(*events: str, **ends: str) -> dict[str, Any]:
    """Return what a configuration selects: deletions unless told otherwise, of keys that begin or end so."""
    rules = [{"Name": name, "Value": value} for name, value in ends.items()]
    chosen = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    return {"Events": list(events) or ["s3:ObjectRemoved:*"], **chosen}


def test_a_bucket_notifies_queues_and_topics_of_deletions(world: World) -> None:
    """A queue gets a test event first; a deletion has neither size nor tag."""
    client("sns").create_topic(Name="T")
    policy = document({**allow("sns:Publish", TOPIC), "Principal": {"Service": BUCKETS}})
    client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)
    subscribe("sqs", queue_for(world, TOPIC, name="through"), RawMessageDelivery="true")
    bucket(
        QueueConfigurations=[{"QueueArn": queue_for(world, BUCKET), **wanted(prefix="q")}],
        TopicConfigurations=[{"TopicArn": TOPIC, **wanted(prefix="t")}],
    )

    for key in ("q", "t"):
        client("s3").put_object(Bucket="box", Key=key, Body=b"123")
        client("s3").delete_object(Bucket="box", Key=key)

    for name in ("Q", "through"):
        test, event = world.messages(name)
        assert test["Event"] == "s3:TestEvent"
        (record,) = event["Records"]
        assert record["eventName"] == "ObjectRemoved:Delete"
        assert record["s3"]["object"].keys() == {"key", "sequencer"}


def test_a_bucket_may_not_notify_whoever_does_not_let_it(world: World) -> None:
    """The configuration is refused with AWS's words."""
    function = world.function()
    client("s3").create_bucket(Bucket="box")

    with pytest.raises(client("s3").exceptions.ClientError, match="Unable to validate the following dest"):
        bucket(
            LambdaFunctionConfigurations=[{"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}]
        )


@pytest.mark.parametrize(
    ("one", "other", "is_taken"),
    [
        (wanted(), wanted(), False),
        (wanted("s3:ObjectRemoved:*"), wanted("s3:ObjectRemoved:Delete"), False),
        (wanted(prefix="a"), wanted(prefix="ab"), False),
        (wanted(prefix="a", suffix=".csv"), wanted(suffix="s.csv"), False),
        (wanted("s3:ObjectCreated:*"), wanted("s3:ObjectRemoved:*"), True),
        (wanted(prefix="a"), wanted(prefix="b"), True),
        (wanted(prefix="a", suffix=".csv"), wanted(prefix="a", suffix=".txt"), True),
    ],
)
def test_no_two_configurations_of_a_bucket_overlap(
    world: World, one: dict[str, Any], other: dict[str, Any], is_taken: bool
) -> None:
    """The same event of the same object for two destinations is refused, and none of the two is kept."""
    configurations = {
        "QueueConfigurations": [{"QueueArn": queue_for(world, BUCKET), **one}],
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": world.function(), **other}],
    }
    permit("s3", BUCKET)

    refusal = (
        contextlib.nullcontext() if is_taken else pytest.raises(ClientError, match="ambiguously defined")
    )
    with refusal:
        bucket(**configurations)

    kept = client("s3").get_bucket_notification_configuration(Bucket="box")
    assert ("QueueConfigurations" in kept) is is_taken


@pytest.mark.parametrize("name", ["prefix", "suffix"])
def test_a_filter_has_one_rule_of_a_kind(world: World, name: str) -> None:
    """A second one is refused, since only one of the two could hold."""
    rules = [{"Name": name, "Value": value} for value in "ab"]
    chosen = {"Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
    queue = queue_for(world, BUCKET)

    with pytest.raises(ClientError, match=f"Cannot specify more than one {name} rule in a filter."):
        bucket(QueueConfigurations=[{"QueueArn": queue, **chosen}])


def test_a_bucket_notifies_no_fifo_queue(world: World) -> None:
    """It is refused as a destination, also if its policy lets the bucket send."""
    policy = document({**allow("sqs:SendMessage", "*"), "Principal": {"Service": BUCKETS}})
    attributes = {"FifoQueue": "true", "Policy": policy}
    client("sqs").create_queue(QueueName="Q.fifo", Attributes=attributes)
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:Q.fifo"
    assert world

    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        bucket(QueueConfigurations=[{"QueueArn": queue, "Events": ["s3:ObjectCreated:*"]}])


def test_a_bucket_tells_the_default_bus(world: World) -> None:
    """EventBridge gets its own document, which a rule can match."""
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["box"]}},
    }
    client("events").put_rule(Name="r", EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": queue_for(world, rule)}])
    bucket(EventBridgeConfiguration={})

    client("s3").put_object(Bucket="box", Key="a b", Body=b"123")

    (event,) = world.messages()
    assert event["detail"]["object"]["key"] == "a b"
    assert (event["detail"]["reason"], event["resources"]) == ("PutObject", [BUCKET])


def put_line(*messages: str) -> None:
    """Write log events of the cloud's time."""
    logs = client("logs")
    if not logs.describe_log_streams(logGroupName="g")["logStreams"]:
        logs.create_log_stream(logGroupName="g", logStreamName="s")
    events = [{"timestamp": int(CLOCK.now() * 1000), "message": message} for message in messages]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)


def test_a_subscription_filter_sends_what_it_selects(world: World) -> None:
    """A function gets the compressed document in base64, a stream the compressed document."""
    client("logs").create_log_group(logGroupName="g")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g:*"
    function, stream = world.function(), world.stream()
    permit("logs", group)
    iam = client("iam")
    iam.create_role(RoleName="logs", AssumeRolePolicyDocument=trust(Service=LOGS))
    iam.put_role_policy(
        RoleName="logs", PolicyName="p", PolicyDocument=document(allow("kinesis:PutRecord", stream))
    )
    to = {"logGroupName": "g", "filterPattern": "ERROR"}
    client("logs").put_subscription_filter(filterName="f", destinationArn=function, **to)
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    client("logs").put_subscription_filter(filterName="k", destinationArn=stream, roleArn=role, **to)

    put_line("ERROR one", "fine")
    world.step()

    packed = base64.b64decode(json.loads(world.sent()[0])["awslogs"]["data"])
    iterator = client("kinesis").get_shard_iterator(
        StreamName="S", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = client("kinesis").get_records(ShardIterator=iterator)["Records"]
    for document_, name in ((packed, "f"), (record["Data"], "k")):
        sent = json.loads(gzip.decompress(document_))
        (event,) = sent.pop("logEvents")
        assert (event["message"], event.keys()) == ("ERROR one", {"id", "timestamp", "message"})
        assert sent == {
            "messageType": "DATA_MESSAGE",
            "owner": ACCOUNT,
            "logGroup": "g",
            "logStream": "s",
            "subscriptionFilters": [name],
        }


def test_a_subscription_filter_needs_the_permission_of_its_function(world: World) -> None:
    """The filter is refused with AWS's words."""
    client("logs").create_log_group(logGroupName="g")

    with pytest.raises(client("logs").exceptions.InvalidParameterException, match="Could not execute the"):
        client("logs").put_subscription_filter(
            logGroupName="g", filterName="f", filterPattern="", destinationArn=world.function()
        )


def test_a_metric_filter_counts_what_it_selects(world: World) -> None:
    """Each event that matches is a value: a constant, or what the event says."""
    del world
    client("logs").create_log_group(logGroupName="g")
    metrics = {"errors": "1", "latency": "$.ms"}
    for name, value in metrics.items():
        client("logs").put_metric_filter(
            logGroupName="g",
            filterName=name,
            filterPattern="{ $.level = ERROR }",
            metricTransformations=[{"metricName": name, "metricNamespace": "N", "metricValue": value}],
        )

    put_line('{"level": "ERROR", "ms": 5}', '{"level": "ERROR", "ms": 7}', '{"level": "INFO", "ms": 9}')

    from moto.cloudwatch.models import cloudwatch_backends

    data = cloudwatch_backends[ACCOUNT][REGION].metric_data
    values = {name: [one.value for one in data if one.name == name] for name in metrics}
    assert values == {"errors": [1.0, 1.0], "latency": [5.0, 7.0]}


def test_a_fifo_topic_keeps_groups_and_drops_duplicates(world: World) -> None:
    """A queue gets the message's group, and by its content an id that tells a message sent twice."""
    attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    topic = client("sns").create_topic(Name="T.fifo", Attributes=attributes)["TopicArn"]
    policy = document({**allow("sqs:SendMessage"), "Principal": "*"})
    queue = world.queue("Q.fifo", FifoQueue="true", Policy=policy)
    client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"}
    )

    for message in ("1", "1", "2"):
        client("sns").publish(TopicArn=topic, Message=message, MessageGroupId="g")

    assert world.messages("Q.fifo") == [1, 2]


def test_a_fifo_queue_does_not_subscribe_to_a_topic_without_order(world: World) -> None:
    """It is refused in AWS's words: its messages would need groups."""
    queue = world.queue("Q.fifo", FifoQueue="true")

    with pytest.raises(
        client("sns").exceptions.InvalidParameterException, match="FIFO SQS Queues can not be"
    ):
        subscribe("sqs", queue)
