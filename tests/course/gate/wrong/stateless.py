"""Wrong answers to the exercises of notebook 07."""

from tests.course.gate.wrong.map_handlers import SWALLOWING, store
from tests.course.gate.wrong_answers import Wrong
from workshop.course.exercise import Outcome

STREAM = 'ws.stateless.stream_arn("IncomingDataStream")'


def connecting(source: str = STREAM, start: str = "TRIM_HORIZON", **settings: int) -> str:
    """Return a cell that connects MapLambda like this."""
    more = "".join(f", {name}={value}" for name, value in settings.items())
    return (
        f'ws.stateless.deploy()\nws.stateless.connect("MapLambda", EventSourceArn={source}, '
        f'StartingPosition="{start}"{more})'
    )


WRONG = {
    "stateless-connect": (
        Wrong(connecting(start="LATEST"), r"began to read at `LATEST`"),
        # MapLambda's role may not read that stream, so AWS refuses.
        Wrong(
            connecting('ws.stateless.stream_arn("ReduceTable")'),
            r"Nothing reads",
            outcome=Outcome.NOT_ATTEMPTED,
        ),
        Wrong(connecting(Enabled=False), r"`Disabled`"),
    ),
    "stateless-batch-size": (
        Wrong(connecting(BatchSize=5_000), r"waits 0 seconds"),
        Wrong(connecting(BatchSize=10_000, MaximumBatchingWindowInSeconds=2), r"never full"),
        Wrong(connecting(BatchSize=100, MaximumBatchingWindowInSeconds=5), r"holds up to 100 messages"),
        Wrong(connecting(BatchSize=5_000, ParallelizationFactor=10), r"10 batches of one shard"),
    ),
    "stateless-batch-guard": (
        # The condition is enough.
        Wrong(store('""'), r"after\s+the second one 2 rows"),
        # The key is enough.
        Wrong(store("batch_hash(event)", condition=""), r"wrote it anew: its `\w+` was"),
        Wrong(store('"batch"'), r"Two different batches came in.*The second batch is missing"),
        # One that knows the producer's repetitions as well.
        Wrong(
            store('batch_hash({"Records": [each["kinesis"]["data"] for each in event["Records"]]})'),
            r"put the same three messages into the stream once more: other records.*No row was\s+written",
        ),
        # It must not fail.
        Wrong(SWALLOWING, r"swallowed the error.*this one is lost"),
    ),
}
