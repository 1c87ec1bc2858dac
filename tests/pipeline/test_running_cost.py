"""What a stack has cost so far, as far as CloudWatch and the clock can tell."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from workshop.pipeline.running_cost import RunningCost, running_cost

BEGUN = datetime(2026, 11, 29, 8, tzinfo=UTC)


class Account:
    """A stack with two shards, or on demand, and whatever CloudWatch counts of some metrics."""

    def __init__(self, counts: dict[str, float], mode: str) -> None:
        self._counts, self._mode = counts, mode

    def client(self, _service: str) -> "Account":
        """Stand in for every client."""
        return self

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        """Tell when the stack was made, and what it has."""
        outputs = [
            {"OutputKey": key, "OutputValue": key.lower()}
            for key in ("StreamName", "MapLambdaName", "AggregateTableName")
        ]
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "CreationTime": BEGUN, "Outputs": outputs}]}

    def describe_stream_summary(self, **_: Any) -> dict[str, Any]:
        """Tell the number of shards, and the mode."""
        mode = {"StreamMode": self._mode}
        return {"StreamDescriptionSummary": {"OpenShardCount": 2, "StreamModeDetails": mode}}

    def get_metric_statistics(self, *, MetricName: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's name
        """Tell two sums of a metric."""
        count = self._counts.get(MetricName, 0.0) / 2
        return {"Datapoints": [{"Sum": count}, {"Sum": count}]}


def costs(metric: str = "", count: float = 0.0, *, mode: str = "PROVISIONED", **more: float) -> RunningCost:
    """Return what a stack has cost after four hours."""
    account = Account({metric: count, **more}, mode)
    found = running_cost(account, "mine", now=BEGUN + timedelta(hours=4))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_shards_cost_by_the_hour() -> None:
    """Two shards for four hours cost what the price file says, whether anything is sent or not."""
    found = costs()

    assert (found.per_hour, found.so_far) == (Decimal("0.030"), Decimal("0.12"))
    assert str(found) == "0.03 USD an hour while nothing happens, about 0.12 USD so far"


def test_what_was_used_is_added() -> None:
    """Counts of records, capacity units and invocations are multiplied by their unit prices."""
    assert costs("IncomingRecords", 1e6).so_far == Decimal("0.12") + Decimal("0.014")
    assert costs("ConsumedWriteCapacityUnits", 2e6).so_far == Decimal("0.12") + 2 * Decimal("0.625")
    assert costs("ConsumedReadCapacityUnits", 1e6).so_far == Decimal("0.12") + Decimal("0.125")
    assert costs("Invocations", 1e6).so_far == Decimal("0.12") + Decimal("0.20")


def test_an_on_demand_stream_is_paid_by_what_goes_in_and_out() -> None:
    """On demand no put is paid, but each gigabyte in, a record for a kilobyte at least, and each one out."""
    gigabyte, hours = float(1024**3), Decimal("0.16")
    small, large = 1024.0**2, 3 * gigabyte

    assert costs("IncomingRecords", small, mode="ON_DEMAND", IncomingBytes=5.0).so_far == hours + Decimal(
        "0.08"
    )
    assert costs("IncomingBytes", large, mode="ON_DEMAND").so_far == hours + 3 * Decimal("0.08")
    assert costs("GetRecords.Bytes", large, mode="ON_DEMAND").so_far == hours + 3 * Decimal("0.04")
