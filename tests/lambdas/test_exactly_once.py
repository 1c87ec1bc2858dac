"""The three stages of the stateful pipeline together, under crashes and re-deliveries of every kind."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lambdas.handler_bench import (
    DELIVERIES,
    Delivery,
    deliver,
    fresh_bench,
    kinesis_event,
    message,
    window_event,
)

GROUPS = [
    ("PV", "FX:Spot", "EMEA"),
    ("PV", "FX:Spot", "#1"),
    ("Grand Total", "%", "EMEA"),
    ("PV", "😀", "EMEA"),
]
MESSAGES = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.integers(0, 3),
        st.integers(0, len(GROUPS) - 1),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=8,
)


def wire(sent: Sequence[tuple[str, int, int, bool]]) -> list[bytes]:
    """Return messages whose content follows from trade and version, so that equal versions are duplicates."""
    content = {(trade, version): (group, cancelled) for trade, version, group, cancelled in sent}
    data = []
    for trade, version, _, _ in sent:
        group, cancelled = content[trade, version]
        more = {"Cancelled": True} if cancelled else {}
        data.append(message(trade, f"{version + 1}.{group}1", *GROUPS[group], version=version, **more))
    return data


def truth(sent: Sequence[tuple[str, int, int, bool]]) -> dict[str, tuple[Decimal, int]]:
    """Return amount and number of trades by leaf, from the newest version of each trade."""
    content = {(trade, version): (group, cancelled) for trade, version, group, cancelled in sent}
    names = ["PV:FX%3ASpot:EMEA", "PV:FX%3ASpot:%231", "Grand%20Total:%25:EMEA", "PV:😀:EMEA"]
    sums: dict[str, tuple[Decimal, int]] = {}
    for trade in {trade for trade, *_ in sent}:
        version = max(number for other, number in content if other == trade)
        group, cancelled = content[trade, version]
        if not cancelled:
            amount, count = sums.get(names[group], (Decimal(0), 0))
            sums[names[group]] = (amount + Decimal(f"{version + 1}.{group}1"), count + 1)
    return sums


def windows(records: Sequence[Any]) -> Callable[[int, int], Any]:
    """Return what makes an event from a range of a table's stream."""
    return lambda start, end: window_event(records[start:end])


def messages(data: Sequence[bytes]) -> Callable[[int, int], Any]:
    """Return what makes an event from a range of the incoming stream."""
    return lambda start, end: kinesis_event(data[start:end], first=start + 1)


@settings(max_examples=25)
@given(MESSAGES, DELIVERIES, DELIVERIES, DELIVERIES)
def test_the_totals_are_exact_under_any_re_delivery(
    sent: list[tuple[str, int, int, bool]],
    to_state: list[Delivery],
    to_map: list[Delivery],
    to_reduce: list[Delivery],
) -> None:
    """Whatever crashes and comes again at any stage, the totals are those of the newest versions."""
    data, expected = wire(sent), truth(sent)
    with fresh_bench() as bench:
        deliver(bench, "stateful.state", len(data), event=messages(data), plan=to_state)
        changes = bench.changes("StateTable")
        deliver(bench, "stateful.map", len(changes), event=windows(changes), plan=to_map)
        rows = bench.changes("ReduceTable")
        deliver(bench, "stateful.reduce", len(rows), event=windows(rows), plan=to_reduce)

        totals, trades = bench.totals(), bench.trades()
        leaves = [path for path in totals if path.count(":") == 2]
        live = {leaf: (totals[leaf], trades[leaf]) for leaf in leaves if trades[leaf]}
        assert live == expected
        assert totals["Grand Total"] == sum((amount for amount, _ in expected.values()), Decimal(0))
        assert trades["Grand Total"] == sum(count for _, count in expected.values())


@settings(max_examples=10)
@given(st.lists(st.sampled_from(["1.00", "2.50"]), min_size=1, max_size=8), DELIVERIES, DELIVERIES)
def test_the_stateless_totals_are_exact_under_any_re_delivery(
    values: list[str], to_map: list[Delivery], to_reduce: list[Delivery]
) -> None:
    """In the stateless pipeline every record of the stream counts once, however it is delivered."""
    data = [message("t", value) for value in values]
    with fresh_bench() as bench:
        deliver(bench, "stateless.map", len(data), event=messages(data), plan=to_map)
        rows = bench.changes("ReduceTable")
        deliver(bench, "stateless.reduce", len(rows), event=windows(rows), plan=to_reduce)

        assert bench.totals()["Grand Total"] == sum(map(Decimal, values))
        assert bench.trades()["PV:FXSpot:EMEA"] == len(values)
