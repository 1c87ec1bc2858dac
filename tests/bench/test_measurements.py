"""Each measurement in its smallest form: that what it measures is exact, not how fast it is."""

import multiprocessing
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from workshop.bench import pipelines
from workshop.bench.calls import Found, measure_put_records, measure_transactions
from workshop.bench.clouds import MeasuredCloud
from workshop.bench.functions import measure_tree, measure_updates
from workshop.bench.limits import bare_cost, decode_and_sum_cost
from workshop.bench.pipelines import LoadedPipeline, LoadRun
from workshop.bench.plan import QUICK
from workshop.bench.processes import Meter, ProcessUse
from workshop.bench.sending import PROCESSES, Stream, sending_processes
from workshop.cloud.connection import Cloud
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.producer.packing import Packing


def silent(_: str) -> None:
    """Say nothing."""


def measure_own_transactions(measured: MeasuredCloud, *more: Any) -> Found:
    """Measure transactions in no other cloud."""
    (found,) = measure_transactions([measured], *more)
    return found


@pytest.fixture(scope="module")
def measured(cloud: Cloud) -> MeasuredCloud:
    """The cloud of this module as one that is measured."""
    assert cloud.offline is not None
    return MeasuredCloud(cloud, int(cloud.offline.health()["pid"]), 0.0)


@pytest.mark.parametrize(
    "measure",
    [measure_put_records, measure_own_transactions, partial(measure_updates, shards=1), measure_tree],
)
def test_a_measurement_is_of_something_exact(measured: MeasuredCloud, measure: Callable) -> None:
    """Records, sums and counts are what they must be, and every figure has its own id."""
    figures, exact = measure(measured, QUICK, silent)

    assert exact
    assert len({each.id for each in figures}) == len(figures)
    assert all(each.value >= 0 for each in figures)


def test_a_pipeline_is_loaded_again_and_again(measured: MeasuredCloud) -> None:
    """Each run has new trades, and after each the totals equal the truth of all runs so far."""
    loaded = LoadedPipeline(measured, "stateful", progress=silent)

    runs = [loaded.run(60), loaded.run(40, rate=200)]

    assert [(run.messages, run.exact) for run in runs] == [(60, True), (40, True)]
    assert all(run.latency["max"] for run in runs)
    assert all(run.arrivals[-1][1] == run.messages for run in runs)


def test_a_larger_load_is_sent_by_several_processes(
    measured: MeasuredCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each makes and sends parts of its own, and together they send exactly what was wanted."""
    monkeypatch.setattr(pipelines, "PART_MESSAGES", 25)
    loaded = LoadedPipeline(measured, "stateless", progress=silent, packing=Packing())

    run = loaded.run(60)

    assert run.exact
    assert run.arrivals[-1][1:] == (60, 60)


def test_whoever_has_had_enough_does_not_wait_for_what_is_sent(measured: MeasuredCloud) -> None:
    """An interrupt ends the processes that send, whatever they are at."""
    measured.cloud.client("kinesis").create_stream(StreamName="interrupted", ShardCount=1)
    stream = Stream("stateless", "interrupted", None)
    parts = [PlanOptions(messages=1_000_000, seed=seed) for seed in (2, 3, 4, 5)]
    parts[:2] = [PlanOptions(messages=10), PlanOptions(messages=10)]
    senders = []

    def interrupted() -> None:
        with sending_processes(measured.cloud, stream, parts) as send:
            next(iter(send()))
            senders.extend(multiprocessing.active_children())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    # Who had finished would have ended with 0.
    assert len(senders) == PROCESSES
    assert all(sender.exitcode for sender in senders)


def test_boto3_alone_makes_one_call(cloud: Cloud) -> None:
    """The bare cost of a call is measured by one real call, whose answer is given again and again."""
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName="replayed", ShardCount=1)
    answers = []

    def put() -> None:
        answers.append(
            kinesis.put_record(StreamName="replayed", Data=b"1", PartitionKey="1")["SequenceNumber"]
        )

    cost = bare_cost(kinesis, "PutRecord", put)

    assert cost > 0
    assert len(answers) > 2
    assert len(set(answers)) == 1
    assert (
        kinesis.put_record(StreamName="replayed", Data=b"1", PartitionKey="1")["SequenceNumber"]
        not in answers
    )


def test_decoding_and_adding_up_costs_something() -> None:
    """The limit of the handlers is a positive time for a message."""
    assert decode_and_sum_cost(list(make_plan(PlanOptions(messages=20)).messages)) > 0


def test_a_meter_counts_the_clouds_and_their_environments(measured: MeasuredCloud) -> None:
    """Each kind of process has its memory, and the peak is at least what was seen last."""
    meter = Meter([measured.pid])

    now = meter.memory()

    assert set(now.of) == {"producer", "cloud", "environments"}
    assert now.of["producer"] > 0
    assert now.of["cloud"] > 0
    assert all(meter.peak.of[kind] >= value for kind, value in now.of.items())


@pytest.mark.parametrize(
    ("arrivals", "flatness"),
    [
        (tuple((float(second), 80, 10 * second) for second in range(1, 9)), 1.0),
        (((2.0, 80, 20), (6.0, 80, 60), (10.0, 80, 80)), 0.5),
        (((0.5, 80, 80),), None),
    ],
)
def test_flatness_compares_the_last_quarter_with_the_first(arrivals, flatness) -> None:
    """A steady rate is flat; at half the speed in the end it is a half; a short run has none."""
    nothing = ProcessUse({})
    run = LoadRun(80, True, arrivals[-1][0], nothing, nothing, nothing, {}, arrivals)

    assert run.flatness == flatness
