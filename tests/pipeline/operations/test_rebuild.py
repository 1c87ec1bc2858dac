"""`workshop reconcile --rebuild`: wrong totals become exact while producers keep sending."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from tests.effort import LONG
from tests.pipeline.operations.pipeline_bench import (
    Bench,
    PipelineClock,
    WatchedClient,
    WatchedCloud,
    some_messages,
)
from workshop.errors import ConfigurationError, NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.messages import Message
from workshop.pipeline.operations import rebuild as rebuilding
from workshop.pipeline.operations.clear import clear
from workshop.pipeline.operations.hold import Hold
from workshop.pipeline.operations.positions import SEQUENCE_DIGITS
from workshop.pipeline.operations.rebuild import MAX_PATHS, Error, Rebuild, errors_of, rebuild, repair_steps
from workshop.pipeline.operations.reconcile import Books, Reconciliation, open_books, reconcile
from workshop.pipeline.operations.state_sum import StateSum
from workshop.pipeline.truth import Truth

ORDER = ("RiskType", "TradeDesk", "Region")
WRITES = {"transact_write_items", "update_item", "delete_item", "update_event_source_mapping"}


class Crash(BaseException):
    """The end of the command."""


class Killed:
    """Kills the command after so many of its writes: no later call is made, not even one that tidies up."""

    def __init__(self, *, after: int) -> None:
        self.after = after
        self.writes = 0

    def __call__(self, operation: str) -> None:
        """Count a call that is about to be made, or do not let it happen."""
        if self.has_struck:
            raise Crash
        self.writes += operation in WRITES

    @property
    def has_struck(self) -> bool:
        """Whether the command has made so many writes."""
        return self.writes >= self.after


@pytest.fixture
def bench(stateful: Bench) -> Bench:
    """The stateful pipeline, empty, with every mapping enabled."""
    for stage in ("state", "map", "reduce"):
        if mapping_of(stateful, stage)["State"] == "Disabled":
            enable(stateful, stage, enabled=True)
            stateful.rest()
    return stateful


def books_of(bench: Bench, before: Callable[[str], None] | None = None) -> Books:
    """Return the tables of the bench; `before` is called before each call of the command."""
    cloud: Any = WatchedCloud(bench.laboratory, before) if before else bench.laboratory
    return open_books(cloud, bench.stack, clock=PipelineClock(bench.laboratory))


def mend(bench: Bench, before: Callable[[str], None] | None = None) -> Rebuild:
    """Rebuild the totals of the bench."""
    return rebuild(books_of(bench, before))


def look(bench: Bench) -> Reconciliation:
    """Compare the tables of the bench."""
    return reconcile(books_of(bench))


def mapping_of(bench: Bench, stage: str = "state") -> dict[str, Any]:
    """Return the event source mapping of a stage."""
    name = bench.outputs[f"{stage.capitalize()}LambdaName"]
    client = bench.laboratory.client("lambda")
    [mapping] = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    return dict(mapping)


def enable(bench: Bench, stage: str, *, enabled: bool) -> None:
    """Enable or disable the mapping of a stage."""
    client = bench.laboratory.client("lambda")
    client.update_event_source_mapping(UUID=mapping_of(bench, stage)["UUID"], Enabled=enabled)


def take_hold(bench: Bench) -> Hold:
    """Note a rebuild, and disable the mapping of StateLambda, as `rebuild` does."""
    hold = Hold(bench.laboratory, bench.stack, bench.outputs, clock=PipelineClock(bench.laboratory))
    hold.take()
    hold.disable()
    return hold


def noted(bench: Bench) -> set[str]:
    """Return the keys of ParameterTable."""
    return {row["Parameter"] for row in bench.rows("ParameterTable")}


def lose_a_batch(bench: Bench, stage: str, *, is_last: bool = False) -> list[Message]:
    """Run messages through the pipeline of which a stage loses a batch, the last one or one in the middle."""
    messages = some_messages(1, count=40)[: 30 if is_last else None]
    bench.process(messages[:15])
    enable(bench, stage, enabled=False)
    bench.process(messages[15:30])
    bench.lose_what_comes(stage)
    bench.rest()
    if not is_last:
        bench.process(messages[30:])
    return messages


def portions(messages: list[Message], size: int = 2) -> Iterator[list[Message]]:
    """Cut messages into small portions."""
    yield from (messages[start : start + size] for start in range(0, len(messages), size))


@pytest.fixture(params=["map", "reduce"])
def broken(request: pytest.FixtureRequest, bench: Bench) -> tuple[Bench, list[Message]]:
    """A pipeline whose totals lack a batch that a stage gave up, and all its messages."""
    messages = lose_a_batch(bench, request.param)
    assert not look(bench).exact
    return bench, messages


def test_a_lost_batch_is_repaired(broken: tuple[Bench, list[Message]]) -> None:
    """What Map or Reduce gave up is in the totals after a rebuild, and no total is torn."""
    bench, messages = broken

    done = mend(bench)

    assert done.reconciliation.exact
    assert done.repaired > 0
    assert bench.differences(messages) == ()


@pytest.mark.parametrize("stage", ["map", "reduce"])
def test_a_lost_batch_after_which_nothing_came_is_repaired(bench: Bench, stage: str) -> None:
    """A batch that was given up at the end of a shard does not keep the rebuild waiting for it."""
    messages = lose_a_batch(bench, stage, is_last=True)

    assert mend(bench).reconciliation.exact
    assert bench.differences(messages) == ()


@pytest.mark.parametrize("stage", ["map", "reduce"])
def test_what_is_delivered_after_the_repair_is_not_added_to_it(bench: Bench, stage: str) -> None:
    """A batch that kept failing during the rebuild has no effect when it succeeds at last."""
    messages = some_messages(2, count=40)
    bench.process(messages[:15])
    enable(bench, stage, enabled=False)
    bench.process(messages[15:30])

    repaired = mend(bench).reconciliation.exact
    enable(bench, stage, enabled=True)
    bench.process(messages[30:])

    assert repaired
    assert bench.differences(messages) == ()


def test_nothing_is_left_of_a_rebuild(broken: tuple[Bench, list[Message]]) -> None:
    """Afterwards the note is gone and the mapping enabled, and messages count as ever."""
    bench, messages = broken
    mend(bench)
    more = some_messages(2)
    bench.process(more)

    assert (noted(bench), mapping_of(bench)["State"]) == (set(), "Enabled")
    assert bench.differences([*messages, *more]) == ()


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_producers_go_on(broken: tuple[Bench, list[Message]], steps: int) -> None:
    """Messages sent during a rebuild count exactly, however they interleave with it."""
    bench, messages = broken
    more = some_messages(3, count=60)
    waiting = portions(more)

    def send_some(_: str) -> None:
        if (portion := next(waiting, None)) is not None:
            bench.send(portion)
            bench.advance(steps)

    mend(bench, send_some)
    for portion in waiting:
        bench.process(portion)

    assert bench.differences([*messages, *more]) == ()


@pytest.mark.parametrize(("stage", "next_command", "first"), [("map", mend, 0), ("reduce", look, 1)])
def test_a_rebuild_that_was_killed_is_continued(
    bench: Bench,
    stage: str,
    next_command: Callable[[Bench], Any],
    first: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever was its last write, the next command enables the mapping, and nothing is added twice.

    The short form kills one of two rebuilds after each even and the other after each odd number of writes.
    """
    monkeypatch.setattr(rebuilding, "STALLED_SECONDS", 4.0)
    has_struck, writes = True, 0 if LONG else first
    while has_struck:
        bench.emptied()
        messages, more = lose_a_batch(bench, stage, is_last=True), some_messages(4)
        killed = Killed(after=writes)
        with suppress(Crash):
            mend(bench, killed)
        bench.send(more)
        bench.advance(3)
        next_command(bench)
        bench.rest()

        assert (noted(bench), mapping_of(bench)["State"]) == (set(), "Enabled"), writes
        assert mend(bench).reconciliation.exact, writes
        assert bench.differences([*messages, *more]) == (), writes
        has_struck, writes = killed.has_struck, writes + (1 if LONG else 2)
    assert writes > 8


