"""What the runtime remembers of invocations and batches, for whoever asks what a function suffers from."""

from tests.cloud.runtime.world import FunctionFailureError, World, raising


def test_the_last_error_of_a_function_is_remembered(world: World) -> None:
    """The status tells a function's errors and the last one; a success after it has a later time."""
    world.connect(raising(FunctionFailureError("no `Value`"), None))
    world.put(1)
    world.step()

    [row] = world.runtime.status()["functions"]
    assert (row["function"], row["invocations"], row["errors"], row["succeeded_at"]) == ("F", 1, 1, None)
    assert (row["last_error"]["type"], row["last_error"]["message"]) == ("FunctionFailure", "no `Value`")

    world.run(until_seconds=10)

    [row] = world.runtime.status()["functions"]
    assert row["errors"] == 1
    assert row["succeeded_at"] > row["last_error"]["at"]


def test_a_reset_forgets_what_functions_have_done(world: World) -> None:
    """After a reset no function has any results."""
    world.connect()
    world.put(1)
    world.step()

    world.runtime.reset()

    assert world.runtime.status()["functions"] == []


def test_batches_and_their_records_are_counted(world: World) -> None:
    """A mapping's status counts batches and their records, those that failed, and those that came again."""
    world.connect(raising(None, FunctionFailureError("no"), None), BatchSize=2)
    world.put(1, 2, 3)
    world.run(until_seconds=10)

    [mapping] = world.runtime.status()["mappings"]

    assert mapping["batches"] == {"sent": 3, "records": 4, "failed": 1, "retried": 1}


def test_a_long_error_is_cut(world: World) -> None:
    """Whoever raises an error with a whole event in it fills neither the memory nor the status."""
    world.connect(raising(FunctionFailureError("x" * 5_000_000), None))
    world.put(1)
    world.step()

    [row] = world.runtime.status()["functions"]

    assert row["last_error"]["message"] == "x" * 2_000
