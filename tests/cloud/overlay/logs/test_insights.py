"""Queries of Logs Insights: simple ones are answered, others refused by name."""

from datetime import datetime
from typing import Any

import pytest

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

LINES = (
    '{"level": "ERROR", "n": 10, "user": {"name": "a"}}',
    '{"level": "INFO", "n": 9, "user": {"name": "b"}}',
    "plain | ERROR",
)
TRIM = "fields ltrim('xyZfooxyZ', 'xyZ') as l, rtrim('foo  ') as r, substr('xyZfooxyZ', 3, 3) as s | limit 1"
TIMED = {"l": "0", "t": "1970-01-01 00:00:09.000"}
PARSED = {"kind": "plain", "word": "ERROR"}
COMPUTED = {"m": "20", "concat(level, '-', user.name)": "ERROR-a"}


@pytest.fixture
def query(account: Account) -> Any:
    """Run a query over the lines and return its rows without what points to the event."""
    logs, now = account.client("logs"), int(account.clock.now() * 1000)
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    events = [{"timestamp": now + place, "message": text} for place, text in enumerate(LINES)]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)

    def run(text: str, line: str = "") -> list[dict[str, str]]:
        if line:
            more = [{"timestamp": now, "message": line}]
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=more)
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
        ("fields @message | sort level desc, n asc | limit 2", [1, 0]),
        ("fields @message | filter n > 9 or n < 1 or level = 'INFO' | sort n asc", [1, 0]),
        ("fields @message | filter not (level = 'ERROR' or n = 9)", [2]),
        ("fields @message | filter isPresent(n) and n % 2 = 0", [0]),
        ("fields @message | filter n in [9, 11] or user.name in ['a'] | sort n asc", [1, 0]),
        ("fields @message | filter n not in [9] and @message =~ /ERR|INF/ and n / 2 - 1 >= 4", [0]),
        ("fields @message | filter strlen(@message) < 20 | filter strcontains(@message, 'plain')", [2]),
        ("fields @message, coalesce(n, 100) as m | sort m desc | limit 1", [2]),
        ("fields @message | filter `user.name` = 'a'", [0]),
        ("fields @message | sort n asc | dedup level", [2, 1, 0]),
        ("fields @message | sort n desc | dedup @logStream | limit 5", [0]),
    ],
)
def test_simple_queries(query: Any, text: str, places: list[int]) -> None:
    """Events are selected, sorted and cut; numbers are compared as numbers."""
    assert [row["@message"] for row in query(text)] == [LINES[place] for place in places]


def test_fields_of_json_are_known(query: Any) -> None:
    """A field of a JSON message has a dotted name; what an event has not is left out."""
    rows = query("fields level, user.name | sort @timestamp asc")

    assert rows == [{"level": "ERROR", "user.name": "a"}, {"level": "INFO", "user.name": "b"}, {}]


def test_an_event_has_the_fields_of_every_event(query: Any) -> None:
    """What Logs adds to an event by itself is there, its two times as texts in UTC."""
    (row,) = query(
        "fields @message, @timestamp, @ingestionTime, @logStream, @log | sort @timestamp | limit 1"
    )

    ingested = datetime.fromisoformat(row["@ingestionTime"])
    assert ingested == datetime.fromisoformat(row["@timestamp"])
    assert (row["@logStream"], row["@log"]) == ("s", "123456789012:g")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("stats count(*)", [{"count(*)": "3"}]),
        ("stats count(n) as many, sum(n) as total", [{"many": "2", "total": "19"}]),
        ("stats avg(n), min(n), max(n)", [{"avg(n)": "9.5", "min(n)": "9", "max(n)": "10"}]),
        ("stats count_distinct(level) as kinds, pct(n, 50) as middle", [{"kinds": "2", "middle": "9"}]),
        ("stats stddev(n) as s", [{"s": "0.5"}]),
        ("stats earliest(n) as first, latest(n) as last", [{"first": "10", "last": "9"}]),
        ("stats sortsFirst(level) as a, sortsLast(level) as z", [{"a": "ERROR", "z": "INFO"}]),
        (TRIM, [{"l": "fooxyZ", "r": "foo", "s": "foo"}]),
        ("filter n = 9 | fields log(n - 8) as l, fromMillis(n * 1000) as t", [TIMED]),
        ("fields coalesce(trim(level, nothing), 'absent') as t | limit 1", [{"t": "absent"}]),
        ("stats avg(n / 3) as third", [{"third": "3.1667"}]),
        ("filter n = 1000 | stats count(*)", []),
        (
            "filter ispresent(n) | stats count(*) as n by level, toupper(user.name) as who | sort who desc",
            [{"level": "INFO", "who": "B", "n": "1"}, {"level": "ERROR", "who": "A", "n": "1"}],
        ),
        ("stats sum(n) as total by level | filter total > 9 | display total", [{"total": "10"}]),
        ("stats count(*) as n by level | stats max(n) as most", [{"most": "1"}]),
        ("parse @message '* | *' as kind, word | filter ispresent(word) | display kind, word", [PARSED]),
        (
            "parse @message /^(?<kind>\\w+) . (?<word>\\w+)/ | filter word = 'ERROR' | display kind, word",
            [PARSED],
        ),
        ("fields n * 2 as m, concat(level, '-', user.name) | sort m desc | limit 1", [COMPUTED]),
        ("fields n > 9 as large | filter ispresent(n) | sort n asc", [{"large": "0"}, {"large": "1"}]),
        ("fields n / 0 as none, abs(0 - n) as positive | sort n desc | limit 1", [{"positive": "10"}]),
    ],
)
def test_rows_are_computed(query: Any, text: str, rows: list[dict[str, str]]) -> None:
    """Groups, parts of messages and expressions have values; what cannot be computed is left out."""
    assert query(text) == rows


