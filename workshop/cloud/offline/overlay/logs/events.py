"""Reading log events: filter patterns, time ranges, tokens and retention.

AWS: FilterLogEvents selects by pattern, streams by prefix as well, and takes a group's ARN; a pattern or a
token that it does not understand is an InvalidParameterException. GetLogEvents leaves out what happened at
the end time itself. Events that are older than the group's retention are gone. Source:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html,
API_GetLogEvents.html and API_PutRetentionPolicy.html there. A stream that is not there is named as such.

moto takes every pattern but plain words and one phrase for "all events", ignores the prefix, answers a wrong
token with nothing, includes the end time, says that a group is not there when its stream is not, accepts any
retention, never lets an event go, and judges by the machine's clock which events are too old or too new.

Changed as above. Events keep the order of their times over all streams, as on AWS for years.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend, LogStream
from moto.logs.responses import LogsResponse

from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.logs.groups import group_name
from workshop.cloud.offline.overlay.logs.patterns import InvalidLogPatternError, LogPattern, compile_pattern

__all__ = ["checked_pattern", "forget_expired", "oldest_kept"]

MAX_EVENTS = 10_000
DAY_MS = 24 * 3600 * 1000
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

_MOTO_GET_EVENTS = LogStream.get_log_events
_MOTO_GET_FROM_BACKEND = LogsBackend.get_log_events
_MOTO_DELETE_STREAM = LogGroup.delete_log_stream


def checked_pattern(text: str | None) -> LogPattern:
    """Return a pattern that a caller has given, or raise AWS's error."""
    try:
        return compile_pattern(text or "")
    except InvalidLogPatternError as error:
        raise InvalidParameterException(str(error)) from error


@corrects(models, "utcnow")
def _now() -> datetime:
    return CLOCK.moment()


@corrects(models, "EventMessageFilter")
def _message_filter(pattern: str) -> LogPattern:
    return checked_pattern(pattern)


def oldest_kept(group: Any) -> int:
    """Return the time in milliseconds before which the group's retention keeps nothing."""
    days = group.retention_in_days
    return int(CLOCK.now() * 1000) - int(days) * DAY_MS if days else 0


def forget_expired(group: Any) -> None:
    """Drop the events that are older than the group's retention."""
    if (oldest := oldest_kept(group)) > 0:
        for stream in group.streams.values():
            kept = [event for event in stream.events if event.timestamp >= oldest]
            if len(kept) < len(stream.events):
                stream.events = kept
                MARKS.note_resources("logs")


@corrects(LogsBackend, "put_retention_policy")
def _put_retention(self: Any, log_group_name: str, retention_in_days: Any) -> None:
    group = _group(self, log_group_name)
    if retention_in_days not in RETENTION_DAYS:
        raise InvalidParameterException(
            constraint=f"Member must satisfy enum value set: {list(RETENTION_DAYS)}",
            parameter="retentionInDays",
            value=retention_in_days,
        )
    group.set_retention_policy(retention_in_days)


@corrects(LogsBackend, "get_log_events")
def _get_from_backend(self: Any, **request: Any) -> Any:
    _check_limit(request.get("limit"))
    group = self._find_log_group(request["log_group_id"], log_group_name=request["log_group_name"])
    _check_stream(group, request["log_stream_name"])
    forget_expired(group)
    return _MOTO_GET_FROM_BACKEND(self, **request)


@corrects(LogGroup, "delete_log_stream")
def _delete_stream(self: Any, log_stream_name: str) -> None:
    _check_stream(self, log_stream_name)
    _MOTO_DELETE_STREAM(self, log_stream_name)


def _check_stream(group: Any, name: str) -> None:
    if name not in group.streams:
        raise ResourceNotFoundException("The specified log stream does not exist.")


@corrects(LogStream, "get_log_events")
def _get_events(self: Any, start_time: Any, end_time: Any, *arguments: Any) -> Any:
    # Times are whole milliseconds, and moto includes the last one.
    before = None if end_time is None else max(0, end_time - 1)
    # moto takes an end of 0 for none.
    if before == 0 and end_time is not None:
        return [], f"b/{0:056d}", f"f/{0:056d}"
    return _MOTO_GET_EVENTS(self, start_time, before, *arguments)


@corrects(LogsResponse, "filter_log_events")
def _filter_call(self: Any) -> str:
    names, prefix = self._get_param("logStreamNames") or [], self._get_param("logStreamNamePrefix")
    if names and prefix:
        raise InvalidParameterException("logStreamNames and logStreamNamePrefix cannot be used together.")
    limit = self._get_param("limit")
    _check_limit(limit)
    pattern = checked_pattern(self._get_param("filterPattern"))
    group = _group(
        self.logs_backend, self._get_param("logGroupName") or self._get_param("logGroupIdentifier")
    )
    forget_expired(group)
    for name in names:
        _check_stream(group, name)
    streams = [
        stream
        for name, stream in group.streams.items()
        if (not names or name in names) and name.startswith(prefix or "")
    ]
    within = _time_range(self._get_param("startTime"), self._get_param("endTime"))
    found = [
        event.to_filter_dict() | {"logStreamName": stream.log_stream_name}
        for stream in streams
        for event in stream.events
        if within(event.timestamp) and pattern.matches(event.message)
    ]
    found.sort(key=_place)
    page, token = _page(found, limit or MAX_EVENTS, self._get_param("nextToken"))
    answer = {
        "events": page,
        "nextToken": token,
        "searchedLogStreams": [
            {"logStreamName": stream.log_stream_name, "searchedCompletely": True} for stream in streams
        ],
    }
    return json.dumps({name: value for name, value in answer.items() if value is not None})


def _page(events: list[dict[str, Any]], limit: int, token: str | None) -> tuple[list[Any], str | None]:
    """Return the page that the token asks for, and the token of the next one."""
    first = 0
    if token:
        # The event, not a number: events that arrive between two pages must not move the others.
        identity, _, timestamp = token.partition("@")
        if not identity.isdigit() or not timestamp.isdigit():
            raise InvalidParameterException("The specified nextToken is invalid.")
        last = int(timestamp), int(identity)
        places = (place for place, event in enumerate(events) if _place(event) > last)
        first = next(places, len(events))
    page = events[first : first + limit]
    has_more = len(events) > first + limit
    return page, f"{page[-1]['eventId']}@{page[-1]['timestamp']}" if has_more else None


def _place(event: dict[str, Any]) -> tuple[int, int]:
    return int(event["timestamp"]), int(event["eventId"])


def _time_range(start: int | None, end: int | None) -> Callable[[int], bool]:
    # The end itself belongs to the range here, unlike in GetLogEvents.
    return lambda moment: (start is None or moment >= start) and (end is None or moment <= end)


def _check_limit(limit: Any) -> None:
    if limit is not None and not 1 <= limit <= MAX_EVENTS:
        bound = f"less than or equal to {MAX_EVENTS}" if limit > 1 else "greater than or equal to 1"
        raise InvalidParameterException(
            constraint=f"Member must have value {bound}", parameter="limit", value=limit
        )


def _group(backend: Any, name_or_arn: str | None) -> LogGroup:
    """Return a group by its name or ARN; raise AWS's error if there is none."""
    name = group_name(name_or_arn or "")
    if name not in backend.groups:
        raise ResourceNotFoundException
    return backend.groups[name]
