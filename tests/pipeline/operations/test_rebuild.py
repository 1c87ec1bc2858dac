"""`workshop reconcile --rebuild`: wrong totals become exact while the pipeline runs."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.pipeline.operations.pipeline_bench import Bench, some_messages
from workshop.cloud.connection import Cloud
from workshop.cloud.laboratory import Laboratory
from workshop.errors import ConfigurationError, NotSettledError
from workshop.pipeline.messages import Message
from workshop.pipeline.operations.clear import clear
from workshop.pipeline.operations.rebuild import Rebuild, rebuild
from workshop.pipeline.operations.rebuild_tables import RebuildTables
from workshop.pipeline.operations.reconcile import Books, open_books, reconcile
from workshop.pipeline.operations.repair import MAX_PATHS, Error, errors_of, repair_steps

ORDER = ("RiskType", "TradeDesk", "Region")


class Crash(BaseException):
    """The end of the command."""


class PipelineClock:
    """The laboratory's clock; while somebody sleeps on it, the pipeline works."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.laboratory = laboratory

    def now(self) -> float:
        """Return the time."""
        return self.laboratory.clock.now()

    def sleep(self, seconds: float) -> None:
        """Let the pipeline do what is due in this time."""
        until = self.now() + seconds
        while (due := self.laboratory.step()) is not None and due <= until:
            self.laboratory.clock.advance(max(0.0, due - self.now()))
        self.laboratory.clock.advance(max(0.0, until - self.now()))


class Watched:
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


@pytest.fixture
def bench(stateful: Bench) -> Bench:
    """The stateful pipeline, empty."""
    return stateful


def books_of(bench: Bench, before: Callable[[str], None] | None = None) -> Books:
    """Return the tables of the bench; `before` is called before each call of the command."""
    cloud: Cloud = bench.laboratory
    books = open_books(cloud, bench.stack, clock=PipelineClock(bench.laboratory))
    if before:
        books.dynamodb = Watched(books.dynamodb, before)
    return books


def mend(bench: Bench, before: Callable[[str], None] | None = None) -> Rebuild:
    """Rebuild the totals of the bench."""
    return rebuild(books_of(bench, before))


def lose_a_batch(bench: Bench, stage: str, seed: int = 1) -> list[Message]:
    """Run messages through the pipeline of which a stage loses a batch; return all of them."""
    messages = some_messages(seed, count=40)
    bench.send(messages[:15])
    bench.rest()
    client = bench.laboratory.client("lambda")
    name = bench.outputs[f"{stage.capitalize()}LambdaName"]
    [mapping] = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    bench.send(messages[15:30])
    bench.rest()
    bench.lose_what_comes(stage)
    bench.rest()
    bench.send(messages[30:])
    bench.rest()
    return messages


def portions(messages: list[Message], size: int = 2) -> Iterator[list[Message]]:
    """Cut messages into small portions."""
    yield from (messages[start : start + size] for start in range(0, len(messages), size))


@pytest.fixture(params=["map", "reduce"])
def broken(request: pytest.FixtureRequest, bench: Bench) -> tuple[Bench, list[Message]]:
    """A pipeline whose totals lack a batch that a stage gave up, and all its messages."""
    messages = lose_a_batch(bench, request.param)
    assert not reconcile(books_of(bench)).exact
    return bench, messages


def test_a_lost_batch_is_repaired(broken: tuple[Bench, list[Message]]) -> None:
    """What Map or Reduce gave up is in the totals after a rebuild, and no total is torn."""
    bench, messages = broken

    done = mend(bench)

    assert done.reconciliation.exact
    assert (done.generations, done.touched > 0, done.repaired > 0) == (1, True, True)
    assert bench.differences(messages) == ()


