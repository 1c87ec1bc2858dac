"""When a schedule is due: `rate()`, `cron()` and `at()` expressions as values that know their next time.

Pure. Rules of EventBridge write `rate()` and `cron()` in the same way, and know UTC alone. A local time that
a change of the clocks leaves out is skipped, one that comes twice counts once.
Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["At", "Cron", "Rate", "ScheduleExpression", "ScheduleExpressionError", "parse_expression"]

UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MONTHS = {name: number for number, name in enumerate(MONTH_NAMES, 1)}
WEEKDAYS = {name: number for number, name in enumerate(WEEKDAY_NAMES, 1)}
SATURDAY = 7
FIRST_YEAR, LAST_YEAR = 1970, 2199
# A date that comes at all comes again within this time: 29 February on a given weekday takes the longest.
SEARCHED_YEARS = 41


class ScheduleExpressionError(ValueError):
    """An expression cannot be read; says why."""


@dataclass(frozen=True)
class Rate:
    """Every so many seconds, counted from an anchor, which is the first time itself."""

    seconds: int

    def next_time(self, after: float, *, anchor: float) -> float | None:
        """Return the first time later than `after`."""
        if after < anchor:
            return anchor
        return anchor + ((after - anchor) // self.seconds + 1) * self.seconds


@dataclass(frozen=True)
class At:
    """Once."""

    moment: float

    def next_time(self, after: float, *, anchor: float) -> float | None:  # noqa: ARG002 - as for a rate
        """Return the first time later than `after`, or None if it is past."""
        return self.moment if self.moment > after else None


@dataclass(frozen=True)
class Cron:
    """At certain minutes of certain days; the fields as they are written, in a time zone."""

    minutes: frozenset[int]
    hours: frozenset[int]
    day_of_month: str
    months: frozenset[int]
    day_of_week: str
    years: frozenset[int]
    zone: tzinfo

    def next_time(self, after: float, *, anchor: float) -> float | None:  # noqa: ARG002 - as for a rate
        """Return the first time later than `after`, or None if there is none any more."""
        for day in self._days_from(datetime.fromtimestamp(after, self.zone).date()):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    local = datetime.combine(day, time(hour, minute), self.zone)
                    moment = local.timestamp()
                    if moment > after and _exists(local):
                        return moment
        return None

    def _days_from(self, start: date) -> Iterator[date]:
        years = sorted(year for year in self.years if start.year <= year < start.year + SEARCHED_YEARS)
        for year in years:
            for month in sorted(self.months):
                days = _days_of_month(self.day_of_month, year, month) & _days_of_week(
                    self.day_of_week, year, month
                )
                yield from (day for number in sorted(days) if (day := date(year, month, number)) >= start)


ScheduleExpression = Rate | Cron | At


def parse_expression(text: str, timezone: str = "UTC") -> ScheduleExpression:
    """Return the expression as a value.

    Raises:
        ScheduleExpressionError: it is none, or the time zone is unknown.

    >>> parse_expression("rate(5 minutes)")
    Rate(seconds=300)
    """
    found = re.fullmatch(r"(rate|cron|at)\((.*)\)", text.strip())
    if found is None:
        raise ScheduleExpressionError(f"`{text}` is not `rate(…)`, `cron(…)` or `at(…)`")
    kind, content = found.groups()
    zone = _zone(timezone)
    try:
        if kind == "rate":
            return _rate(content)
        return _cron(content.split(), zone) if kind == "cron" else _at(content, zone)
    except ValueError as error:
        raise ScheduleExpressionError(f"`{text}` cannot be read: {error}") from error


def _rate(content: str) -> Rate:
    count, unit = content.split()
    if int(count) < 1:
        raise ValueError("the value of a rate is 1 or more")
    if (singular := unit.removesuffix("s")) not in UNIT_SECONDS:
        raise ValueError(f"`{unit}` is not one of minutes, hours, days")
    return Rate(int(count) * UNIT_SECONDS[singular])


def _at(content: str, zone: tzinfo) -> At:
    moment = datetime.strptime(content, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007 - the zone stands beside it
    return At(moment.replace(tzinfo=zone).timestamp())


def _cron(fields: list[str], zone: tzinfo) -> Cron:
    if len(fields) != 6:
        raise ValueError(f"it has {len(fields)} fields, not 6")
    minutes, hours, day_of_month, months, day_of_week, years = (field.upper() for field in fields)
    if (day_of_month == "?") is (day_of_week == "?"):
        raise ValueError("exactly one of day of month and day of week must be `?`")
    # January 2000 has every day of the month and of the week: a field that can be read there can be read.
    _days_of_month(day_of_month, 2000, 1)
    _days_of_week(day_of_week, 2000, 1)
    return Cron(
        minutes=_values(minutes, 0, 59),
        hours=_values(hours, 0, 23),
        day_of_month=day_of_month,
        months=_values(months, 1, 12, MONTHS),
        day_of_week=day_of_week,
        years=_values(years, FIRST_YEAR, LAST_YEAR),
        zone=zone,
    )


def _values(field: str, low: int, high: int, names: Mapping[str, int] | None = None) -> frozenset[int]:
    """Return the numbers that a field stands for: lists, ranges, steps, names.

    >>> sorted(_values("1/20,5-7", 0, 59))
    [1, 5, 6, 7, 21, 41]
    """
    values: set[int] = set()
    for part in field.split(","):
        base, has_step, step = part.partition("/")
        first, is_range, last = base.partition("-")
        if base == "*":
            start, end = low, high
        else:
            start = _number(first, names or {})
            end = _number(last, names or {}) if is_range else high if has_step else start
        if not (low <= start <= high and low <= end <= high):
            raise ValueError(f"`{part}` is not within {low} to {high}")
        # A range may pass the end: FRI-MON.
        span = range(start, end + 1) if start <= end else [*range(start, high + 1), *range(low, end + 1)]
        values.update(span[:: int(step) if has_step else 1])
    return frozenset(values)


def _number(text: str, names: Mapping[str, int]) -> int:
    return names[text] if text in names else int(text)


def _days_of_month(field: str, year: int, month: int) -> set[int]:
    last = monthrange(year, month)[1]
    if field in {"?", "*"}:
        return set(range(1, last + 1))
    days: set[int] = set()
    for part in field.split(","):
        if part == "L":
            days.add(last)
        elif part.endswith("W"):
            wanted = part.removesuffix("W")
            number = last if wanted == "L" else int(wanted)
            days |= {_nearest_weekday(year, month, number)} if 1 <= number <= last else set()
        else:
            days |= {day for day in _values(part, 1, 31) if day <= last}
    return days


def _days_of_week(field: str, year: int, month: int) -> set[int]:
    last = monthrange(year, month)[1]
    if field in {"?", "*"}:
        return set(range(1, last + 1))
    by_weekday: dict[int, list[int]] = {}
    for day in range(1, last + 1):
        by_weekday.setdefault(_weekday(date(year, month, day)), []).append(day)
    days: set[int] = set()
    for part in field.split(","):
        weekday, is_nth, nth = part.partition("#")
        if is_nth:
            days |= set(by_weekday[_number(weekday, WEEKDAYS)][int(nth) - 1 : int(nth)])
        elif part == "L":
            days |= set(by_weekday[SATURDAY])
        elif part.endswith("L"):
            days.add(by_weekday[_number(part.removesuffix("L"), WEEKDAYS)][-1])
        else:
            days.update(day for number in _values(part, 1, 7, WEEKDAYS) for day in by_weekday[number])
    return days


def _weekday(day: date) -> int:
    """Return 1 for Sunday to 7 for Saturday, as cron counts."""
    return day.isoweekday() % 7 + 1


def _nearest_weekday(year: int, month: int, number: int) -> int:
    """Return the Monday to Friday that is nearest to a day, without leaving the month."""
    day, last = date(year, month, number), monthrange(year, month)[1]
    step = {6: -1 if number > 1 else 2, 7: 1 if number < last else -2}.get(day.isoweekday(), 0)
    return (day + timedelta(days=step)).day


def _exists(local: datetime) -> bool:
    """Say whether the clocks of the zone ever show this time."""
    return datetime.fromtimestamp(local.timestamp(), local.tzinfo).replace(tzinfo=None) == local.replace(
        tzinfo=None
    )


def _zone(name: str) -> tzinfo:
    if name == "UTC":  # Windows has no time zones of its own
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScheduleExpressionError(f"`{name}` is not a time zone that this machine knows") from error
