"""Asynchronous events: retries, age, destinations."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import trust
from tests.cloud.runtime.world import (
    ACCOUNT,
    REGION,
    FunctionFailureError,
    World,
    client,
    fail,
    on_failure,
    queue_url,
)
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.invocations.functions import find_function


def configure(**settings) -> None:
    client("lambda").put_function_event_invoke_config(FunctionName="F", **settings)


def send(payload: bytes = b'{"a": 1}') -> None:
    client("lambda").invoke(FunctionName="F", InvocationType="Event", Payload=payload)


def test_failed_event_is_retried_twice(world: World) -> None:
    """A failing event is sent again after one minute and after two more, then dropped."""
    world.function(handler=fail)
    send()
    counts = []

    for seconds in (0, 59, 1, 119, 1, 3600):
        world.step(seconds)
        counts.append(len(world.sent()))

    assert counts == [1, 1, 2, 2, 3, 3]


def test_an_event_keeps_its_id(world: World) -> None:
    """Whoever sends an event learns the id of all of its attempts, and of what is told in the end."""
    world.function(handler=fail)
    configure(**on_failure(world.queue()))
    invoke = partial(client("lambda").invoke, FunctionName="F")

    answers = [invoke(), invoke(InvocationType="Event")]
    ids = [answer["ResponseMetadata"]["RequestId"] for answer in answers]
    world.run(until_seconds=3600)

    reports = client("logs").filter_log_events(logGroupName="/aws/lambda/F", filterPattern="REPORT")["events"]
    (document,) = world.messages()
    assert [report["message"].split()[2] for report in reports] == [ids[0], *[ids[1]] * 3]
    assert document["requestContext"]["requestId"] == ids[1]


def test_each_alias_has_its_own_settings(world: World) -> None:
    """An event obeys the settings of the qualifier that it was sent to, or else the defaults."""
    world.function(handler=fail)
    version = client("lambda").publish_version(FunctionName="F")["Version"]
    client("lambda").create_alias(FunctionName="F", Name="live", FunctionVersion=version)
    configure(MaximumRetryAttempts=0)
    configure(MaximumRetryAttempts=1, Qualifier="live")
    counts = []

    for name in ("F", "F:live", f"F:{version}"):
        client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"1")
        before = len(world.sent())
        world.run(until_seconds=3600)
        counts.append(len(world.sent()) - before)

    assert counts == [1, 2, 3]


def settings(**which: str) -> dict:
    found = client("lambda").get_function_event_invoke_config(FunctionName="F", **which)
    return {
        name: found[name] for name in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds") if name in found
    }


def test_a_put_replaces_and_an_update_changes(world: World) -> None:
    """What was put last is shown and listed, an update keeps the rest; plain moto does neither."""
    functions = client("lambda")
    world.function()
    functions.publish_version(FunctionName="F")
    age = {"MaximumEventAgeInSeconds": 60}
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.update_function_event_invoke_config(FunctionName="F", **age)
    configure(MaximumRetryAttempts=0)
    functions.update_function_event_invoke_config(FunctionName="F", **age)
    configure(MaximumRetryAttempts=1, Qualifier="1")

    assert settings() == {"MaximumRetryAttempts": 0, **age}
    assert settings(Qualifier="1") == {"MaximumRetryAttempts": 1}
    assert (
        len(functions.list_function_event_invoke_configs(FunctionName="F")["FunctionEventInvokeConfigs"]) == 2
    )
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        configure(Qualifier="none")
    functions.delete_function_event_invoke_config(FunctionName="F")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        settings()
    assert settings(Qualifier="1") == {"MaximumRetryAttempts": 1}
    world.function("G")
    with plain_moto():
        for attempts in (0, 1):
            functions.put_function_event_invoke_config(FunctionName="G", MaximumRetryAttempts=attempts)
        shown = functions.get_function_event_invoke_config(FunctionName="G", Qualifier="none")
    assert shown["MaximumRetryAttempts"] == 0


def test_failure_destination_is_told(world: World) -> None:
    """After the last retry the failure destination gets request, response and condition."""
    queue = world.queue()
    arn = world.function(handler=fail)
    configure(MaximumRetryAttempts=1, **on_failure(queue))
    send()

    world.run(until_seconds=3600)

    (document,) = world.messages()
    assert document["requestContext"] | {"requestId": ""} == {
        "requestId": "",
        "functionArn": f"{arn}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 2,
    }
    assert document["requestPayload"] == {"a": 1}
    assert document["responseContext"]["functionError"] == "Unhandled"
    assert document["responsePayload"]["errorMessage"] == "no"


def test_success_destination_is_told(world: World) -> None:
    """A success destination gets what the function answered."""
    queue = world.queue()
    world.function(handler=lambda event: {"b": 2})
    configure(DestinationConfig={"OnSuccess": {"Destination": queue}})
    send()

    world.step()

    (document,) = world.messages()
    assert document["requestContext"]["condition"] == "Success"
    assert document["responsePayload"] == {"b": 2}


def test_a_function_is_told_how_another_one_ended(world: World) -> None:
    """A function that is the success destination gets the document as an event of its own."""
    world.function(handler=lambda _: {"b": 2})
    second = world.function("G")
    configure(DestinationConfig={"OnSuccess": {"Destination": second}})
    send()

    world.run(until_seconds=10)

    (document,) = [json.loads(event) for event in world.sent("G")]
    assert (document["requestPayload"], document["responsePayload"]) == ({"a": 1}, {"b": 2})


def test_an_event_bus_is_told_how_an_invocation_ended(world: World) -> None:
    """A bus gets the document as an event's detail, which rules find by source and kind."""
    queue = world.queue()
    arn = world.function(handler=fail)
    events, bus = client("events"), f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue}
    client("sqs").set_queue_attributes(
        QueueUrl=queue_url(), Attributes={"Policy": json.dumps({"Statement": [policy]})}
    )
    kind = "Lambda Function Invocation Result - Failure"
    pattern = {"source": ["lambda"], "detail-type": [kind]}
    events.put_rule(Name="ended", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="ended", Targets=[{"Id": "Q", "Arn": queue}])
    configure(MaximumRetryAttempts=0, **on_failure(bus))
    send()

    world.run(until_seconds=10)

    (event,) = world.messages()
    assert event["resources"] == [bus, f"{arn}:$LATEST"]
    assert event["detail"]["requestContext"]["condition"] == "RetriesExhausted"


