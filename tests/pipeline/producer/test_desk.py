"""The messages of the desk, which learners put into the stream by hand."""

import json

from workshop.clock import ManualClock
from workshop.pipeline.messages import DEFAULT_LEVELS
from workshop.pipeline.producer.desk import desk_messages


def test_desk_messages_are_the_same_each_time_but_for_their_clock() -> None:
    """The same arguments at the same time give the same messages."""
    clock = ManualClock(1_790_000_000.0)

    assert desk_messages("desk", 6, clock=clock) == desk_messages("desk", 6, clock=clock)


def test_each_desk_message_is_a_trade_of_its_own() -> None:
    """Names are numbered from 1, and the version is the one that was asked for."""
    messages = desk_messages("key", 3, version=2, clock=ManualClock(0.0))

    assert [message["TradeID"] for message in messages] == ["key-1", "key-2", "key-3"]
    assert {message["Version"] for message in messages} == {2}


def test_desk_messages_are_json_with_names_of_the_hierarchy() -> None:
    """Every message can be written as JSON, and its place exists."""
    for message in desk_messages("desk", 6, clock=ManualClock(0.0)):
        assert json.loads(json.dumps(message)) == message
        assert all(name in DEFAULT_LEVELS[level] for level, name in message["Hierarchy"].items())
