"""When schedules are due."""

from datetime import UTC, datetime

import pytest

from workshop.cloud.offline.runtime.schedules.schedule_expressions import (
    Rate,
    ScheduleExpressionError,
    parse_expression,
)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def next_times(expression: str, after: str, count: int, zone: str = "UTC") -> list[str]:
    """Return the next times in UTC, without seconds."""
    parsed, now, times = parse_expression(expression, zone), moment(after), []
    for _ in range(count):
        found = parsed.next_time(now, anchor=moment(after))
        if found is None:
            return times
        now = found
        times.append(datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M"))
    return times


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 hours)", 7200), ("rate(1 day)", 86_400)],
)
def test_a_rate_counts_in_minutes_hours_or_days(text: str, seconds: int) -> None:
    """A rate is a whole number of minutes, hours or days."""
    assert parse_expression(text) == Rate(seconds)


def test_a_rate_begins_with_its_anchor_and_keeps_its_rhythm() -> None:
    """A rate's times are its anchor and every multiple of its period after it, however late one asks."""
    rate = Rate(60)

    assert rate.next_time(90.0, anchor=100.0) == 100.0
    assert rate.next_time(100.0, anchor=100.0) == 160.0
    assert rate.next_time(159.9, anchor=100.0) == 160.0
    assert rate.next_time(1000.0, anchor=100.0) == 1060.0


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 10 * * ? *)", "2026-03-01T10:00", ["2026-03-02T10:00", "2026-03-03T10:00"]),
        ("cron(0/15 8-9 ? * MON-FRI *)", "2026-03-06T09:40", ["2026-03-06T09:45", "2026-03-09T08:00"]),
        ("cron(30 6 L * ? *)", "2026-02-01T00:00", ["2026-02-28T06:30", "2026-03-31T06:30"]),
        ("cron(0 0 LW * ? *)", "2026-02-01T00:00", ["2026-02-27T00:00", "2026-03-31T00:00"]),
        ("cron(0 0 15W * ? *)", "2026-03-01T00:00", ["2026-03-16T00:00", "2026-04-15T00:00"]),
        ("cron(0 0 1W * ? *)", "2026-08-01T00:00", ["2026-08-03T00:00", "2026-09-01T00:00"]),
        ("cron(0 8 ? * 3#2 *)", "2026-03-01T00:00", ["2026-03-10T08:00", "2026-04-14T08:00"]),
        ("cron(0 8 ? * 6L *)", "2026-03-01T00:00", ["2026-03-27T08:00", "2026-04-24T08:00"]),
        ("cron(0 8 ? * L *)", "2026-03-01T00:00", ["2026-03-07T08:00", "2026-03-14T08:00"]),
        ("cron(0 8 ? * FRI-MON *)", "2026-03-03T00:00", ["2026-03-06T08:00", "2026-03-07T08:00"]),
        ("cron(0 0 29 FEB ? *)", "2026-03-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 0 1 1 ? 2027-2028)", "2026-03-01T00:00", ["2027-01-01T00:00", "2028-01-01T00:00"]),
    ],
)
def test_cron_knows_its_next_times(expression: str, after: str, expected: list[str]) -> None:
    """Lists, ranges, steps, names, L, W and # of cron mean what EventBridge says."""
    assert next_times(expression, after, 2) == expected


@pytest.mark.parametrize("expression", ["cron(0 0 1 1 ? 2020)", "cron(0 0 30 2 ? *)"])
def test_cron_may_have_no_next_time(expression: str) -> None:
    """A date that is past, or that no calendar holds, never comes."""
    assert next_times(expression, "2026-03-01T00:00", 1) == []


def test_cron_follows_the_clocks_of_its_time_zone() -> None:
    """Eight in the morning in New York is an hour earlier in UTC once summer time has begun."""
    times = next_times("cron(0 8 * * ? *)", "2026-03-07T00:00", 2, "America/New_York")

    assert times == ["2026-03-07T13:00", "2026-03-08T12:00"]


def test_cron_skips_a_time_that_does_not_exist() -> None:
    """Half past two is left out on the night on which the clocks jump from two to three."""
    times = next_times("cron(30 2 * * ? *)", "2026-03-07T00:00", 2, "America/New_York")

    assert times == ["2026-03-07T07:30", "2026-03-09T06:30"]


def test_at_comes_once() -> None:
    """A one-time schedule is due at its time, and never again."""
    assert next_times("at(2026-03-01T08:30:00)", "2026-03-01T00:00", 2) == ["2026-03-01T08:30"]


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("every minute", "UTC"),
        ("rate(0 minutes)", "UTC"),
        ("rate(1 second)", "UTC"),
        ("rate(soon)", "UTC"),
        ("cron(0 10 * * *)", "UTC"),
        ("cron(0 10 * * * *)", "UTC"),
        ("cron(0 10 ? * ? *)", "UTC"),
        ("cron(60 10 * * ? *)", "UTC"),
        ("cron(0 10 32 * ? *)", "UTC"),
        ("at(tomorrow)", "UTC"),
        ("rate(1 minute)", "Europe/Atlantis"),
    ],
)
def test_what_is_no_schedule_is_refused(text: str, zone: str) -> None:
    """An expression or time zone that cannot be read is refused with a message that quotes it."""
    with pytest.raises(ScheduleExpressionError, match="`"):
        parse_expression(text, zone)