def test_a_bucket_is_told_how_an_invocation_ended(world: World) -> None:
    """A bucket gets the document as an object below the function's name."""
    s3 = client("s3")
    s3.create_bucket(Bucket="failures")
    world.function(handler=fail)
    configure(MaximumRetryAttempts=0, **on_failure("arn:aws:s3:::failures"))
    send()

    world.run(until_seconds=10)

    (found,) = s3.list_objects_v2(Bucket="failures")["Contents"]
    body = json.load(s3.get_object(Bucket="failures", Key=found["Key"])["Body"])
    assert found["Key"].startswith("aws/lambda/async/F/")
    assert body["requestPayload"] == {"a": 1}


@contextmanager
def taken(world: World) -> Iterator[None]:
    """Hold the only place of the function."""
    client("lambda").put_function_concurrency(FunctionName="F", ReservedConcurrentExecutions=1)
    with world.runtime._concurrency.slot(
        find_function(FunctionReference("F"), region=REGION, account_id=ACCOUNT)
    ):
        yield


def test_throttled_event_waits_without_losing_a_retry(world: World) -> None:
    """An event that finds no free concurrency waits, and is sent when there is some."""
    world.function()
    with taken(world):
        send()
        world.run(until_seconds=300)
        assert world.sent() == []

    world.run(until_seconds=5)

    assert [json.loads(event) for event in world.sent()] == [{"a": 1}]


def test_throttled_event_is_given_up_when_it_is_too_old(world: World) -> None:
    """An event that waits longer than its maximum age goes to the failure destination."""
    queue = world.queue()
    world.function()
    configure(MaximumEventAgeInSeconds=60, **on_failure(queue))
    with taken(world):
        send()
        world.run(until_seconds=90)

    (document,) = world.messages()
    assert document["requestContext"]["condition"] == "EventAgeExceeded"
    assert "responseContext" not in document


