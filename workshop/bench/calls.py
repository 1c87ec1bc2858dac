"""Single kinds of calls from one client: four PutRecords at a time, and one TransactWriteItems."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any

from workshop.bench.clouds import MeasuredCloud
from workshop.bench.figures import HIGHER, Figure, figure
from workshop.bench.limits import bare_cost
from workshop.bench.plan import Plan
from workshop.bench.processes import CLOUD, PRODUCER
from workshop.clock import stopwatch
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.tables import scan_rows

__all__ = ["Found", "measure_put_records", "measure_transactions"]

RECORDS_OF_A_CALL = 500
# As a producer's threads do; with one at a time, cloud and client would wait for each other.
CALLS_AT_A_TIME = 4
UPDATES = 20
# In how many parts, between which clouds take turns.
TURNS = 10
BATCH_ITEMS = 25
MICROSECONDS = 1_000_000
STREAM, TABLE = "bench-stream", "bench-table"
# Figures, and whether what they speak of was exact.
Found = tuple[tuple[Figure, ...], bool]


def measure_put_records(measured: MeasuredCloud, plan: Plan, progress: Callable[[str], None]) -> Found:
    """Put records by 500 into one shard; exact if the stream holds as many as were accepted."""
    kinesis = measured.cloud.client("kinesis")
    kinesis.create_stream(StreamName=STREAM, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=STREAM)
    messages = make_plan(PlanOptions(messages=RECORDS_OF_A_CALL)).messages
    records = [{"Data": each.wire(1_750_000_000.0), "PartitionKey": each.trade_id} for each in messages]
    put = partial(kinesis.put_records, StreamName=STREAM, Records=records)
    meter, calls = measured.meter, plan.put_records // RECORDS_OF_A_CALL
    before, begun = meter.cpu(), stopwatch()
    times, refused = [0.0], 0
    with ThreadPoolExecutor(CALLS_AT_A_TIME) as threads:
        for call, answer in enumerate(threads.map(lambda _: put(), range(calls))):
            refused += int(answer["FailedRecordCount"])
            times.append(stopwatch() - begun)
            if call % 100 == 0:
                progress(f"{call * RECORDS_OF_A_CALL:,} of {plan.put_records:,} records put")
    used, quarter = meter.cpu().since(before), max(1, calls // 4)
    bare = bare_cost(kinesis, "PutRecords", put)
    found = (
        figure(
            "put_records.rate",
            f"PutRecords of 500 into one shard, four at a time, {plan.put_records:,} records",
            calls * RECORDS_OF_A_CALL / times[-1],
            "records/s",
            better=HIGHER,
            limit=(RECORDS_OF_A_CALL / bare, "boto3 alone, on one core"),
        ),
        figure(
            "put_records.flatness",
            "rate of its last quarter over that of its first",
            times[quarter] / (times[-1] - times[-1 - quarter]),
            "ratio",
            better=HIGHER,
        ),
        *_cpu("put_records", "a record", used.of, calls * RECORDS_OF_A_CALL, bare / RECORDS_OF_A_CALL),
    )
    # The call whose answer was replayed was really made once.
    return found, refused == 0 and _count_records(kinesis) == (calls + 1) * RECORDS_OF_A_CALL


def measure_transactions(
    clouds: Sequence[MeasuredCloud], plan: Plan, progress: Callable[[str], None]
) -> list[Found]:
    """Add one to each of 20 items in a transaction, again and again; exact if the items' sum says so.

    Several clouds take turns, since a machine's speed changes from one minute to the next.
    """
    loads = [_Transactions(measured, plan, progress) for measured in clouds]
    for turn in range(TURNS):
        count = plan.transactions * (turn + 1) // TURNS - plan.transactions * turn // TURNS
        for load in loads:
            load.go_on(count)
        progress(f"{turn + 1} of {TURNS} parts of {plan.transactions:,} transactions")
    return [load.found() for load in loads]


class _Transactions:
    """Transactions in one cloud, and what they have used so far."""

    def __init__(self, measured: MeasuredCloud, plan: Plan, progress: Callable[[str], None]) -> None:
        self._dynamodb = measured.cloud.client("dynamodb")
        self._meter, self._plan, self._random = measured.meter, plan, Random(1)
        self._seconds, self._used = 0.0, Counter[str]()
        self._dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._dynamodb.get_waiter("table_exists").wait(TableName=TABLE)
        progress(f"writing {plan.transaction_items:,} items")
        for start in range(0, plan.transaction_items, BATCH_ITEMS):
            numbers = range(start, min(start + BATCH_ITEMS, plan.transaction_items))
            puts = [{"PutRequest": {"Item": {"id": {"S": str(each)}, "n": {"N": "0"}}}} for each in numbers]
            self._dynamodb.batch_write_item(RequestItems={TABLE: puts})

    def go_on(self, count: int) -> None:
        """Make so many more, among all items."""
        before, begun = self._meter.cpu(), stopwatch()
        for _ in range(count):
            _transact(self._dynamodb, self._random.sample(range(self._plan.transaction_items), UPDATES))
        self._seconds += stopwatch() - begun
        self._used.update(self._meter.cpu().since(before).of)

    def found(self) -> Found:
        """Return the figures of all that were made."""
        bare = bare_cost(
            self._dynamodb, "TransactWriteItems", lambda: _transact(self._dynamodb, range(UPDATES))
        )
        figures = (
            figure(
                "transactions.rate",
                f"transactions of 20 updates among {self._plan.transaction_items:,} items",
                self._plan.transactions / self._seconds,
                "transactions/s",
                better=HIGHER,
                limit=(1 / bare, "boto3 alone, on one core"),
            ),
            *_cpu("transactions", "a transaction", self._used, self._plan.transactions, bare),
        )
        total = sum(int(row["n"]) for row in scan_rows(self._dynamodb, TABLE))
        return figures, total == (self._plan.transactions + 1) * UPDATES


def _cpu(name: str, of: str, used: Any, count: int, bare: float) -> tuple[Figure, Figure]:
    return (
        figure(
            f"{name}.cpu.client",
            f"CPU of its client for {of}",
            used[PRODUCER] / count * MICROSECONDS,
            "µs",
            limit=(bare * MICROSECONDS, "boto3 alone"),
        ),
        figure(f"{name}.cpu.cloud", f"CPU of its cloud for {of}", used[CLOUD] / count * MICROSECONDS, "µs"),
    )


def _transact(dynamodb: Any, items: Any) -> None:
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": TABLE,
                    "Key": {"id": {"S": str(item)}},
                    "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            }
            for item in items
        ]
    )


def _count_records(kinesis: Any) -> int:
    """Return how many records the one shard holds."""
    iterator = kinesis.get_shard_iterator(
        StreamName=STREAM, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    count = 0
    while True:
        answer = kinesis.get_records(ShardIterator=iterator, Limit=10_000)
        count += len(answer["Records"])
        if not answer["MillisBehindLatest"]:
            return count
        iterator = answer["NextShardIterator"]
