"""Rules send events to all kinds of targets, if they may, and never fail whoever puts an event."""

import contextlib
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import ACCOUNT, allow, document, permission, trust
from tests.cloud.runtime.world import REGION, World, client, queue_url

RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"
EVENT = {"Source": "shop", "DetailType": "Sold", "Detail": '{"price": 5, "name": "a \\"b\\""}'}


def may_send(arn: str, *, service: str = "events.amazonaws.com") -> str:
    """Return a queue's policy for a service."""
    return document({**allow("sqs:SendMessage", arn), "Principal": {"Service": service}})


def open_queue(world: World, name: str = "Q") -> str:
    """Create a queue that takes what rules send; return its ARN."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    return world.queue(name, Policy=may_send(arn))


def rule(*targets: dict[str, Any], pattern: dict[str, Any] | None = None) -> None:
    """Make a rule for events of the shop."""
    events = client("events")
    events.put_rule(Name="r", EventPattern=json.dumps(pattern or {"source": ["shop"]}))
    named = [{"Id": str(number), **target} for number, target in enumerate(targets)]
    events.put_targets(Rule="r", Targets=named)


def put(**more: Any) -> dict[str, Any]:
    """Put the event of the tests."""
    return dict(client("events").put_events(Entries=[{**EVENT, **more}]))


def permit() -> None:
    """Let the rule invoke the function."""
    client("lambda").add_permission(**permission("events", RULE_ARN))


def make_rule_role(*rights: dict[str, Any]) -> str:
    """Create a role for rules."""
    iam = client("iam")
    iam.create_role(RoleName="rule", AssumeRolePolicyDocument=trust(Service="events.amazonaws.com"))
    iam.put_role_policy(RoleName="rule", PolicyName="p", PolicyDocument=document(*rights))
    return f"arn:aws:iam::{ACCOUNT}:role/rule"


def test_an_event_reaches_a_function_in_its_envelope(world: World) -> None:
    """A function that lets the rule invoke it receives the documented members, in their order."""
    arn = world.function()
    permit()
    rule({"Arn": arn})

    answer = put(Resources=["arn:x"])
    world.step()

    (sent,) = world.sent()
    event = json.loads(sent)
    assert event == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "Sold",
        "source": "shop",
        "account": ACCOUNT,
        "time": event["time"],
        "region": REGION,
        "resources": ["arn:x"],
        "detail": {"price": 5, "name": 'a "b"'},
    }
    assert event["time"].endswith("Z")


def test_a_function_without_permission_is_not_invoked(world: World) -> None:
    """PutEvents succeeds, and the event goes to the target's dead-letter queue."""
    arn = world.function()
    rule({"Arn": arn, "DeadLetterConfig": {"Arn": open_queue(world)}})

    assert put()["FailedEntryCount"] == 0
    world.step()

    assert world.sent() == []
    (message,) = client("sqs").receive_message(QueueUrl=queue_url(), MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert json.loads(message["Body"])["source"] == "shop"
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert (attributes["RULE_ARN"], attributes["TARGET_ARN"]) == (RULE_ARN, arn)


def test_rules_reach_queues_topics_streams_logs_and_buses(world: World) -> None:
    """Each kind of target receives the event, with the permission that AWS asks for it."""
    stream = world.stream()
    role = make_rule_role(allow("kinesis:PutRecord", stream))
    topic = client("sns").create_topic(Name="T")["TopicArn"]
    named = {"Service": "events.amazonaws.com"}
    client("sns").set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=document({**allow("sns:Publish", topic), "Principal": named}),
    )
    through = world.queue("through", Policy=may_send("*", service="sns.amazonaws.com"))
    raw = {"RawMessageDelivery": "true"}
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=through, Attributes=raw)
    logs = client("logs")
    logs.create_log_group(logGroupName="/aws/events/g")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/events/g"
    policy = document({**allow("logs:PutLogEvents", f"{group}:*"), "Principal": named})
    logs.put_resource_policy(policyName="p", policyDocument=policy)
    bus = client("events").create_event_bus(Name="other")["EventBusArn"]
    client("events").put_rule(Name="on", EventBusName="other", EventPattern='{"source": ["shop"]}')
    client("events").put_targets(
        Rule="on", EventBusName="other", Targets=[{"Id": "1", "Arn": open_queue(world)}]
    )
    rule({"Arn": stream, "RoleArn": role}, {"Arn": topic}, {"Arn": group}, {"Arn": bus})

    put()

    iterator = client("kinesis").get_shard_iterator(
        StreamName="S", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = client("kinesis").get_records(ShardIterator=iterator)["Records"]
    (line,) = logs.filter_log_events(logGroupName="/aws/events/g")["events"]
    received = [json.loads(record["Data"]), json.loads(line["message"])]
    received += [*world.messages("through"), *world.messages()]
    assert [event["detail"]["price"] for event in received] == [5, 5, 5, 5]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"Input": '{"a": 1}'}, '{"a": 1}'),
        ({"InputPath": "$.detail.price"}, "5"),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"p": "$.detail.price", "n": "$.detail.name", "no": "$.detail.none"},
                    "InputTemplate": '{"p":<p>,"n":<n>,"t":"<n> for <p><no>","r":<aws.events.rule-name>}',
                }
            },
            '{"p":5,"n":"a \\"b\\"","t":"a \\"b\\" for 5","r":"r"}',
        ),
        (
            {"InputTransformer": {"InputPathsMap": {"d": "$.detail"}, "InputTemplate": '"sold: <d>"'}},
            '"sold: {\\"price\\":5,\\"name\\":\\"a \\\\"b\\\\"\\"}"',
        ),
    ],
)
def test_a_target_may_ask_for_something_else_than_the_event(
    world: World, settings: dict[str, Any], expected: str
) -> None:
    """A constant, a part of the event or a filled template replace it."""
    rule({"Arn": open_queue(world), **settings})

    put()

    (message,) = client("sqs").receive_message(QueueUrl=queue_url())["Messages"]
    assert message["Body"] == expected


