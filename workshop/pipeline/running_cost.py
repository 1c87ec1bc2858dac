"""What a stack costs by the hour, and has cost so far, as far as that can be told without a bill.

In goes a deployed stack; shards, uptime and CloudWatch's counts are asked for, and multiplied by the unit
prices of `prices.toml`. It is an estimate: prices differ by region, and free tiers, storage, the time of
functions, logs and alarms are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from workshop.cloud.connection import Cloud
from workshop.deploy.finding import describe
from workshop.pipeline.cost import standing_cost
from workshop.pipeline.prices import PRICES

__all__ = ["RunningCost", "cost_per_hour", "running_cost"]

MILLION = Decimal(1_000_000)
CENT = Decimal("0.01")
SECONDS_PER_HOUR = Decimal(3600)
# CloudWatch gives at most 1,440 sums at once: with a day each, those of some years.
DAY_SECONDS = 86_400
# Namespace, metric, the dimension that names a thing, the price of a million, which outputs name things.
COUNTED = (
    ("AWS/Kinesis", "IncomingRecords", "StreamName", "put-unit", "StreamName"),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", "write-unit", "TableName"),
    ("AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", "read-unit", "TableName"),
    ("AWS/Lambda", "Invocations", "FunctionName", "invocation", "LambdaName"),
)


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
    used = sum((_used(cloud, outputs, row, (begun, moment)) for row in COUNTED), Decimal(0))
    return RunningCost(per_hour, per_hour * hours + used)


def cost_per_hour(cloud: Cloud, outputs: Mapping[str, str]) -> Decimal:
    """Return what a stack with these outputs costs in an hour in which nothing happens."""
    if "StreamName" not in outputs:
        return Decimal(0)
    stream = cloud.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    summary = stream["StreamDescriptionSummary"]
    on_demand = summary.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND"
    return standing_cost(shards=summary["OpenShardCount"], on_demand=on_demand)


def _used(cloud: Cloud, outputs: Mapping[str, str], row: tuple[str, ...], span: tuple[Any, Any]) -> Decimal:
    namespace, metric, dimension, price, ending = row
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
    return count / MILLION * PRICES[price].usd