def test_an_error_ends_the_hold(bench: Bench) -> None:
    """A rebuild that fails, or that somebody stops with Ctrl-C, enables the mapping itself."""
    lose_a_batch(bench, "map")
    calls = 0

    def interrupt(operation: str) -> None:
        nonlocal calls
        calls += operation == "get_records"
        if calls == 2:
            calls += 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mend(bench, interrupt)

    assert (noted(bench), mapping_of(bench)["State"]) == (set(), "Enabled")


def test_a_mapping_that_was_disabled_before_stays_so(bench: Bench) -> None:
    """Whoever has disabled StateLambda's mapping finds it disabled after a rebuild."""
    messages = lose_a_batch(bench, "map")
    enable(bench, "state", enabled=False)

    done = mend(bench)

    assert done.reconciliation.exact
    assert mapping_of(bench)["State"] == "Disabled"
    assert bench.differences(messages) == ()


def test_a_second_rebuild_is_told_of_the_first(bench: Bench) -> None:
    """While one rebuild is at work, another one says so and does nothing; a comparison leaves it alone."""
    messages = lose_a_batch(bench, "map")
    first = take_hold(bench)
    books = open_books(
        bench.laboratory, bench.stack, clock=PipelineClock(bench.laboratory, on_sleep=first.beat)
    )

    with pytest.raises(NotSettledError, match="is at work"):
        rebuild(books)
    found = reconcile(books)
    state = mapping_of(bench)["State"]
    first.release()

    assert (found.exact, state) == (False, "Disabled")
    assert mend(bench).reconciliation.exact
    assert bench.differences(messages) == ()


