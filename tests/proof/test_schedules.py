"""Schedules of the proof: made from seeds, and run so that the same seed always does the same."""

from collections import Counter

import pytest

from workshop.pipeline.messages import Message
from workshop.proof.bench import ScheduleResult
from workshop.proof.proof import KindCount, summed_up
from workshop.proof.schedules import REPORTED_KINDS, make_schedule

SAMPLE = range(1, 401)


@pytest.mark.parametrize("pipeline", ["stateful", "stateless"])
def test_equal_seeds_make_equal_schedules(pipeline: str) -> None:
    """A schedule is made from its seed alone."""
    assert [make_schedule(seed, pipeline) for seed in range(50)] == [
        make_schedule(seed, pipeline) for seed in range(50)
    ]


def test_schedules_hold_what_can_happen_to_trades() -> None:
    """Among the schedules are duplicates, stale versions, moves, cancellations, poison and clears."""
    found: Counter[str] = Counter()
    for schedule in map(make_schedule, SAMPLE):
        newest: dict[str, Message] = {}
        seen: set[tuple[str, int]] = set()
        for message in schedule.messages:
            known = newest.get(message.trade_id)
            found["duplicate"] += (message.trade_id, message.version) in seen
            found["stale"] += known is not None and message.version < known.version
            found["moved"] += known is not None and message.hierarchy != known.hierarchy
            found["cancelled"] += message.cancelled
            seen.add((message.trade_id, message.version))
            if known is None or known.version < message.version:
                newest[message.trade_id] = message
        found["poison"] += len(schedule.poison)
        found["wide"] += schedule.is_wide
        found["cleared"] += schedule.clear_after is not None

    assert min(found.values()) > 40


def test_every_kind_of_fault_is_planned_often() -> None:
    """Each kind that the report counts is planned in more than a tenth of the schedules."""
    planned: Counter[str] = Counter()
    for schedule in map(make_schedule, SAMPLE):
        planned.update({name.partition("@")[0] for name, rate in schedule.faults.rates.items() if rate})

    assert all(planned[kind] > len(SAMPLE) / 10 for kind in REPORTED_KINDS)


def test_the_stateless_pipeline_gets_no_repeated_puts() -> None:
    """Kinesis has no idempotent put, so the stateless pipeline's producer loses no answers."""
    for seed in SAMPLE:
        assert not make_schedule(seed, "stateless").faults.rates.get("response_lost@producer")


def test_a_report_counts_schedules_not_faults() -> None:
    """A schedule counts once for each kind that it met, however often, and among the inexact if it was."""
    outcomes = [
        ScheduleResult(1, {"delayed": 3, "slow": 1}, ()),
        ScheduleResult(2, {"delayed": 1}, ("a total is wrong",)),
        ScheduleResult(3, {}, ()),
    ]

    report = summed_up(outcomes, variant="textbook", pipeline="stateful")

    assert report.by_fault["delayed"] == KindCount(met=2, inexact=1)
    assert report.by_fault["slow"] == KindCount(met=1, inexact=0)
    assert list(report.by_fault)[: len(REPORTED_KINDS)] == list(REPORTED_KINDS)
    document = report.document()
    assert (document["schedules"], document["inexact"], document["inexact_seeds"]) == (3, 1, [2])


def test_a_seed_replays_its_schedule(bench_of) -> None:
    """Run again, also after others, a schedule meets the same faults and ends in the same way."""
    bench = bench_of("textbook")
    seeds = (3, 11, 18, 19)

    first = [bench.run(make_schedule(seed)) for seed in seeds]
    again = [bench.run(make_schedule(seed)) for seed in reversed(seeds)]

    assert first == again[::-1]
    assert any(not outcome.exact for outcome in first)