def test_disabled_rules_and_schedules_get_no_events(world: World) -> None:
    """An event is matched with enabled rules that have a pattern, and no others."""
    queue = open_queue(world)
    rule({"Arn": queue})
    client("events").disable_rule(Name="r")
    client("events").put_rule(Name="tick", ScheduleExpression="rate(1 day)")
    client("events").put_targets(Rule="tick", Targets=[{"Id": "1", "Arn": queue}])

    put()

    assert world.messages() == []


def test_two_buses_that_send_to_each_other_come_to_an_end(world: World) -> None:
    """An event that came from another bus is not sent on to a third."""
    events = client("events")
    bus = events.create_event_bus(Name="other")["EventBusArn"]
    default = bus.replace("event-bus/other", "event-bus/default")
    events.put_rule(Name="back", EventBusName="other", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="back", EventBusName="other", Targets=[{"Id": "1", "Arn": default}])
    rule({"Arn": bus}, {"Arn": open_queue(world)})

    put()

    assert len(world.messages()) == 1


@pytest.mark.parametrize(
    "pattern",
    [
        '{"a": "b"}',
        '{"a": []}',
        '{"a": [{"around": 1}]}',
        "[",
        '{"a": ' + "[" * 2000,
        '{"a": [{"numeric": ["~", 2]}]}',
        '{"a": [{"cidr": "10.0.0.0"}]}',
    ],
)
def test_an_invalid_pattern_is_refused(world: World, pattern: str) -> None:
    """PutRule says that the pattern is not valid."""
    del world
    events = client("events")

    with pytest.raises(events.exceptions.InvalidEventPatternException):
        events.put_rule(Name="r", EventPattern=pattern)


def envelope(detail: dict[str, Any]) -> str:
    """Return an event as TestEventPattern takes it."""
    event = {"id": "1", "account": ACCOUNT, "source": "shop", "time": "2026-01-01T00:00:00Z"}
    return json.dumps({**event, "region": REGION, "resources": [], "detail-type": "t", "detail": detail})


