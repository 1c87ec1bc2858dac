"""What a function tells those who run it: what it measured of a batch, and which records it set aside.

Counts and metrics of a batch are one line of the log, in CloudWatch's embedded metric format: CloudWatch
reads its metrics from there, and the function makes no call. A stack that names an InfluxDB sends it the
same. Records that a function cannot use go to QuarantineTable, each with the reason. Raising would block the
shard, since Lambda would retry the batch until the record expires; dropping the record would lose it. The
item's key consists of stage, shard and sequence number (and the message's number in a record of several), so
that a retry writes the same item again. `workshop quarantine` lists the table.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
and https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
"""

import base64
import functools
import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPException
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

from common.items import Item, number, text
from common.records import Rejection
from common.settings import ReportSettings
from common.storage import RETRIES, write_all

__all__ = ["Quarantine", "ages_of", "report"]

# A DynamoDB item holds 400 KB, a Kinesis record up to 10 MiB.
MAX_RAW_BYTES = 262_144
# A conflict quotes both contents, which can be large as well.
MAX_REASON_LENGTH = 2_000

NAMESPACE = "TradeRisk"
COUNTED = ("Messages", "BatchSize", "Repeated", "Retries", "Quarantined")


def _directives(*metrics: dict[str, str]) -> str:
    # Encoded once: it takes longer than all else in the line.
    counted = [{"Name": name, "Unit": "Count"} for name in COUNTED]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": [*counted, *metrics]}
    return json.dumps([directive])


WITHOUT_LATENCY = _directives()
# The specification knows numbers and arrays of them; AWS's own libraries also write values with how often
# each occurred, as in PutMetricData.
WITH_LATENCY = _directives({"Name": "Latency", "Unit": "Milliseconds"})
# What the stages call a record, or a message of one, that they set aside.
SET_ASIDE = ("quarantined", "malformed", "conflict")
# CloudWatch takes no more values of one metric in a line.
MOST_VALUES = 100
# How long an invocation waits for InfluxDB at most, and how long one that did not answer is left alone.
SECONDS_TO_SEND = 0.3
SECONDS_OF_SILENCE = 30.0


def report(stage: str, counts: Mapping[str, int], ages: Mapping[float, int] | None = None) -> None:
    """Print counts of an invocation as a line of JSON, without zeros; of a batch, its metrics are in there.

    Nothing is printed of an invocation that failed before it counted anything. `ages` says how old the
    messages were when the stage was done with them: milliseconds, each with a number of messages. Metrics
    need a function's name, so there are none outside of Lambda. Never fails because of InfluxDB, nor waits
    for it longer than 0.3 seconds.

    Shape: `{"stage": "map", "records": 2, "_aws": {…}, "FunctionName": …, "Messages": 2, "BatchSize": 2, …}`
    """
    if not counts:
        return
    line: dict[str, Any] = {"stage": stage, **{name: count for name, count in counts.items() if count}}
    settings = _settings()
    function = settings.aws_lambda_function_name
    if not function or "records" not in counts:
        print(json.dumps(line))
        return
    measured, latency, now = _measured(counts, ages), _latency(ages or {}), time.time_ns()
    if settings.influxdb_url:
        _influxdb().send(_point(function, stage, measured, latency, now))
    if settings.embedded_metrics == "true":
        line |= {"FunctionName": function, **measured} | ({"Latency": latency} if latency else {})
        print(_embedded(json.dumps(line), with_latency=bool(latency), now=now))
    else:
        print(json.dumps(line))


def ages_of(timestamps: Iterable[Decimal]) -> dict[float, int]:
    """Return how old messages with these timestamps are now, to 5 %: milliseconds, each with their number."""
    now = time.time_ns() / 1e9
    # Eight steps in each doubling, so that few values stand for many; a clock may run ahead.
    eighths = Counter(round(8 * math.log2(max(0.001, now - float(each)))) for each in timestamps)
    return {round(1000 * 2.0 ** (eighth / 8), 3): count for eighth, count in eighths.items()}


def _measured(counts: Mapping[str, int], ages: Mapping[float, int] | None) -> dict[str, int]:
    tried_again, RETRIES["busy"] = RETRIES["busy"], 0
    return {
        "Messages": counts["records"] if ages is None else sum(ages.values()),
        "BatchSize": counts["records"],
        "Repeated": counts.get("repeated", 0),
        "Retries": tried_again,
        "Quarantined": sum(counts.get(name, 0) for name in SET_ASIDE),
    }