@pytest.mark.parametrize(("age", "runs"), [(60, 1), (61, 2), (180, 2), (181, 3)])
def test_an_event_is_retried_while_it_is_young_enough(world: World, age: int, runs: int) -> None:
    """A retry that would come when the event is too old does not come; what the function said is told."""
    world.function(handler=fail)
    configure(MaximumEventAgeInSeconds=age, **on_failure(world.queue()))
    send()

    world.run(until_seconds=3600)

    (document,) = world.messages()
    assert len(world.sent()) == document["requestContext"]["approximateInvokeCount"] == runs
    condition = "RetriesExhausted" if runs == 3 else "EventAgeExceeded"
    assert document["requestContext"]["condition"] == condition
    assert document["responsePayload"]["errorMessage"] == "no"


def test_events_of_a_stopped_function_are_given_up_at_once(world: World) -> None:
    """With a reservation of 0 an event goes to the destination and the dead-letter queue, and never runs."""
    url = client("sqs").create_queue(QueueName="D")["QueueUrl"]
    world.function(DeadLetterConfig={"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:D"})
    configure(**on_failure(world.queue()))
    client("lambda").put_function_concurrency(FunctionName="F", ReservedConcurrentExecutions=0)
    send()

    world.step()
    client("lambda").delete_function_concurrency(FunctionName="F")
    world.run(until_seconds=3600)

    (document,) = world.messages()
    (letter,) = client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert world.sent() == []
    assert document["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert document["requestContext"]["approximateInvokeCount"] == 0
    assert (letter["Body"], set(letter["MessageAttributes"])) == ('{"a": 1}', {"RequestID", "ErrorMessage"})


def test_event_for_a_deleted_function_is_dropped(world: World) -> None:
    """An event whose function is gone is dropped, and others go on."""
    world.function("F")
    world.function("G")
    send()
    client("lambda").invoke(FunctionName="G", InvocationType="Event")
    client("lambda").delete_function(FunctionName="F")

    assert world.step() is None

    assert len(world.sent("G")) == 1


@pytest.mark.parametrize("fails", [True, False])
def test_event_that_runs_during_a_reset_leaves_nothing_behind(world: World, fails: bool) -> None:
    """An event whose function is at work while everything is forgotten is not retried, and tells nobody."""
    queue = world.queue()

    def handler(event):
        world.runtime.reset()
        if fails:
            raise FunctionFailureError

    world.function(handler=handler)
    configure(DestinationConfig={"OnSuccess": {"Destination": queue}})
    send()

    world.run(until_seconds=3600)

    assert len(world.sent()) == 1
    assert world.messages() == []


def test_events_behind_a_reset_are_not_delivered(world: World) -> None:
    """Of events that were taken together, those that were not delivered before a reset never are."""
    world.function("F", handler=lambda _: world.runtime.reset())
    world.function("G")
    send()
    client("lambda").invoke(FunctionName="G", InvocationType="Event")

    world.run(until_seconds=3600)

    assert (len(world.sent("F")), len(world.sent("G"))) == (1, 0)


def test_event_that_is_being_delivered_is_not_missing(world: World) -> None:
    """Until its function has answered an event counts as waiting, so that nobody takes it for done."""
    seen = []
    world.function(handler=lambda _: seen.append(world.runtime.status()["waiting_events"]))
    send()

    world.step()

    assert seen == [1]
    assert world.runtime.status()["waiting_events"] == 0


def test_event_that_was_taken_survives_a_stop(world: World) -> None:
    """Events that the engine had taken but not delivered when it was stopped are delivered afterwards."""
    stopped = []

    def handler(event):
        if not stopped:
            stopped.append(True)
            world.runtime.stop()
            world.runtime._pool.open()  # as `start` would, but for the threads

    world.function("F", handler=handler)
    world.function("G")
    send()
    client("lambda").invoke(FunctionName="G", InvocationType="Event")

    world.run(until_seconds=10)

    assert len(world.sent("G")) == 1


def test_dead_letter_queue_gets_the_event_itself(world: World) -> None:
    """The queue gets the raw event, with three attributes that say what became of it; so does an update."""
    url = client("sqs").create_queue(QueueName="D")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:D"
    world.function(handler=fail, DeadLetterConfig={"TargetArn": arn})
    configure(MaximumRetryAttempts=0)
    shown = client("lambda").get_function_configuration(FunctionName="F")["DeadLetterConfig"]
    send()

    world.run(until_seconds=60)

    (message,) = client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    attributes = {
        name: (value["DataType"], value["StringValue"])
        for name, value in message["MessageAttributes"].items()
    }
    assert shown == {"TargetArn": arn}
    assert message["Body"] == '{"a": 1}'
    assert attributes.pop("RequestID")[0] == "String"
    assert attributes == {"ErrorCode": ("Number", "200"), "ErrorMessage": ("String", "no")}


def test_dead_letters_go_to_topics_and_beside_destinations(world: World) -> None:
    """A topic is as good as a queue, and a failure destination gets its document all the same."""
    topic = client("sns").create_topic(Name="T")["TopicArn"]
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    open_queue = world.queue("S", Policy=json.dumps({"Version": "2012-10-17", "Statement": [anyone]}))
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=open_queue)
    world.function(handler=fail)
    client("lambda").update_function_configuration(FunctionName="F", DeadLetterConfig={"TargetArn": topic})
    configure(MaximumRetryAttempts=0, **on_failure(world.queue("D")))
    send()

    world.run(until_seconds=60)

    (notification,) = world.messages("S")
    (document,) = world.messages("D")
    assert notification["Message"] == '{"a": 1}'
    assert notification["MessageAttributes"]["ErrorCode"] == {"Type": "Number", "Value": "200"}
    assert document["requestContext"]["condition"] == "RetriesExhausted"