@pytest.mark.parametrize(
    ("wanted", "matching", "others"),
    [
        (["a", 3, None], ["a", 3, None, ["x", "a"]], ["b", 4, ["x"]]),
        ([{"prefix": "ab"}], ["abc"], ["bab", 1]),
        ([{"prefix": {"equals-ignore-case": "aB"}}], ["Abc"], ["b"]),
        ([{"suffix": ".png"}], ["a.png"], ["png"]),
        ([{"suffix": {"equals-ignore-case": ".PNG"}}], ["a.png"], ["a.gif"]),
        ([{"equals-ignore-case": "ab"}], ["AB"], ["abc"]),
        ([{"anything-but": ["a", "b"]}], ["c", 1], ["a", "b"]),
        ([{"anything-but": "a"}], ["b"], ["a"]),
        ([{"anything-but": {"prefix": "a"}}], ["b"], ["ab"]),
        ([{"anything-but": {"suffix": "a"}}], ["ab"], ["ba"]),
        ([{"anything-but": {"equals-ignore-case": ["A", "B"]}}], ["c"], ["a", "B"]),
        ([{"anything-but": {"wildcard": "*/lib/*"}}], ["a"], ["x/lib/y"]),
        ([{"numeric": [">", 0, "<=", 5]}], [5, 0.5], [0, 6, "3"]),
        ([{"numeric": ["=", 3.018e2]}], [301.8], [301]),
        ([{"exists": True}], ["a", None], []),
        ([{"cidr": "10.0.0.0/24"}], ["10.0.0.255"], ["10.0.1.0", "x", 1]),
        ([{"wildcard": "a*c*e"}], ["abcde", "ace"], ["acx", "xace"]),
        ([{"wildcard": "a\\*"}], ["a*"], ["ab"]),
    ],
)
def test_patterns_know_all_operators(
    world: World, wanted: list[Any], matching: list[Any], others: list[Any]
) -> None:
    """TestEventPattern says for each operator what it matches."""
    del world
    pattern = json.dumps({"detail": {"v": wanted}})

    def test(detail: dict[str, Any]) -> bool:
        answer = client("events").test_event_pattern(EventPattern=pattern, Event=envelope(detail))
        return bool(answer["Result"])

    assert [value for value in matching if not test({"v": value})] == []
    assert [value for value in others if test({"v": value})] == []
    assert not test({"w": 1})


def test_patterns_combine_fields_by_and_and_by_or(world: World) -> None:
    """All fields must match, of the alternatives of `$or` one; a field that is absent can be asked for."""
    del world
    either = {"detail": {"a": [1], "$or": [{"b": [2]}, {"c": {"d": [{"exists": False}]}}]}}

    def test(**detail: Any) -> bool:
        return bool(
            client("events").test_event_pattern(EventPattern=json.dumps(either), Event=envelope(detail))[
                "Result"
            ]
        )

    assert test(a=1, b=2, c={"d": 1})
    assert test(a=1)
    assert not test(a=1, c={"d": 1})
    assert not test(b=2)


@pytest.mark.parametrize(
    ("pattern", "result"),
    [
        ({"detail": {"a": {"x": [1]}}, "$or": [{"detail": {"a": {"y": [2]}}}, {"source": ["no"]}]}, False),
        ({"detail": {"a": {"x": [1]}}, "$or": [{"detail": {"a": {"y": [3]}}}, {"source": ["no"]}]}, True),
        ({"detail": {"b": [5], "$or": [{"b": [6]}, {"b": [{"exists": False}]}]}}, True),
        ({"detail": {"b": [5], "$or": [{"b": [7]}, {"b": [{"exists": False}]}]}}, False),
    ],
)
def test_an_alternative_is_about_the_same_element_as_what_is_beside_it(
    world: World, pattern: dict[str, Any], result: bool
) -> None:
    """Each alternative is a pattern together with all other fields, so that one element has everything."""
    del world
    detail = {"a": [{"x": 1, "y": 3}, {"x": 9, "y": 2}], "b": [5, 6]}

    answer = client("events").test_event_pattern(EventPattern=json.dumps(pattern), Event=envelope(detail))

    assert answer["Result"] is result


def test_alternatives_are_not_combined_without_end(world: World) -> None:
    """More than 1,000 combinations are refused."""
    del world
    events = client("events")
    ten = [{"a": [number]} for number in range(10)]
    pattern = {"detail": {"a": {"$or": ten}, "b": {"$or": ten}, "c": {"$or": ten}}}

    assert events.put_rule(Name="r", EventPattern=json.dumps(pattern))
    pattern["detail"]["d"] = {"$or": ten[:2]}
    with pytest.raises(events.exceptions.InvalidEventPatternException, match="1000 combinations"):
        events.put_rule(Name="r", EventPattern=json.dumps(pattern))