def test_nothing_is_left_of_a_rebuild(broken: tuple[Bench, list[Message]]) -> None:
    """Afterwards the totals have no attributes that they had not before, and messages count as ever."""
    bench, messages = broken
    mend(bench)
    more = some_messages(2)
    bench.send(more)
    bench.rest()

    assert not any(
        {"Rebuilt", "RebuiltTrades", "Touches", "Strays"} & row.keys() for row in bench.rows("AggregateTable")
    )
    assert {row["Parameter"] for row in bench.rows("ParameterTable")} == {"epoch"}
    assert bench.differences([*messages, *more]) == ()


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_the_pipeline_runs_on(broken: tuple[Bench, list[Message]], steps: int) -> None:
    """Messages that flow during a rebuild count exactly, however they interleave with it."""
    bench, messages = broken
    more = some_messages(3, count=60)
    waiting = portions(more)

    def send_some(_: str) -> None:
        if (portion := next(waiting, None)) is not None:
            bench.send(portion)
            bench.advance(steps)

    mend(bench, send_some)
    for portion in waiting:
        bench.send(portion)
    bench.rest()

    assert bench.differences([*messages, *more]) == ()


@pytest.mark.parametrize("call", [2, 4, 6, 8, 9, 10, 11, 12, 14, 17, 20, 24, 30, 36])
def test_an_interrupted_rebuild_is_continued(bench: Bench, call: int) -> None:
    """Wherever the command died, the next one completes its work, with messages in between."""
    messages, more = lose_a_batch(bench, "map"), some_messages(4)
    calls = 0

    def die(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Crash

    try:
        mend(bench, die)
    except Crash:
        bench.send(more)
    else:
        bench.send(more)
    bench.advance(3)
    done = mend(bench)
    bench.rest()

    assert done.reconciliation.exact
    assert bench.differences([*messages, *more]) == ()


@pytest.mark.parametrize("operation", ["transact_write_items", "update_item"])
def test_a_lost_answer_does_no_harm(bench: Bench, operation: str) -> None:
    """A command that dies right after a write was done repeats nothing of it."""
    messages = lose_a_batch(bench, "reduce")
    for _ in range(4):
        was_written = False

        def die(name: str) -> None:
            nonlocal was_written
            if was_written:
                raise Crash
            was_written = name == operation

        try:
            mend(bench, die)
        except Crash:
            bench.advance(2)
    done = mend(bench)

    assert done.reconciliation.exact
    assert bench.differences(messages) == ()


def test_a_reduce_stage_that_was_connected_late_is_backfilled(bench: Bench) -> None:
    """Trades that were there before the later stages were connected get into the totals."""
    messages = some_messages(5, count=40)
    client = bench.laboratory.client("lambda")
    for stage in ("map", "reduce"):
        name = bench.outputs[f"{stage.capitalize()}LambdaName"]
        [mapping] = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    bench.send(messages[:30])
    bench.rest()
    for stage in ("map", "reduce"):
        bench.lose_what_comes(stage)
    bench.send(messages[30:])
    bench.rest()

    done = mend(bench)

    assert done.reconciliation.exact
    assert bench.differences(messages) == ()


def test_a_trade_written_by_an_invocation_that_knew_of_no_rebuild_is_counted(bench: Bench) -> None:
    """A trade that is written outside of the generation after all were touched is found all the same."""
    messages, more = lose_a_batch(bench, "map"), some_messages(6)
    tables = RebuildTables(books_of(bench))
    seen: list[int] = []

    def begin(operation: str, stage: str) -> None:
        if (operation, stage) == ("GetItem", "state") and not seen:
            tables.begin()
            seen.append(tables.touch_all())

    bench.laboratory.watch(begin)
    bench.send(more)
    bench.advance(4)
    bench.laboratory.watch(None)
    done = mend(bench)
    bench.rest()

    assert seen[0] > 0
    assert done.touched > 0
    assert bench.differences([*messages, *more]) == ()


def test_no_repair_goes_by_errors_that_a_stray_has_changed(bench: Bench) -> None:
    """A trade that gets into the totals outside of the generation stops the repair until it was touched."""
    lose_a_batch(bench, "map")
    tables = RebuildTables(books_of(bench))
    tables.begin()
    tables.touch_all()
    bench.rest()
    mark = tables.mark()
    names = {"RiskType": {"S": "PV"}, "TradeDesk": {"S": "FXSpot"}, "Region": {"S": "EMEA"}}
    numbers = {"Value": {"N": "1.25"}, "Version": {"N": "1"}, "Timestamp": {"N": "1750000000"}}
    bench.put("StateTable", TradeID={"S": "stray"}, Hierarchy={"M": names}, **numbers)
    bench.rest()

    [step] = repair_steps(errors_of(tables.totals()), order=ORDER)

    assert mark.touches == tables.touches() > 0
    assert tables.mark().strays == mark.strays + 1
    assert not tables.subtract(step, mark, repairs=0)
    assert mend(bench).reconciliation.exact


def test_touches_that_get_lost_are_made_again(bench: Bench) -> None:
    """When a stage gives up a batch during the rebuild, another generation repairs that as well."""
    messages = lose_a_batch(bench, "map")
    happened: list[str] = []

    def lose_touches(operation: str) -> None:
        if operation == "get_item" and happened[-1:] == ["transact_write_items"] and "lost" not in happened:
            happened.append("lost")
            bench.lose_what_comes("map")
        happened.append(operation)

    done = mend(bench, lose_touches)

    assert (done.generations, done.reconciliation.exact) == (2, True)
    assert bench.differences(messages) == ()


def test_a_clear_ends_a_rebuild(bench: Bench) -> None:
    """A rebuild of totals that are cleared away meanwhile stops, and does not disturb what comes after."""
    lose_a_batch(bench, "map")
    more, calls = some_messages(7), 0

    def clear_now(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 9:
            clear(bench.laboratory, bench.stack, clock=PipelineClock(bench.laboratory))

    with pytest.raises(NotSettledError, match="somebody else's `clear`"):
        mend(bench, clear_now)
    bench.send(more)
    bench.rest()

    assert bench.differences(more) == ()


def test_messages_are_not_counted_again(broken: tuple[Bench, list[Message]]) -> None:
    """Touches are neither messages nor old: the message count and the latencies stay as they were."""
    bench, _ = broken
    before = bench.snapshot()

    mend(bench)

    after = bench.snapshot()
    assert (after.message_count, after.latency) == (before.message_count, before.latency)


def test_only_the_ledger_can_be_rebuilt(bench: Bench) -> None:
    """With other handlers the command says what to deploy."""
    books = books_of(bench)
    books.variant = "textbook"

    with pytest.raises(ConfigurationError, match="deploy the ledger"):
        rebuild(books)


def test_a_repair_goes_by_whole_branches() -> None:
    """Each step fits into a transaction and holds, for each of its leaves, all that lies above."""
    leaves = [f"A{number // 10}:B{number}:C" for number in range(120)]
    errors = {leaf: Error(Decimal("1.00"), 1) for leaf in leaves}
    for leaf in leaves:
        top, middle, _ = leaf.split(":")
        for path in (top, f"{top}:{middle}", "Grand Total"):
            errors[path] = errors.get(path, Error(Decimal(0), 0)) + Error(Decimal("1.00"), 1)

    steps = repair_steps(errors, order=ORDER)

    assert max(map(len, steps)) <= MAX_PATHS
    assert sum(step["Grand Total"].trades for step in steps) == 120
    for step in steps:
        assert step["Grand Total"].trades == sum(path.count(":") == 2 for path in step)


def test_a_torn_total_is_repaired_alone() -> None:
    """A total that is wrong though its leaves are right is changed by itself."""
    [step] = repair_steps({"PV": Error(Decimal("0.01"), 0)}, order=ORDER)

    assert step == {"PV": Error(Decimal("0.01"), 0)}
