"""`workshop reconcile`: the totals are the sum over the trades, or every difference is named."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.pipeline.operations.pipeline_bench import Bench, PipelineClock, some_messages, values_of
from workshop.cli import app as command_line
from workshop.cli import options
from workshop.cli import reconcile as command
from workshop.cloud.fault_plan import FaultPlan
from workshop.errors import ConfigurationError
from workshop.pipeline.operations.reconcile import Reconciliation, open_books, reconcile, torn_totals


@pytest.fixture
def bench(stateful: Bench) -> Bench:
    """The stateful pipeline, empty."""
    return stateful


def look(bench: Bench) -> Reconciliation:
    """Compare the tables of the bench."""
    return reconcile(open_books(bench.laboratory, bench.stack, clock=bench.laboratory.clock))


def test_an_untouched_pipeline_is_exact(bench: Bench) -> None:
    """Where nothing went wrong, every total is the sum over the live trades."""
    bench.process(some_messages(1))

    found = look(bench)

    assert found.exact
    assert found.trades > 0


def test_an_empty_pipeline_is_exact(bench: Bench) -> None:
    """No trades and no totals are equal."""
    assert look(bench).exact


def test_each_difference_is_named(bench: Bench) -> None:
    """A total that somebody changed is named with its amount, and so is the parent that it tears."""
    bench.process(some_messages(2))
    bench.change_total("PV", "0.01")

    found = look(bench)

    [difference] = found.comparison.differences
    assert (difference.path, difference.amount) == ("PV", Decimal("0.01"))
    assert {torn.path for torn in found.torn} == {"PV", "Grand Total"}


def test_cloudwatch_knows_how_many_totals_are_wrong(bench: Bench) -> None:
    """Each comparison becomes a value of the metric that the stack's alarm looks at."""
    look(bench)
    bench.change_total("PV", "0.01")
    look(bench)

    [alarm] = (
        each
        for each in bench.laboratory.client("cloudwatch").describe_alarms()["MetricAlarms"]
        if each["AlarmName"].startswith(bench.stack) and each["MetricName"] == "WrongTotals"
    )
    found = values_of(
        bench, alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"], "SampleCount", "Maximum"
    )
    # The one that was changed, and the one above it.
    assert found == [[2.0], [2.0]]


def test_a_trade_that_was_written_by_hand_counts_only_if_it_is_valid(bench: Bench) -> None:
    """An item that is no valid trade counts for nothing, here as in MapLambda."""
    bench.put_trade("good", "1.25")
    bench.put_trade("bad", "1.255")
    bench.rest()

    found = look(bench)

    assert found.exact
    assert (found.trades, found.invalid) == (1, ("bad",))


@pytest.mark.parametrize(("failures", "is_exact"), [(7, True), (None, False)])
def test_a_batch_in_its_back_off_is_waited_for(bench: Bench, failures: int | None, *, is_exact: bool) -> None:
    """A batch that pauses long between its retries is not at rest; one that never succeeds still moves."""
    bench.laboratory.use_faults(FaultPlan(rates={"crash_before@map": 1.0}, limit=failures))
    bench.send(some_messages(4))
    while not bench.rows("StateTable"):
        bench.advance(1)

    found = reconcile(open_books(bench.laboratory, bench.stack, clock=PipelineClock(bench.laboratory)))

    assert (found.exact, found.is_moving) == (is_exact, not is_exact)


def test_a_stateless_pipeline_has_nothing_to_compare_with(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a state the command says so."""
    from workshop.pipeline.operations import reconcile as module
    from workshop.pipeline.target import find_target

    def without_state(cloud: Any, stack: str) -> Any:
        target = find_target(cloud, stack)
        outputs = {name: value for name, value in target.outputs.items() if name != "StateTableName"}
        return type(target)(target.stack, "stateless", outputs, target.order)

    monkeypatch.setattr(module, "find_target", without_state)

    with pytest.raises(ConfigurationError, match="stateless pipeline, so there is no state"):
        open_books(bench.laboratory, bench.stack)


@pytest.mark.parametrize("is_wrong", [False, True])
def test_the_exit_code_tells(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, is_wrong: bool
) -> None:
    """The command ends with 0 if everything is exact, else with 1, and prints the differences as JSON."""
    bench.process(some_messages(3))
    if is_wrong:
        bench.change_total("Grand Total", "-1.00")
    clock = bench.laboratory.clock
    monkeypatch.setattr(options, "connect", lambda *_, **__: bench.laboratory)
    monkeypatch.setattr(command, "open_books", lambda cloud, stack: open_books(cloud, stack, clock=clock))
    monkeypatch.setattr("sys.argv", ["workshop", "reconcile", bench.stack, "--json"])

    with pytest.raises(SystemExit) as ended:
        command_line.main()

    document = json.loads(capsys.readouterr().out)
    assert ended.value.code == int(is_wrong)
    assert [each["difference"] for each in document["differences"]] == ["-1.00"] * is_wrong


def test_a_torn_total_is_found_without_children() -> None:
    """A total that is missing above its children is named as torn."""
    totals = {"PV:A": Decimal("1.00"), "Grand Total": Decimal("1.00")}

    torn = torn_totals(totals, {"PV:A": 1, "Grand Total": 1})

    assert [each.path for each in torn] == ["PV"]
