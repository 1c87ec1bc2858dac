"""What a stack costs by the hour, and has cost so far, as far as that can be told without a bill.

In goes a deployed stack; shards, uptime and CloudWatch's counts are asked for, and multiplied by the unit
prices of `prices.toml`. It is an estimate: prices differ by region, and free tiers, storage, the time of
functions, logs, alarms and calls of the stream's key are left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from workshop.cloud.connection import Cloud
from workshop.deploy.finding import describe
from workshop.pipeline.cost import METERED_GB, METERED_KB, standing_cost
from workshop.pipeline.prices import PRICES

__all__ = ["RunningCost", "cost_per_hour", "running_cost"]

MILLION = Decimal(1_000_000)
CENT = Decimal("0.01")
SECONDS_PER_HOUR = Decimal(3600)
# CloudWatch gives at most 1,440 sums at once: with a day each, those of some years.
DAY_SECONDS = 86_400
# Namespace, metric, the dimension that names a thing, which outputs name things.
RECORDS = ("AWS/Kinesis", "IncomingRecords", "StreamName", "StreamName")
BYTES_IN = ("AWS/Kinesis", "IncomingBytes", "StreamName", "StreamName")
BYTES_OUT = ("AWS/Kinesis", "GetRecords.Bytes", "StreamName", "StreamName")
# The same, by the price of a million.
COUNTED = {
    "write-unit": ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", "TableName"),
    "read-unit": ("AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", "TableName"),
    "invocation": ("AWS/Lambda", "Invocations", "FunctionName", "LambdaName"),
}


@dataclass(frozen=True)
class RunningCost:
    """US dollars: what a stack costs in an hour in which nothing happens, and about what it has cost."""

    per_hour: Decimal
    so_far: Decimal

    def __str__(self) -> str:
        so_far = self.so_far.quantize(CENT)
        return f"{self.per_hour.normalize():f} USD an hour while nothing happens, about {so_far} USD so far"


def running_cost(cloud: Cloud, stack: str, *, now: datetime | None = None) -> RunningCost | None:
    """Return what a deployed stack costs; None if it is not there."""
    described = describe(cloud, stack)
    if described is None:
        return None
    outputs = {row["OutputKey"]: row["OutputValue"] for row in described.get("Outputs", [])}
    begun, moment = described["CreationTime"], now or datetime.now(UTC)
    per_hour = cost_per_hour(cloud, outputs)
    hours = Decimal(max(0, int((moment - begun).total_seconds()))) / SECONDS_PER_HOUR

    def count(metric: tuple[str, ...]) -> Decimal:
        return _count(cloud, outputs, metric, (begun, moment))

    used = sum((count(metric) / MILLION * PRICES[price].usd for price, metric in COUNTED.items()), Decimal(0))
    used += _through_stream(count, on_demand=_is_on_demand(_summary(cloud, outputs)))
    return RunningCost(per_hour, per_hour * hours + used)


def cost_per_hour(cloud: Cloud, outputs: Mapping[str, str]) -> Decimal:
    """Return what a stack with these outputs costs in an hour in which nothing happens."""
    summary = _summary(cloud, outputs)
    if not summary:
        return Decimal(0)
    return standing_cost(shards=summary["OpenShardCount"], on_demand=_is_on_demand(summary))


def _summary(cloud: Cloud, outputs: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what Kinesis says of the stream of a stack; nothing if it has none."""
    if "StreamName" not in outputs:
        return {}
    stream = cloud.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    return dict(stream["StreamDescriptionSummary"])


def _is_on_demand(summary: Mapping[str, Any]) -> bool:
    return bool(summary.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND")


def _through_stream(count: Callable[[tuple[str, ...]], Decimal], *, on_demand: bool) -> Decimal:
    """Return what went through the stream costs: by the put, or on demand by the gigabyte, in and out."""
    records = count(RECORDS)
    if not on_demand:
        return records / MILLION * PRICES["put-unit"].usd
    # Each record counts as a kilobyte at least.
    came_in, went_out = max(records * METERED_KB, count(BYTES_IN)), count(BYTES_OUT)
    return (came_in * PRICES["on-demand-in"].usd + went_out * PRICES["on-demand-out"].usd) / METERED_GB


def _count(
    cloud: Cloud, outputs: Mapping[str, str], counted: tuple[str, ...], span: tuple[Any, Any]
) -> Decimal:
    namespace, metric, dimension, ending = counted
    names = {value for output, value in outputs.items() if output.endswith(ending)}
    count = Decimal(0)
    for name in sorted(names):
        answer = cloud.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": dimension, "Value": name}],
            StartTime=span[0],
            EndTime=span[1],
            Period=DAY_SECONDS,
            Statistics=["Sum"],
        )
        count += sum((Decimal(str(point["Sum"])) for point in answer["Datapoints"]), Decimal(0))
    return count