def test_a_run_that_comes_back_to_life_writes_nothing(bench: Bench) -> None:
    """A run whose note was taken over while it slept stops at its next write, and leaves all alone."""
    lose_a_batch(bench, "map")
    first = take_hold(bench)
    second = take_hold(bench)

    with pytest.raises(NotSettledError, match="somebody else's `clear` or rebuild"):
        first.beat()
    first.release()
    state = mapping_of(bench)["State"]
    second.release()

    assert (state, mapping_of(bench)["State"]) == ("Disabled", "Enabled")


class TwiceClient(WatchedClient):
    """A client all of whose updates are repeated by boto3, since the first answer was lost."""

    def __getattr__(self, operation: str) -> Any:
        call = super().__getattr__(operation)
        return (
            (lambda **request: (call(**request), call(**request))[1]) if operation == "update_item" else call
        )


class ForgetfulCloud(WatchedCloud):
    """A cloud that writes a note, and loses the answer."""

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        return TwiceClient(super().client(service), self._before)


def test_a_run_recognizes_its_own_note(bench: Bench) -> None:
    """A note whose acknowledgement was lost, so that it is written twice, does not keep its own run out."""
    messages = lose_a_batch(bench, "map")
    cloud: Any = ForgetfulCloud(bench.laboratory, lambda _: None)

    done = rebuild(open_books(cloud, bench.stack, clock=PipelineClock(bench.laboratory)))

    assert done.reconciliation.exact
    assert bench.differences(messages) == ()


