"""A pipeline deployed in a laboratory, and what tests do with it."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from workshop.cloud.laboratory import Laboratory
from workshop.deploy.stacks import deploy
from workshop.pipeline.aggregates import AggregateSnapshot, take_snapshot
from workshop.pipeline.compare_with_truth import Difference, compare
from workshop.pipeline.messages import Message, PlanOptions, make_plan
from workshop.pipeline.tables import scan_rows
from workshop.pipeline.target import find_target

TABLES = ("StateTable", "ReduceTable", "AggregateTable", "QuarantineTable", "LedgerTable", "ParameterTable")


@dataclass
class Bench:
    """One pipeline in the laboratory."""

    laboratory: Laboratory
    pipeline: str
    outputs: dict[str, str]
    variant: str = "ledger"
    skipping: set[str] = field(default_factory=set)

    @property
    def stack(self) -> str:
        """The name of its stack."""
        return stack_name(self.pipeline, self.variant)

    def emptied(self) -> "Bench":
        """Forget all data, as after a deployment."""
        self.laboratory.watch(None)
        for stage in sorted(self.skipping):
            self.restart_mapping(stage)
        self.skipping.clear()
        self.laboratory.empty()
        return self

    def send(self, messages: Iterable[Message]) -> None:
        """Put messages into the stream."""
        now = self.laboratory.clock.now()
        records: Any = [{"Data": each.wire(now), "PartitionKey": each.trade_id} for each in messages]
        self.laboratory.client("kinesis").put_records(StreamName=self.outputs["StreamName"], Records=records)

    def advance(self, steps: int) -> None:
        """Let so many steps of the pipeline happen, and no more."""
        for _ in range(steps):
            due = self.laboratory.step()
            if due is None:
                return
            self.laboratory.clock.advance(max(0.0, due - self.laboratory.clock.now()))

    def rest(self) -> None:
        """Let the pipeline do all its work."""
        assert self.laboratory.rest()

    def process(self, messages: Iterable[Message]) -> None:
        """Put messages into the stream, and let the pipeline do all its work."""
        self.send(messages)
        self.rest()

    def change_total(self, path: str, amount: str) -> None:
        """Add to one total behind the pipeline's back."""
        self.laboratory.client("dynamodb").update_item(
            TableName=self.outputs["AggregateTableName"],
            Key={"Identifier": {"S": path}},
            UpdateExpression="ADD #Value :amount",
            ExpressionAttributeNames={"#Value": "Value"},
            ExpressionAttributeValues={":amount": {"N": amount}},
        )

    def put_trade(self, trade_id: str, value: str = "1.25") -> None:
        """Write a trade past StateLambda."""
        names = {"RiskType": {"S": "PV"}, "TradeDesk": {"S": "FXSpot"}, "Region": {"S": "EMEA"}}
        numbers = {"Value": {"N": value}, "Version": {"N": "1"}, "Timestamp": {"N": "1750000000"}}
        self.put("StateTable", TradeID={"S": trade_id}, Hierarchy={"M": names}, **numbers)

    def snapshot(self) -> AggregateSnapshot:
        """Return the totals."""
        client = self.laboratory.client("dynamodb")
        return take_snapshot(client, self.outputs["AggregateTableName"], clock=self.laboratory.clock)

    def differences(self, messages: Iterable[Message]) -> tuple[Difference, ...]:
        """Return in what the totals differ from the truth of these messages."""
        truth = find_target(self.laboratory, self.stack).truth_of(messages)
        return compare(self.snapshot(), truth).differences

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return all items of a table."""
        return list(scan_rows(self.laboratory.client("dynamodb"), self.outputs[f"{table}Name"]))

    def sizes(self) -> dict[str, int]:
        """Return how many items each table holds."""
        return {table: len(self.rows(table)) for table in TABLES if f"{table}Name" in self.outputs}

    def put(self, table: str, **item: Any) -> None:
        """Put an item, in DynamoDB's own form."""
        self.laboratory.client("dynamodb").put_item(TableName=self.outputs[f"{table}Name"], Item=item)

    def ask_metrics(self, queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what CloudWatch answers about the last hour."""
        now = datetime.fromtimestamp(self.laboratory.clock.now(), UTC)
        answer = self.laboratory.client("cloudwatch").get_metric_data(
            MetricDataQueries=queries,
            StartTime=now.replace(second=0) - timedelta(minutes=59),
            EndTime=now + timedelta(minutes=1),
        )
        results: list[dict[str, Any]] = answer["MetricDataResults"]
        return results

    def counts(self, stage: str) -> Counter[str]:
        """Return the sums of what the invocations of a stage reported."""
        group = f"/aws/lambda/{self.outputs[f'{stage.capitalize()}LambdaName']}"
        pages = self.laboratory.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        total: Counter[str] = Counter()
        for page in pages:
            for event in page["events"]:
                total.update(_report(event["message"], stage))
        return total

    def lose_what_comes(self, stage: str) -> None:
        """Let a stage skip what waits for it: its event source mapping begins anew behind that."""
        self.restart_mapping(stage, at="LATEST", forget=False)
        self.skipping.add(stage)

    def restart_mapping(self, stage: str, *, at: str = "TRIM_HORIZON", forget: bool = True) -> None:
        """Replace the event source mapping of a stage by a new one, and forget its ledger or not."""
        client = self.laboratory.client("lambda")
        name = self.outputs[f"{stage.capitalize()}LambdaName"]
        [old] = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        client.delete_event_source_mapping(UUID=old["UUID"])
        dynamodb = self.laboratory.client("dynamodb")
        for row in self.rows("LedgerTable") if forget else []:
            if row["LedgerKey"].startswith(name):
                key: Any = {"LedgerKey": {"S": row["LedgerKey"]}}
                dynamodb.delete_item(TableName=self.outputs["LedgerTableName"], Key=key)
        kept = ("EventSourceArn", "BatchSize", "TumblingWindowInSeconds", "FunctionResponseTypes")
        settings = {each: old[each] for each in kept if old.get(each)}
        client.create_event_source_mapping(
            FunctionName=name, StartingPosition=at, **settings, MaximumBatchingWindowInSeconds=1
        )


class PipelineClock:
    """The laboratory's clock; while somebody sleeps on it, the pipeline works."""

    def __init__(self, laboratory: Laboratory, *, on_sleep: Callable[[], object] | None = None) -> None:
        self.laboratory = laboratory
        self._on_sleep = on_sleep or (lambda: None)

    def now(self) -> float:
        """Return the time."""
        return self.laboratory.clock.now()

    def sleep(self, seconds: float) -> None:
        """Let the pipeline do what is due in this time."""
        self._on_sleep()
        until = self.now() + seconds
        while (due := self.laboratory.step()) is not None and due <= until:
            self.laboratory.clock.advance(max(0.0, due - self.now()))
        self.laboratory.clock.advance(max(0.0, until - self.now()))


class WatchedClient:
    """A client that does something before each of its calls."""

    def __init__(self, client: Any, before: Callable[[str], None]) -> None:
        self._client = client
        self._before = before

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._client, operation)
        if operation in {"get_paginator", "exceptions", "meta"}:
            return method

        def call(**request: Any) -> Any:
            self._before(operation)
            return method(**request)

        return call


