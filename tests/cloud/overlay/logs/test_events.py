"""Reading log events: patterns, time ranges, pages and retention."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto


@pytest.fixture
def logs(account: Account) -> Any:
    """The client of a group with the streams a and b, and the time of the first of their events."""
    client = account.client("logs")
    client.create_log_group(logGroupName="g")
    for name in ("a", "b"):
        client.create_log_stream(logGroupName="g", logStreamName=name)
    return client


def put(logs: Any, stream: str, *events: tuple[int, str]) -> None:
    logs.put_log_events(
        logGroupName="g",
        logStreamName=stream,
        logEvents=[{"timestamp": timestamp, "message": message} for timestamp, message in events],
    )


@pytest.fixture
def now(account: Account) -> int:
    """The machine's time in milliseconds, which plain moto compares events with; the clock is set to it."""
    from moto.core.utils import unix_time_millis, utcnow

    now = int(unix_time_millis(utcnow()))
    account.clock.advance(now / 1000 - account.clock.now())
    return now


def messages(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def test_a_pattern_selects_events(logs: Any, now: int) -> None:
    """FilterLogEvents applies the pattern, over all streams in the order of time."""
    put(logs, "a", (now, '{"level": "ERROR", "n": 4}'), (now + 2, "plain"))
    put(logs, "b", (now + 1, '{"level": "ERROR", "n": 3}'), (now + 3, '{"level": "INFO"}'))

    by_json = logs.filter_log_events(logGroupName="g", filterPattern='{ $.level = "ERROR" && $.n > 3 }')
    by_terms = logs.filter_log_events(logGroupName="g", filterPattern="?plain ?INFO")
    everything = logs.filter_log_events(logGroupName="g")

    assert messages(by_json) == ['{"level": "ERROR", "n": 4}']
    assert messages(by_terms) == ["plain", '{"level": "INFO"}']
    assert [event["logStreamName"] for event in everything["events"]] == ["a", "b", "a", "b"]


def test_an_unknown_pattern_is_refused(logs: Any, refused: Any) -> None:
    """A pattern that is not understood is the caller's mistake, also where there is no event."""
    code, message = refused(logs.filter_log_events, logGroupName="g", filterPattern="{ $.a EXISTS }")

    assert code == "InvalidParameterException"
    assert "$.a" in message


def test_streams_are_selected_by_name_or_prefix(logs: Any, now: int, refused: Any) -> None:
    """Streams are named or share a prefix, not both, and the group may be given by its ARN."""
    put(logs, "a", (now, "one"))
    put(logs, "b", (now, "two"))
    arn = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]

    assert messages(logs.filter_log_events(logGroupName="g", logStreamNamePrefix="b")) == ["two"]
    assert messages(logs.filter_log_events(logGroupIdentifier=arn, logStreamNames=["a"])) == ["one"]
    both = refused(logs.filter_log_events, logGroupName="g", logStreamNames=["a"], logStreamNamePrefix="b")
    assert both[0] == "InvalidParameterException"
    absent = refused(logs.filter_log_events, logGroupName="g", logStreamNames=["c"])
    assert absent[0] == "ResourceNotFoundException"


def test_end_times(logs: Any, now: int) -> None:
    """GetLogEvents leaves out what happened at its end time, FilterLogEvents does not; 0 is a time."""
    put(logs, "a", (now, "first"), (now + 1, "second"))
    stream = {"logGroupName": "g", "logStreamName": "a"}

    assert messages(logs.get_log_events(**stream, endTime=now + 1)) == ["first"]
    assert messages(logs.get_log_events(**stream, startTime=now + 1)) == ["second"]
    assert messages(logs.get_log_events(**stream, endTime=0)) == []
    assert messages(logs.filter_log_events(logGroupName="g", endTime=now + 1)) == ["first", "second"]
    assert messages(logs.filter_log_events(logGroupName="g", endTime=0)) == []


def test_pages_hold_every_event_once(logs: Any, now: int) -> None:
    """Following the tokens gives every event once, also when earlier ones arrive meanwhile."""
    put(logs, "a", *[(now + number // 2, str(number)) for number in range(7)])

    first = logs.filter_log_events(logGroupName="g", limit=3)
    put(logs, "b", (now, "late"))
    second = logs.filter_log_events(logGroupName="g", limit=3, nextToken=first["nextToken"])
    third = logs.filter_log_events(logGroupName="g", limit=3, nextToken=second["nextToken"])

    pages = [message for page in (first, second, third) for message in messages(page)]
    assert pages == ["0", "1", "2", "3", "4", "5", "6"]
    assert "nextToken" not in third


@pytest.mark.parametrize("wrong", [{"limit": 10_001}, {"nextToken": "nonsense"}])
def test_wrong_paging_is_refused(logs: Any, refused: Any, wrong: dict[str, Any]) -> None:
    """A limit out of range and a token that is none are refused."""
    assert refused(logs.filter_log_events, logGroupName="g", **wrong)[0] == "InvalidParameterException"


def test_retention_lets_events_go(account: Account, logs: Any, now: int, refused: Any) -> None:
    """Events that are older than the group's retention are gone; AWS names the days that it knows."""
    put(logs, "a", (now, "old"))
    logs.put_retention_policy(logGroupName="g", retentionInDays=1)

    account.clock.advance(24 * 3600 + 1)

    assert messages(logs.filter_log_events(logGroupName="g")) == []
    assert messages(logs.get_log_events(logGroupName="g", logStreamName="a")) == []
    assert refused(logs.put_retention_policy, logGroupName="g", retentionInDays=2)[0] == (
        "InvalidParameterException"
    )


WORDS = st.lists(st.sampled_from(["ERROR", "WARN", "x"]), min_size=1, max_size=3).map(" ".join)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from(["", "ERROR", "ERROR WARN", '"x x"']))
def test_words_and_phrases_select_as_before(
    account: Account, now: int, texts: list[str], pattern: str
) -> None:
    """What plain moto understands selects the same events as before."""

    def run() -> list[str]:
        client = account.client("logs")
        client.create_log_group(logGroupName="g")
        client.create_log_stream(logGroupName="g", logStreamName="a")
        put(client, "a", *[(now + place, text) for place, text in enumerate(texts)])
        found = messages(client.filter_log_events(logGroupName="g", filterPattern=pattern))
        client.delete_log_group(logGroupName="g")
        return found

    with plain_moto():
        plain = run()

    assert run() == plain


def test_events_are_too_old_or_new_by_the_clouds_clock(logs: Any, account: Account) -> None:
    """Events of the last fourteen days and the next two hours of the cloud's own time are taken."""
    account.clock.advance(400 * 24 * 3600.0)
    hours = int(account.clock.now() * 1000), 3600 * 1000
    put(logs, "a", *[(hours[0] + count * hours[1], str(count)) for count in (-14 * 24 - 1, -1, 1, 3)])

    assert messages(logs.filter_log_events(logGroupName="g")) == ["-1", "1"]


def test_a_missing_group_is_named(logs: Any) -> None:
    """A group that does not exist is AWS's own error."""
    with pytest.raises(ClientError, match="log group does not exist"):
        logs.filter_log_events(logGroupName="none")


def test_a_stream_that_is_not_there_is_named(logs: Any) -> None:
    """Reading and deleting say that the stream is missing, not its group, as plain moto does."""
    wanted = {"logGroupName": "g", "logStreamName": "none"}
    for call in (logs.get_log_events, logs.delete_log_stream):
        with pytest.raises(ClientError, match="The specified log stream"):
            call(**wanted)
    with plain_moto(), pytest.raises(ClientError, match="The specified log group"):
        logs.get_log_events(**wanted)
