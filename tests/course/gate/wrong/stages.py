"""Wrong answers to the connecting exercises of notebooks 03 to 05."""

from tests.course.gate.wrong_answers import Wrong


def connecting(function: str, source: str, **settings: str) -> str:
    """Return a cell that connects a function."""
    arguments = {
        "EventSourceArn": f'ws.stream_arn("{source}")',
        "StartingPosition": '"TRIM_HORIZON"',
        "MaximumBatchingWindowInSeconds": "1",
        **settings,
    }
    return f'ws.connect("{function}", {", ".join(f"{name}={value}" for name, value in arguments.items())})'


WRONG = {
    "connect-state": (
        Wrong(
            connecting("StateLambda", "IncomingDataStream", StartingPosition='"LATEST"', BatchSize="100"),
            r"began to read at `LATEST`",
        ),
        Wrong(connecting("StateLambda", "IncomingDataStream", BatchSize="10"), r"up to 10 records"),
        Wrong(
            connecting("StateLambda", "IncomingDataStream", BatchSize="100", Enabled="False"), r"`Disabled`"
        ),
    ),
    "connect-map": (
        Wrong(connecting("MapLambda", "StateTable"), r"up to 100 records"),
        Wrong(
            connecting("MapLambda", "StateTable", StartingPosition='"LATEST"', BatchSize="1000"),
            r"began to read at `LATEST`",
        ),
    ),
    "connect-reduce": (
        Wrong(connecting("ReduceLambda", "ReduceTable", BatchSize="100"), r"up to 100 records"),
        Wrong(
            connecting("ReduceLambda", "ReduceTable", StartingPosition='"LATEST"', BatchSize="1000"),
            r"began to read at `LATEST`",
        ),
    ),
}
