"""Logs Insights: the usual commands are answered, others refused by name.

AWS: commands turn the events of a time range into rows, one after the other; times are texts in UTC; a query
that cannot be read is a MalformedQueryException. JSON messages have their fields, and the lines of Lambda
itself what they report. Sources:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html and
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html

moto leaves every command but `fields`, `sort` and `limit` aside, and so answers with all events; it knows
groups by their names alone, and no limit but that in the query.

Changed: queries are read and run here, by `insights_commands`; StartQuery takes groups by their ARNs, and its
limit.
"""

import contextlib
import json
import re
from typing import Any

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException
from moto.logs.responses import LogsResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.logs.groups import group_name
from workshop.cloud.offline.overlay.logs.insights_commands import read_query
from workshop.cloud.offline.overlay.logs.insights_expressions import Row
from workshop.cloud.offline.overlay.logs.insights_values import utc_text

LAMBDA_LINE = re.compile(r"(START|END|REPORT) RequestId: ([0-9a-f-]{36})")
REPORTED = {
    "@duration": re.compile(r"\tDuration: ([\d.]+) ms"),
    "@billedDuration": re.compile(r"\tBilled Duration: ([\d.]+) ms"),
    "@initDuration": re.compile(r"\tInit Duration: ([\d.]+) ms"),
    "@memorySize": re.compile(r"\tMemory Size: ([\d.]+) MB"),
    "@maxMemoryUsed": re.compile(r"\tMax Memory Used: ([\d.]+) MB"),
}
BYTES_OF_MEGABYTE = 1_000_000


@corrects(LogsResponse, "start_query")
def _start(self: Any) -> str:
    one, names, identifiers = (
        self._get_param(name) for name in ("logGroupName", "logGroupNames", "logGroupIdentifiers")
    )
    if sum(map(bool, (one, names, identifiers))) > 1:
        raise InvalidParameterException(
            "Only one of logGroupName, logGroupNames and logGroupIdentifiers can be given."
        )
    groups = [one] if one else names or [group_name(identifier) for identifier in identifiers]
    backend = self.logs_backend
    query_id = backend.start_query(
        groups,
        self._get_int_param("startTime"),
        self._get_int_param("endTime"),
        self._get_param("queryString"),
    )
    query = backend.queries[query_id]
    query.results = query.results[: self._get_param("limit")]
    return json.dumps({"queryId": query_id})


@corrects(models, "execute_query")
def _execute(log_groups: list[Any], query: str, start_time: int, end_time: int) -> list[Row]:
    parsed = read_query(query)
    rows = [
        _row(event, stream, group)
        for group in log_groups
        for stream in group.streams.values()
        for event in stream.events
        # The end is a second, all of which belongs to the range.
        if start_time * 1000 <= event.timestamp <= end_time * 1000 + 999
    ]
    rows.sort(key=lambda row: str(row["@timestamp"]), reverse=True)
    return parsed.run(rows)


def _row(event: Any, stream: Any, group: Any) -> Row:
    row: Row = {
        "@timestamp": utc_text(event.timestamp),
        "@ingestionTime": utc_text(event.ingestion_time),
        "@message": event.message,
        "@logStream": stream.log_stream_name,
        "@log": f"{group.account_id}:{group.name}",
        "@ptr": str(event.event_id),
    }
    if event.message.lstrip().startswith("{"):
        with contextlib.suppress(ValueError):  # no JSON after all: only the fields of every event
            # As texts, fractions are shown with the digits that they were written with.
            _flatten(json.loads(event.message, parse_float=str), "", row)
    elif line := LAMBDA_LINE.match(event.message):
        row |= {"@type": line[1], "@requestId": line[2], **_reported(event.message)}
    return row


def _reported(message: str) -> Row:
    """Return what a REPORT line says; memory is counted in bytes there."""
    found = {name: match[1] for name, pattern in REPORTED.items() if (match := pattern.search(message))}
    return {
        name: int(value) * BYTES_OF_MEGABYTE if "emory" in name else value for name, value in found.items()
    }


def _flatten(value: Any, name: str, row: Row) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(inner, f"{name}.{key}" if name else key, row)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _flatten(inner, f"{name}.{index}", row)
    else:
        row[name] = value