def test_targets_that_nothing_could_reach_are_refused(world: World) -> None:
    """PutTargets names what the offline cloud delivers to, and asks for the role of a stream."""
    events = client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')

    for arn in (f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:x", world.stream()):
        with pytest.raises(events.exceptions.ClientError, match="ValidationException"):
            events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])


def test_archives_are_refused(world: World) -> None:
    """Nothing pretends to keep events."""
    del world
    events = client("events")
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"

    with pytest.raises(events.exceptions.ClientError, match="keeps no archives"):
        events.create_archive(ArchiveName="a", EventSourceArn=arn)


def test_the_scheduler_reaches_queues_streams_topics_and_buses(world: World) -> None:
    """A schedule's role decides; what it may not send goes to the dead-letter queue that it may reach."""
    stream, queue = world.stream(), open_queue(world)
    iam = client("iam")
    iam.create_role(RoleName="s", AssumeRolePolicyDocument=trust(Service="scheduler.amazonaws.com"))
    rights = document(
        allow("kinesis:PutRecord", stream), allow("sqs:SendMessage", queue), allow("events:PutEvents")
    )
    iam.put_role_policy(RoleName="s", PolicyName="p", PolicyDocument=rights)
    rule({"Arn": open_queue(world, "sold")})
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    targets = {
        "stream": {"Arn": stream, "KinesisParameters": {"PartitionKey": "k"}},
        "bus": {"Arn": bus, "EventBridgeParameters": {"DetailType": "Sold", "Source": "shop"}},
        "denied": {"Arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:T", "DeadLetterConfig": {"Arn": queue}},
    }
    for name, target in targets.items():
        client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/s", "Input": '{"n": 1}', **target},
        )

    world.step()

    assert world.messages() == [{"n": 1}]
    assert [event["detail"] for event in world.messages("sold")] == [{"n": 1}]
    records = client("kinesis").get_records(
        ShardIterator=client("kinesis").get_shard_iterator(
            StreamName="S", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
    )["Records"]
    assert [(record["PartitionKey"], record["Data"]) for record in records] == [("k", b'{"n": 1}')]


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "cron(* * * * * *)"]
)
def test_a_rule_has_a_schedule_that_comes(world: World, expression: str) -> None:
    """PutRule refuses a schedule that nothing could follow."""
    del world
    with pytest.raises(ClientError, match="Parameter ScheduleExpression is not valid"):
        client("events").put_rule(Name="R", ScheduleExpression=expression)


def test_events_of_services_are_for_services(world: World) -> None:
    """An entry whose source begins as those of AWS is not taken; others are."""
    del world
    entries = [{"Source": source, "DetailType": "t", "Detail": "{}"} for source in ("aws.s3", "shop")]

    answer = client("events").put_events(Entries=entries)

    assert [one.get("ErrorCode") for one in answer["Entries"]] == ["NotAuthorizedForSourceException", None]


def test_events_for_a_bus_that_is_not_there_are_lost(world: World) -> None:
    """They are taken like any others, as on AWS, and the rest of the request is delivered once."""
    rule({"Arn": open_queue(world)})

    answer = client("events").put_events(Entries=[EVENT, {**EVENT, "EventBusName": "nowhere"}])

    assert answer["FailedEntryCount"] == 0
    assert all(entry["EventId"] for entry in answer["Entries"])
    assert len(world.messages()) == 1


@pytest.mark.parametrize(("more", "is_taken"), [(-1, True), (0, False)])
def test_a_request_is_smaller_than_a_mebibyte(world: World, more: int, is_taken: bool) -> None:
    """Sources, types, details and resources count, 14 bytes for each time; too much is refused as a whole."""
    rule({"Arn": open_queue(world)}, pattern={"detail-type": ["Small"]})
    small = {**EVENT, "DetailType": "Small", "Resources": ["é"], "Time": 1_800_000_000}
    counted = len("shop") + len("Small") + len(EVENT["Detail"]) + len("é".encode()) + 14
    rest = (1 << 20) - counted - len("shop") - len("Large") + more
    detail = json.dumps({"x": "y" * (rest - len('{"x": ""}'))})
    large = {"Source": "shop", "DetailType": "Large", "Detail": detail}
    words = "Total size of the entries in the request is over the limit"

    with contextlib.nullcontext() if is_taken else pytest.raises(ClientError, match=words):
        client("events").put_events(Entries=[small, large])

    assert len(world.messages()) == is_taken