def test_bins_begin_at_whole_periods(query: Any) -> None:
    """A bin is named by the time at which it begins, in UTC, counted from 1970."""
    for period, length in (("1d", 86_400_000), ("5 minutes", 300_000), ("250ms", 250)):
        rows = query(f"fields @timestamp, bin({period}) as start")
        for row in rows:
            start, moment = (
                datetime.fromisoformat(row[name] + "+00:00").timestamp() for name in ("start", "@timestamp")
            )
            assert round(start * 1000) % length == 0
            assert 0 <= round((moment - start) * 1000) < length


def test_times_are_rounded(query: Any) -> None:
    """`datefloor` and `dateceil` give the whole period before and after a time, and itself if it is one."""
    hours = "datefloor(@timestamp, 1h) as f, dateceil(@timestamp, 1h) as c, dateceil(f, 1h) as same"
    (row,) = query(f"fields @timestamp, {hours}, toMillis(c) - toMillis(f) as ms | limit 1")

    assert row["f"] < row["@timestamp"] < row["c"]
    assert (row["f"][14:], row["same"], row["ms"]) == ("00:00.000", row["f"], "3600000")


@pytest.mark.parametrize("named", ["logGroupName", "logGroupNames", "logGroupIdentifiers"])
def test_a_query_has_a_limit_and_groups(account: Account, query: Any, named: str) -> None:
    """Groups are given by name or ARN, in one way; the limit of the request cuts what the query finds."""
    del query
    logs, now = account.client("logs"), int(account.clock.now())
    arn = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
    group = {"logGroupName": "g", "logGroupNames": ["g"], "logGroupIdentifiers": [arn]}[named]
    asked = {"startTime": now - 60, "endTime": now + 60, "queryString": "fields @message", named: group}

    for limit, found in ((2, 2), (100, 3)):
        started = logs.start_query(**asked, limit=limit)
        assert len(logs.get_query_results(queryId=started["queryId"])["results"]) == found
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Only one of"):
        logs.start_query(**{**asked, "logGroupName": "g", "logGroupNames": ["g"]})


def test_lines_of_lambda_have_fields(query: Any) -> None:
    """REPORT lines say how long an invocation took, and memory in bytes."""
    rows = query("filter @type = 'REPORT' | fields @requestId, @duration, @maxMemoryUsed / 1000000 as used")

    assert rows == []

    line = (
        "REPORT RequestId: 0a1b2c3d-0000-4000-8000-0123456789ab\tDuration: 12.34 ms\tBilled Duration: 13 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 64 MB"
    )
    rows = query(
        "filter @type = 'REPORT' | stats avg(@duration) as ms, sum(@billedDuration) as billed, "
        "max(@maxMemoryUsed / 1000 / 1000) as used by @requestId",
        line,
    )
    assert rows == [{"@requestId": line.split()[2], "ms": "12.34", "billed": "13", "used": "64"}]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("pattern @message", "`pattern`"),
        ("fields @message | diff", "`diff`"),
        ("stats median(n)", "`median`"),
        ("fields datefloor(@timestamp) as x", "`,`"),
        ("fields datefloor(@timestamp, 5w) as x", "`5w) as x`"),
        ("stats avg(n) / 2", "`/ 2`"),
        ("stats count(*) by bin(5w)", "`5w)`"),
        ("stats count(*) by bin(0m)", "period"),
        ("stats pct(n, 101)", "percentage"),
        ("stats pct(n)", "`,`"),
        ("stats", "the name of a field"),
        ("fields @message | parse @message 'a *' as b, c", "1 `*` and 2 names"),
        ("fields @message | parse @message 'a *'", "`as`"),
        ("fields @message | parse @message /a (b)/", "names nothing"),
        ("fields @message | parse 'a *' as b", "the name of a field"),
        ("fields jsonParse(@message)", "`jsonParse()`"),
        ("fields strlen(@message, n)", "2 arguments"),
        ("fields @message | filter n > 3 xor n < 1", "`xor n < 1`"),
        ("fields @message | filter n not = 3", "`like` or `in`"),
        ("fields @message | filter", "the name of a field"),
        ("fields @message | filter @message like /(/", "`(`"),
        ("fields @message | filter @message like n", "regular expression"),
        ("fields @message | sort n upwards", "`upwards`"),
        ("fields @message | limit many", "`limit many`"),
        ("fields @message | limit 0", "`limit 0`"),
        ("fields @message | dedup n | sort n asc", "after `dedup`"),
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