class SlowSwitches:
    """The laboratory's clock in a cloud that takes minutes to enable a mapping."""

    def __init__(self, bench: Bench, seconds: float) -> None:
        self._bench = bench
        self._done_at = bench.laboratory.clock.now() + seconds
        self.notes: list[tuple[float, dict[str, Any]]] = []

    def now(self) -> float:
        """Return the time."""
        return self._bench.laboratory.clock.now()

    def sleep(self, seconds: float) -> None:
        """Look at the note; mappings change their state only at the end."""
        self.notes += [(self.now(), row) for row in self._bench.rows("ParameterTable") if "Owner" in row]
        if self.now() >= self._done_at:
            self._bench.laboratory.step()
        self._bench.laboratory.clock.advance(seconds)


def test_a_run_that_waits_for_aws_shows_that_it_is_alive(bench: Bench) -> None:
    """While AWS takes a minute to enable a mapping, no other run finds a note that stays as it is."""
    first = take_hold(bench)
    first._clock = slow = SlowSwitches(bench, 60.0)

    first.release()

    beats = [note["Beats"] for _, note in slow.notes]
    assert slow.notes[-1][0] - slow.notes[0][0] >= 60
    assert len({*beats}) == len(beats)
    assert (noted(bench), mapping_of(bench)["State"]) == (set(), "Enabled")


def test_a_run_that_is_overtaken_while_it_waits_leaves_the_rest_alone(bench: Bench) -> None:
    """A run that finds another one's note while AWS enables a mapping leaves mapping and note to that one."""
    first = take_hold(bench)
    note = {"Parameter": {"S": "rebuild"}, "Owner": {"S": "another"}, "Beats": {"N": "0"}}

    class Overtaken(SlowSwitches):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            bench.put("ParameterTable", **note)

    first._clock = clock = Overtaken(bench, 60.0)
    first.release()

    assert len(clock.notes) == 1
    assert noted(bench) == {"rebuild"}


@pytest.mark.parametrize("writes", [1, 2, 3, 4, 5])
def test_a_clear_ends_a_rebuild(bench: Bench, writes: int) -> None:
    """A rebuild of totals that are cleared away meanwhile stops, and does not disturb what comes after."""
    lose_a_batch(bench, "map")
    more, done = some_messages(7), 0

    def clear_now(operation: str) -> None:
        nonlocal done
        if done == writes:
            clear(bench.laboratory, bench.stack, clock=PipelineClock(bench.laboratory))
            done += 1
        done += operation in WRITES

    with pytest.raises(NotSettledError, match="somebody else's `clear`"):
        mend(bench, clear_now)
    bench.process(more)

    assert mapping_of(bench)["State"] == "Enabled"
    assert bench.differences(more) == ()


def test_a_clear_enables_what_a_killed_rebuild_has_disabled(bench: Bench) -> None:
    """After a clear the pipeline is empty and works, whatever a rebuild has left behind."""
    lose_a_batch(bench, "map")
    with pytest.raises(Crash):
        mend(bench, Killed(after=4))
    before, more = mapping_of(bench)["State"], some_messages(8)

    clear(bench.laboratory, bench.stack, clock=PipelineClock(bench.laboratory))
    bench.process(more)

    assert (before, mapping_of(bench)["State"]) == ("Disabled", "Enabled")
    assert noted(bench) == {"epoch"}
    assert bench.differences(more) == ()


def test_no_rebuild_begins_before_a_clear_has_ended(bench: Bench) -> None:
    """Totals that are being emptied cannot be repaired."""
    bench.put("ParameterTable", Parameter={"S": "epoch"}, Number={"N": "1"}, Emptying={"BOOL": True})

    with pytest.raises(ConfigurationError, match="has not ended"):
        mend(bench)

    assert mapping_of(bench)["State"] == "Enabled"


def test_a_reduce_stage_that_was_connected_late_is_backfilled(bench: Bench) -> None:
    """Trades that were there before the later stages were connected get into the totals."""
    messages = some_messages(5, count=40)
    for stage in ("map", "reduce"):
        enable(bench, stage, enabled=False)
    bench.process(messages[:30])
    for stage in ("map", "reduce"):
        bench.lose_what_comes(stage)
    bench.process(messages[30:])

    done = mend(bench)

    assert done.reconciliation.exact
    assert bench.differences(messages) == ()


