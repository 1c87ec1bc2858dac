"""Wrong answers to the exercises of notebook 07."""

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
}