def _latency(ages: Mapping[float, int]) -> dict[str, Any]:
    """Return the distribution of the ages, neighbours taken together until a hundred values are left."""
    pairs = sorted(ages.items())
    while len(pairs) > MOST_VALUES:
        twos = [pairs[place : place + 2] for place in range(0, len(pairs), 2)]
        pairs = [(two[-1][0], sum(count for _, count in two)) for two in twos]
    if not pairs:
        return {}
    return {
        "Values": [age for age, _ in pairs],
        "Counts": [count for _, count in pairs],
        "Min": pairs[0][0],
        "Max": pairs[-1][0],
        "Sum": sum(age * count for age, count in pairs),
        "Count": sum(count for _, count in pairs),
    }


def _embedded(text: str, *, with_latency: bool, now: int) -> str:
    """Return a line with what makes CloudWatch read metrics from it."""
    directives = WITH_LATENCY if with_latency else WITHOUT_LATENCY
    return f'{text[:-1]}, "_aws": {{"Timestamp": {now // 1_000_000}, "CloudWatchMetrics": {directives}}}}}'


def _point(
    function: str, stage: str, measured: Mapping[str, int], latency: Mapping[str, Any], now: int
) -> str:
    """Return a batch as a line of InfluxDB's protocol; latencies are in seconds."""
    fields = [f"{name}={value}i" for name, value in measured.items()]
    if latency:
        seconds = {"Sum": latency["Sum"], "Max": latency["Max"], "P99": _percentile(latency, 0.99)}
        fields += [f"Latency{name}={value / 1000}" for name, value in seconds.items()]
    return f"batch,function={function},stage={stage} {','.join(fields)} {now}"


def _percentile(latency: Mapping[str, Any], share: float) -> float:
    rank, passed = share * latency["Count"], 0
    for value, count in zip(latency["Values"], latency["Counts"], strict=True):
        passed += count
        if passed >= rank:
            return float(value)
    return float(latency["Max"])


@dataclass(slots=True)
class _InfluxDb:
    """An InfluxDB, by the URL to which points are posted, such as `http://host:8086/write?db=trade_risk`."""

    url: str
    silent_until: float = -math.inf

    def send(self, point: str) -> None:
        """Post a point; an InfluxDB that does not take it in time is left alone for a while."""
        if time.monotonic() < self.silent_until:
            return
        # A thread: no timeout of a connection bounds the search for its host, or a slow answer as a whole.
        thread = Thread(target=self._post, args=(point,), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the environment has no thread left
            self._fall_silent()
            return
        thread.join(SECONDS_TO_SEND)
        if thread.is_alive():
            self._fall_silent()

    def _post(self, point: str) -> None:
        try:
            with urlopen(Request(self.url, data=point.encode()), timeout=SECONDS_TO_SEND):  # noqa: S310 - the template's own
                pass
        except (OSError, HTTPException, ValueError):
            self._fall_silent()

    def _fall_silent(self) -> None:
        self.silent_until = time.monotonic() + SECONDS_OF_SILENCE


@functools.cache
def _influxdb() -> _InfluxDb:
    return _InfluxDb(_settings().influxdb_url)


@functools.cache
def _settings() -> ReportSettings:
    return ReportSettings.from_environ()


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The quarantine of one invocation; without a shard, records are filed under their stream."""

    table: str
    stage: str
    shard_id: str | None

    def put(self, rejections: Iterable[Rejection], *, epoch: int = 0) -> None:
        """Write these records, with the number of the epoch that they belong to; may be repeated.

        Raises:
            BusyError: DynamoDB did not take all of them.
        """
        items = {rejection.name: self._item(rejection, epoch) for rejection in rejections}
        write_all(self.table, list(items.values()))

    def _item(self, rejection: Rejection, epoch: int) -> Item:
        raw = rejection.raw
        item = {
            "RecordID": text(f"{self.stage}#{self.shard_id or 'stream'}#{rejection.name}"),
            "Stage": text(self.stage),
            "Reason": text(rejection.reason[:MAX_REASON_LENGTH]),
            "RawData": text(_readable(raw[:MAX_RAW_BYTES])),
            "RawBytes": number(len(raw)),
            "Time": text(datetime.now(UTC).isoformat(timespec="milliseconds")),
        }
        return {**item, "Epoch": number(epoch)} if epoch else item


def _readable(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(raw).decode()}"
