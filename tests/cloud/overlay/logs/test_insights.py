"""Queries of Logs Insights: simple ones are answered, others refused by name."""

from typing import Any

import pytest
from moto.core.utils import unix_time_millis, utcnow

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

LINES = (
    '{"level": "ERROR", "n": 10, "user": {"name": "a"}}',
    '{"level": "INFO", "n": 9, "user": {"name": "b"}}',
    "plain | ERROR",
)


@pytest.fixture
def query(account: Account) -> Any:
    """Run a query over the lines and return its rows without what points to the event."""
    logs, now = account.client("logs"), int(unix_time_millis(utcnow()))
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    events = [{"timestamp": now + place, "message": text} for place, text in enumerate(LINES)]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)

    def run(text: str) -> list[dict[str, str]]:
        started = logs.start_query(
            logGroupName="g", startTime=now // 1000 - 60, endTime=now // 1000 + 60, queryString=text
        )
        answer = logs.get_query_results(queryId=started["queryId"])
        assert answer["status"] == "Complete"
        rows = [{each["field"]: each["value"] for each in row} for row in answer["results"]]
        return [{name: value for name, value in row.items() if name != "@ptr"} for row in rows]

    return run


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("fields @message | sort @timestamp asc", [0, 1, 2]),
        ("fields @message", [2, 1, 0]),
        ("fields @message | filter @message like /ERR.R/ | sort @timestamp asc", [0, 2]),
        ('fields @message | filter @message like "| ERROR"', [2]),
        ("fields @message | filter @message not like 'ERROR'", [1]),
        ('fields @message | filter level = "ERROR"', [0]),
        ("fields @message | filter n >= 9 and n < 10", [1]),
        ('# a remark\nfields @message\n| filter user.name != "a" and n > 0', [1]),
        ("fields @message | sort n asc | limit 2", [2, 1]),
        ("fields @message | sort n desc | limit 1", [0]),
    ],
)
def test_simple_queries(query: Any, text: str, places: list[int]) -> None:
    """Events are selected, sorted and cut; numbers are compared as numbers."""
    assert [row["@message"] for row in query(text)] == [LINES[place] for place in places]


def test_fields_of_json_are_known(query: Any) -> None:
    """A field of a JSON message has a dotted name; what an event has not is left out."""
    rows = query("fields level, user.name | sort @timestamp asc")

    assert rows == [{"level": "ERROR", "user.name": "a"}, {"level": "INFO", "user.name": "b"}, {}]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("stats count(*) by bin(5m)", "`stats`"),
        ("fields @message | parse @message 'a *' as b", "`parse`"),
        ("fields strlen(@message)", "`strlen"),
        ("fields @message | filter n > 3 or n < 1", "`or n < 1`"),
        ("fields @message | filter ispresent(n)", "ispresent(n)"),
        ("fields @message | filter @message like /(/", "`(`"),
        ("fields @message | sort n asc, level desc", "`n asc, level desc`"),
        ("fields @message | limit many", "`limit many`"),
    ],
)
def test_other_queries_are_refused(query: Any, refused: Any, text: str, named: str) -> None:
    """What is not understood is refused by name, and never answered with all events."""
    code, message = refused(query, text=text)

    assert code == "MalformedQueryException"
    assert named in message


def test_what_moto_knew_is_as_before(query: Any) -> None:
    """Queries without a filter give the same messages in the same order as in plain moto."""
    for text in ("fields @message", "fields @message | sort @timestamp asc", "fields @message | limit 2"):
        with plain_moto():
            before = query(text)
        assert query(text) == before
