"""What is told of a pipeline's run: rate, CPU, latency and memory, with what could be reached at best."""

import os
from dataclasses import dataclass

from workshop.bench.figures import HIGHER, Figure, figure
from workshop.bench.limits import bare_cost, decode_and_sum_cost
from workshop.bench.pipelines import LoadRun
from workshop.bench.place import STATEMENTS, SmallPipeline
from workshop.bench.processes import CLOUD, ENVIRONMENTS, PRODUCER, ProcessUse
from workshop.cloud.connection import Cloud
from workshop.pipeline.demo import plan_options
from workshop.pipeline.messages import make_plan

__all__ = ["LeastCost", "figures_of", "latencies_of"]

MICROSECONDS = 1_000_000
SAMPLE_MESSAGES = 500
ENDS = "rate of the last quarter over that of the first"


@dataclass(frozen=True)
class LeastCost:
    """Seconds of CPU for a message in the least that could be done: to put it, and to work on it."""

    producer: float
    handlers: float
    handlers_of: str

    @classmethod
    def measured(cls, cloud: Cloud, pipeline: str) -> "LeastCost":
        """Measure them against a cloud whose figures are taken already."""
        messages = list(make_plan(plan_options(pipeline, SAMPLE_MESSAGES, 1)).messages)
        place, kinesis = SmallPipeline.made(cloud, "limit", 1), cloud.client("kinesis")
        records = [{"Data": each.wire(0.0), "PartitionKey": each.trade_id} for each in messages]
        put = bare_cost(
            kinesis, "PutRecords", lambda: kinesis.put_records(StreamARN=place.stream_arn, Records=records)
        )
        working, of = decode_and_sum_cost(messages), "decode and sum in plain Python"
        if pipeline == "stateful":
            of += f", and boto3 alone for a write in a BatchExecuteStatement of {STATEMENTS}"
            dynamodb = cloud.client("dynamodb")
            working += bare_cost(dynamodb, "BatchExecuteStatement", place.insert_many) / STATEMENTS
        return cls(put / len(messages), working, of)


def figures_of(name: str, run: LoadRun, limits: LeastCost) -> tuple[Figure, ...]:
    """Return rate, CPU, latency and memory of the run `pipeline.messages`."""
    pipeline, _, size = name.partition(".")
    what = f"{pipeline}, {int(size):,} messages"
    cores = os.cpu_count() or 1
    least = limits.producer + limits.handlers
    best = (cores / least, f"boto3's PutRecords, {limits.handlers_of}, on {cores} cores")
    limit_of = {
        PRODUCER: (limits.producer * MICROSECONDS, "boto3 alone for the same PutRecords"),
        CLOUD: None,
        ENVIRONMENTS: (limits.handlers * MICROSECONDS, limits.handlers_of),
    }
    rate = figure(f"{name}.rate", f"{what}, end to end", run.rate, "messages/s", better=HIGHER, limit=best)
    flat = run.flatness
    cpu = [
        figure(
            f"{name}.cpu.{kind}",
            f"{what}: CPU of {_named(kind)} for a message",
            run.cpu.of[kind] / run.messages * MICROSECONDS,
            "µs",
            limit=limit,
        )
        for kind, limit in limit_of.items()
    ]
    return (
        rate,
        *cpu,
        *latencies_of(name, what, run),
        *_memory(f"{name}.memory", f"{what}: memory at the end", run.memory_after),
        *_memory(f"{name}.peak", f"{what}: most memory", run.peak),
        *(
            []
            if flat is None
            else [figure(f"{name}.flatness", f"{what}: {ENDS}", flat, "ratio", better=HIGHER)]
        ),
    )


def _memory(name: str, what: str, used: ProcessUse) -> list[Figure]:
    return [
        figure(f"{name}.{kind}", f"{what}, {_named(kind)}", megabytes, "MB")
        for kind, megabytes in used.of.items()
    ]


def latencies_of(name: str, what: str, run: LoadRun) -> tuple[Figure, ...]:
    """Return how long the messages of a run took."""
    return tuple(
        figure(f"{name}.{word}", f"{what}: latency, {word}", seconds, "s")
        for word, seconds in run.latency.items()
        if seconds is not None
    )


def _named(kind: str) -> str:
    return "environments" if kind == ENVIRONMENTS else f"the {kind}"