def test_only_asynchronous_events_are_dead_letters(world: World) -> None:
    """Whoever waits for the answer gets the error, and the queue nothing."""
    queue = world.queue("D")
    world.function(handler=fail, DeadLetterConfig={"TargetArn": queue})

    client("lambda").invoke(FunctionName="F")
    world.run(until_seconds=600)

    assert world.messages("D") == []


FIFO = f"arn:aws:sqs:{REGION}:{ACCOUNT}:Q.fifo"
DESTINATIONS = [
    ("OnSuccess", "arn:aws:s3:::box", r"onSuccess=OnSuccess\(destination=arn:aws:s3:::box\), onFailure=null"),
    ("OnFailure", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/S", "is invalid"),
    ("OnFailure", FIFO, "is invalid"),
    ("OnFailure", f"arn:aws:sns:{REGION}:{ACCOUNT}:T.fifo", "is invalid"),
    ("OnFailure", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:F:live", "destination for itself"),
]


@pytest.mark.parametrize(("kind", "arn", "words"), DESTINATIONS)
def test_destinations_are_what_lambda_can_tell(world: World, kind: str, arn: str, words: str) -> None:
    """A destination that would never hear of anything is refused; plain moto takes it."""
    world.function()
    destination = {"DestinationConfig": {kind: {"Destination": arn}}}

    with pytest.raises(ClientError, match=words) as refused:
        configure(**destination)
    with plain_moto():
        configure(**destination)

    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_a_role_must_be_allowed_to_tell_the_destination(world: World) -> None:
    """A destination that the function's role may not write to is refused, in AWS's words."""
    iam = client("iam")
    role = iam.create_role(RoleName="weak", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"))
    world.function(Role=role["Role"]["Arn"])

    with pytest.raises(ClientError, match="does not have permissions to call SendMessage on SQS"):
        configure(**on_failure(world.queue()))


@pytest.mark.parametrize("target", [f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/S", "queue", FIFO])
def test_dead_letters_go_to_queues_and_topics_alone(world: World, target: str) -> None:
    """Anything else is refused at creation and update."""
    world.function()

    for call in (
        lambda: world.function("G", DeadLetterConfig={"TargetArn": target}),
        lambda: client("lambda").update_function_configuration(
            FunctionName="F", DeadLetterConfig={"TargetArn": target}
        ),
    ):
        with pytest.raises(ClientError):
            call()