def test_no_repair_goes_by_totals_that_have_changed(bench: Bench) -> None:
    """A commit of Reduce between the sums and the repair makes the rebuild sum again."""
    messages, more = lose_a_batch(bench, "map"), some_messages(6)
    changed: list[str] = []

    def change(operation: str) -> None:
        is_repair = operation == "transact_write_items" and said[-1].startswith("repairing")
        if is_repair and not changed:
            changed.append(operation)
            enable(bench, "state", enabled=True)
            bench.process(more)
            enable(bench, "state", enabled=False)

    said: list[str] = []
    done = rebuild(books_of(bench, change), on_step=said.append)

    assert changed
    assert done.reconciliation.exact
    assert bench.differences([*messages, *more]) == ()


class BooksOfAnEditor(Books):
    """Tables into which somebody writes a trade by hand, right after StateTable was summed."""

    editing: Bench
    edits = 0

    def state(self, *arguments: Any) -> StateSum:
        """Return the sum, which the trade is not in, unless it was written before."""
        found = super().state(*arguments)
        if not self.edits:
            self.edits += 1
            self.editing.put_trade("by hand")
        return found


def test_a_trade_written_by_hand_meanwhile_counts_once(bench: Bench) -> None:
    """An item put into StateTable right after it was summed makes the rebuild sum again."""
    lose_a_batch(bench, "map")
    opened = books_of(bench)
    books = BooksOfAnEditor(opened.cloud, opened.target, variant=opened.variant, clock=opened.clock)
    books.editing = bench

    done = rebuild(books)
    bench.rest()

    assert (books.edits, done.reconciliation.exact) == (1, True)
    assert look(bench).exact


def test_a_torn_total_is_repaired(bench: Bench) -> None:
    """A total that somebody edited is right again, though its leaves were right all the time."""
    bench.process(messages := some_messages(9))
    bench.change_total("PV", "0.01")

    done = mend(bench)

    assert (done.repaired, done.reconciliation.exact) == (1, True)
    assert bench.differences(messages) == ()


def test_a_pipeline_that_never_rests_is_not_repaired(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """If something keeps writing StateTable, the rebuild gives up and enables the mapping."""
    monkeypatch.setattr(rebuilding, "TIMEOUT_SECONDS", 20.0)
    trades = (f"endless {number}" for number in count())
    clock = PipelineClock(bench.laboratory, on_sleep=lambda: bench.put_trade(next(trades)))
    said: list[str] = []

    with pytest.raises(NotSettledError, match="still moves"):
        rebuild(open_books(bench.laboratory, bench.stack, clock=clock), on_step=said.append)

    assert not any("repairing" in step for step in said)
    assert (noted(bench), mapping_of(bench)["State"]) == (set(), "Enabled")


def test_messages_are_not_counted_again(broken: tuple[Bench, list[Message]]) -> None:
    """A repair is no message: the message count and the latencies stay as they were."""
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


def test_totals_without_a_count_of_trades_have_an_error() -> None:
    """A total is wrong too if its amount is right and the number of its trades is not."""
    totals = AggregateSnapshot(totals={"PV": Decimal("1.00"), "Grand Total": Decimal("1.00")})
    state = Truth(
        {"PV": Decimal("1.00"), "Grand Total": Decimal("1.00")}, {"PV": 1, "Grand Total": 1}, frozenset()
    )

    assert errors_of(totals, state) == dict.fromkeys(("PV", "Grand Total"), Error(Decimal(0), -1))


def test_positions_are_as_wide_as_the_functions_keep_them() -> None:
    """The commands and the functions write sequence numbers alike."""
    from common.records import padded

    assert len(padded("7")) == SEQUENCE_DIGITS
