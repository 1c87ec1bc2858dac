"""Functions of a few lines: one conditional update a record, and four readers of many shards."""

from collections.abc import Callable

from workshop.bench.calls import Found
from workshop.bench.clouds import MeasuredCloud
from workshop.bench.figures import HIGHER, Figure, figure
from workshop.bench.limits import bare_cost
from workshop.bench.place import COUNTING, UPDATING, SmallPipeline
from workshop.bench.plan import Plan
from workshop.bench.processes import CLOUD, ENVIRONMENTS, ProcessUse
from workshop.clock import stopwatch
from workshop.pipeline.tables import scan_rows

__all__ = ["measure_tree", "measure_updates"]

FUNCTIONS = 4
MICROSECONDS = 1_000_000


def measure_updates(
    measured: MeasuredCloud, plan: Plan, progress: Callable[[str], None], *, shards: int
) -> Found:
    """Write an item for each record, by a conditional update; exact if each has its record's value."""
    place = SmallPipeline.made(measured.cloud, f"updates{shards}", shards)
    place.add_function("updates", UPDATING)
    meter = measured.meter
    before, begun = meter.cpu(), stopwatch()
    place.put(range(plan.updates))
    progress(f"{plan.updates:,} conditional updates from {shards} shards")
    place.wait_for_rows()
    seconds, used = stopwatch() - begun, meter.cpu().since(before)
    dynamodb = measured.cloud.client("dynamodb")
    right = {row["id"]: int(row["v"]) for row in scan_rows(dynamodb, place.table)} == {
        str(number): number for number in range(plan.updates)
    }
    bare = bare_cost(dynamodb, "UpdateItem", lambda: place.update_beyond(plan.updates))
    return _of_updates(plan.updates, shards, seconds, used, bare), right


def _of_updates(count: int, shards: int, seconds: float, used: ProcessUse, bare: float) -> tuple[Figure, ...]:
    name, what = f"updates.{shards}_shards", f"one conditional UpdateItem a record, {shards} shards"
    alone = (bare * MICROSECONDS, "boto3 alone")
    environments, cloud = (used.of[kind] / count * MICROSECONDS for kind in (ENVIRONMENTS, CLOUD))
    best = (1 / bare, "boto3 alone, on one core")
    return (
        figure(
            f"{name}.rate", f"{what}, end to end", count / seconds, "records/s", better=HIGHER, limit=best
        ),
        figure(f"{name}.cpu.environments", f"{what}: CPU of environments", environments, "µs", limit=alone),
        figure(f"{name}.cpu.cloud", f"{what}: CPU of the cloud", cloud, "µs"),
    )


def measure_tree(measured: MeasuredCloud, plan: Plan, progress: Callable[[str], None]) -> Found:
    """Let four functions read many shards, in rounds; exact if each of them has counted every record."""
    place = SmallPipeline.made(measured.cloud, "tree", plan.tree_shards)
    for number in range(FUNCTIONS):
        place.add_function(f"reader{number}", COUNTING)
    meter = measured.meter
    for round_number in range(plan.tree_rounds):
        progress(f"round {round_number + 1} of {plan.tree_rounds} with {plan.tree_records:,} records")
        place.put(range(plan.tree_records))
        place.finish()
        meter.memory()
    now, environments = meter.memory(), measured.environments
    counted = {row["id"]: int(row["v"]) for row in scan_rows(measured.cloud.client("dynamodb"), place.table)}
    what = f"{plan.tree_shards} shards and {FUNCTIONS} functions after {plan.tree_rounds} rounds"
    found = (
        figure("tree.memory", f"memory of the cloud with {what}", now.of_clouds, "MB"),
        figure("tree.memory.cloud", "of it the cloud itself", now.of[CLOUD], "MB"),
        figure("tree.memory.peak", "the most of it at the end of a round", meter.peak.of_clouds, "MB"),
        figure("tree.environments", "processes of environments then", environments, "processes"),
    )
    right = plan.tree_rounds * plan.tree_records
    return found, list(counted.values()) == [right] * FUNCTIONS
