"""What the runtime remembers of invocations and batches, for whoever asks what a function suffers from."""

from tests.cloud.runtime.world import FunctionFailureError, World, raising


def test_the_last_error_of_a_function_is_remembered(world: World) -> None:
    """The status gives type and message of a function's last error, and how many invocations failed."""
    world.function(handler=raising(FunctionFailureError("no `Value`"), None))
    world.map(world.stream())
    world.put(1)
    world.step()

    [row] = world.runtime.status()["functions"]

    assert (row["function"], row["invocations"], row["errors"]) == ("F", 1, 1)
    assert row["last_error"]["type"] == "FunctionFailure"
    assert row["last_error"]["message"] == "no `Value`"
    assert row["succeeded_at"] is None


def test_a_function_that_works_again_says_since_when(world: World) -> None:
    """The error stays, and a success after it has a later time."""
    world.function(handler=raising(FunctionFailureError("no `Value`"), None))
    world.map(world.stream())
    world.put(1)
    world.run(until_seconds=10)

    [row] = world.runtime.status()["functions"]

    assert row["errors"] == 1
    assert row["succeeded_at"] > row["last_error"]["at"]


def test_a_reset_forgets_what_functions_have_done(world: World) -> None:
    """After a reset no function has any results."""
    world.function()
    world.map(world.stream())
    world.put(1)
    world.step()

    world.runtime.reset()

    assert world.runtime.status()["functions"] == []


def test_batches_and_their_records_are_counted(world: World) -> None:
    """A mapping's status counts batches and their records, those that failed, and those that came again."""
    world.function(handler=raising(None, FunctionFailureError("no"), None))
    world.map(world.stream(), BatchSize=2)
    world.put(1, 2, 3)
    world.run(until_seconds=10)

    [mapping] = world.runtime.status()["mappings"]

    assert mapping["batches"] == {"sent": 3, "records": 4, "failed": 1, "retried": 1}


def test_a_long_error_is_cut(world: World) -> None:
    """Whoever raises an error with a whole event in it fills neither the memory nor the status."""
    world.function(handler=raising(FunctionFailureError("x" * 5_000_000), None))
    world.map(world.stream())
    world.put(1)
    world.step()

    [row] = world.runtime.status()["functions"]

    assert row["last_error"]["message"] == "x" * 2_000
