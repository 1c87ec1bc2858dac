"""The proof with packed records: half of the messages come in records of several, mixed with single ones."""

from collections.abc import Iterator

import pytest

from tests.effort import chunks
from tests.proof.mutations import Replacement, mutated
from workshop.cloud.laboratory import Laboratory
from workshop.pipeline.tables import scan_rows
from workshop.proof.bench import Bench
from workshop.proof.schedules import make_schedule


@pytest.fixture(scope="module")
def packed_benches():
    """A bench of each pipeline, made when it is needed."""
    made: dict[str, Bench] = {}
    with Laboratory() as laboratory:

        def find(pipeline: str) -> Bench:
            if pipeline not in made:
                made[pipeline] = Bench(laboratory, pipeline=pipeline, is_packed=True)
            return made[pipeline]

        yield find


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
@pytest.mark.parametrize("seeds", chunks(6, long=2000, size=25))
def test_packed_records_count_exactly(packed_benches, pipeline: str, seeds: range) -> None:
    """Whatever fails and however batches come again, each message of each record counts exactly once."""
    bench = packed_benches(pipeline)

    outcomes = [bench.run(make_schedule(seed, pipeline)) for seed in seeds]

    assert [outcome for outcome in outcomes if not outcome.exact] == []


# A row holds one leaf, and a commit one row: whatever has several leaves is committed in chunks.
CUT = (
    Replacement("common/steps.py", "MAX_ROWS = 12", "MAX_ROWS = 1"),
    Replacement("common/rows.py", "MAX_ROW_BYTES = 290_000", "MAX_ROW_BYTES = 60"),
)


@pytest.fixture
def cut_bench(packed_benches) -> Iterator[Bench]:
    """A bench of the stateless pipeline whose MapLambda commits each record in chunks."""
    bench = packed_benches("stateless")
    bench.use("ledger", lambda contents: mutated(contents, CUT))
    yield bench
    bench.use("ledger")


@pytest.mark.parametrize("seeds", chunks(8, long=1000, size=25))
def test_records_that_are_cut_into_chunks_count_exactly(cut_bench: Bench, seeds: range) -> None:
    """A record that takes several commits counts once, wherever an invocation ends between them."""
    outcomes, parts = [], 0
    for seed in seeds:
        schedule = make_schedule(seed, "stateless")
        outcomes.append(cut_bench.run(schedule))
        table = cut_bench.outputs(wide=schedule.is_wide)["ReduceTableName"]
        parts += sum("PartNumber" in row for row in scan_rows(cut_bench.laboratory.client("dynamodb"), table))

    assert [outcome for outcome in outcomes if not outcome.exact] == []
    assert parts > len(outcomes)


def test_half_of_the_portions_are_packed(packed_benches) -> None:
    """The stream of a schedule holds records of several messages, and records of one."""
    bench = packed_benches("stateless")
    put = []
    schedule = next(
        each for seed in range(1, 50) if len((each := make_schedule(seed, "stateless")).portions) > 1
    )

    bench.run(schedule)

    kinesis = bench.laboratory.client("kinesis")
    stream = bench.outputs(wide=schedule.is_wide)["StreamName"]
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        put += [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
    assert {len(data.splitlines()) > 1 for data in put} == {True, False}