class WatchedCloud:
    """A cloud all of whose clients do something before each of their calls."""

    def __init__(self, cloud: Any, before: Callable[[str], None]) -> None:
        self._cloud = cloud
        self._before = before

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        client = self._cloud.client(service)
        return client if service == "cloudformation" else WatchedClient(client, self._before)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cloud, name)


def values_of(
    bench: Bench, namespace: str, name: str, dimensions: list[dict[str, str]], *stats: str
) -> list[list[float]]:
    """Return the values of statistics of a metric in the last hour."""
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
    queries = [
        {"Id": f"q{place}", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": stat}}
        for place, stat in enumerate(stats)
    ]
    return [each["Values"] for each in bench.ask_metrics(queries)]


def deployed(laboratory: Laboratory, pipeline: str, *, variant: str = "ledger") -> Bench:
    """Deploy a pipeline."""
    made = deploy(laboratory, pipeline, stack=stack_name(pipeline, variant), variant=variant)
    return Bench(laboratory, pipeline, dict(made.outputs), variant)


def stack_name(pipeline: str, variant: str) -> str:
    """Return what the stack of a bench is called."""
    return f"epoch-{pipeline}-{variant}"


def some_messages(seed: int, *, stateful: bool = True, count: int = 20) -> list[Message]:
    """Return messages with everything that the pipeline copes with."""
    if not stateful:
        return list(make_plan(PlanOptions(messages=count, seed=seed)).messages)
    options = PlanOptions(messages=count, seed=seed, duplicates=10, modify=30, out_of_order=50, cancel=20)
    return list(make_plan(options).messages)


def _report(line: str, stage: str) -> Counter[str]:
    try:
        document = json.loads(line)
    except ValueError:
        return Counter()
    if not isinstance(document, dict) or document.get("stage") != stage:
        return Counter()
    return Counter({name: count for name, count in document.items() if isinstance(count, int)})
