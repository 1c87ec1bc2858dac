"""Reserved concurrency, and what throttling does to mappings and callers."""

import threading
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from tests.cloud.runtime.environments.test_threads import interrupted_threads
from tests.cloud.runtime.world import World, client
from tests.cloud.waiting import wait_until


class Watch:
    """A handler that takes some time, and notes how many batches run at once and which keys they share."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.most = 0
        self.clashes: list[str] = []
        self.running: Counter[str] = Counter()
        self.guard = threading.Lock()

    def __call__(self, event):
        """Take note."""
        keys = {record["kinesis"]["partitionKey"] for record in event["Records"]}
        with self.guard:
            self.clashes += [key for key in keys if self.running[key]]
            self.running.update([*keys, "batches"])
            self.most = max(self.most, self.running["batches"])
        threading.Event().wait(self.seconds)
        with self.guard:
            self.running.subtract([*keys, "batches"])


def reserve(amount: int, function: str = "F") -> None:
    client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=amount)


def test_lifting_the_reservation_resumes(world: World) -> None:
    """With a reservation of 0 records wait, and no retry is used up; without it they are sent."""
    uuid = world.connect(MaximumRetryAttempts=0)
    reserve(0)
    world.put(1)
    world.run(until_seconds=600)
    assert world.mapping(uuid)["LastProcessingResult"] == "PROBLEM: Function call throttled"

    client("lambda").delete_function_concurrency(FunctionName="F")
    world.run(until_seconds=2)

    assert world.batches() == [[1]]
    assert world.mapping(uuid)["LastProcessingResult"] == "OK"


def test_throttled_caller_is_told_why(world: World) -> None:
    """A caller above the reservation gets TooManyRequestsException with a reason."""
    world.function()
    reserve(0)

    with pytest.raises(ClientError) as refused:
        client("lambda").invoke(FunctionName="F")

    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert response["Error"]["Code"] == "TooManyRequestsException"
    assert response["Error"]["Message"] == "Rate Exceeded."
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_one_place_is_taken_by_one(world: World) -> None:
    """With a reservation of 1 a second invocation is refused while the first runs, and accepted after it."""
    inside, leave = threading.Event(), threading.Event()

    def handler(event):
        inside.set()
        assert leave.wait(10)

    world.function(handler=handler)
    reserve(1)
    thread = threading.Thread(target=world.runtime.invoke, args=("F", b"{}"), kwargs={"region": "us-east-1"})
    thread.start()
    assert inside.wait(10)

    with pytest.raises(ClientError, match="Rate Exceeded"):
        client("lambda").invoke(FunctionName="F")
    leave.set()
    thread.join()

    assert client("lambda").invoke(FunctionName="F")["StatusCode"] == 200


def test_shards_never_run_together_with_one_place(world: World) -> None:
    """With a reservation of 1 batches of many shards never run two at a time, and none is lost."""
    watch = Watch(0.005)
    world.connect(watch, shards=8, MaximumRetryAttempts=0, BatchSize=1)
    reserve(1)
    for number in range(24):
        world.put(number, key=f"key-{number}")

    world.runtime.start()
    deadline = threading.Event()
    for _ in range(200):
        if len({number for batch in world.batches() for number in batch}) == 24:
            break
        world.clock.advance(1)
        deadline.wait(0.05)

    assert sorted(number for batch in world.batches() for number in batch) == list(range(24))
    assert watch.most == 1


def test_slots_run_side_by_side_and_keys_do_not(world: World) -> None:
    """With a parallelization factor of 3 up to three batches of a shard run at once, never two of one key."""
    watch = Watch(0.02)
    world.connect(watch, ParallelizationFactor=3, BatchSize=2)
    for number in range(30):
        world.put(number, key=f"key-{number % 10}")

    world.runtime.start()
    wait_until(lambda: sum(map(len, world.batches())) == 30)

    assert sorted(number for batch in world.batches() for number in batch) == list(range(30))
    assert 1 < watch.most <= 3
    assert watch.clashes == []


def test_slots_that_change_do_not_share_keys(world: World) -> None:
    """While the number of batch slots keeps changing, no key is in two batches at once, and none is lost."""
    watch = Watch(0.002)
    uuid = world.connect(watch, shards=2, BatchSize=3)
    world.runtime.start()
    with interrupted_threads():
        for number in range(150):
            world.put(number, key=f"key-{number % 12}")
            if number % 5 == 0:
                client("lambda").update_event_source_mapping(
                    UUID=uuid, ParallelizationFactor=1 + number // 5 % 4
                )
        arrived = wait_until(lambda: len({one for batch in world.batches() for one in batch}) == 150)

    assert arrived
    assert watch.clashes == []


def test_some_concurrency_must_stay_unreserved(world: World) -> None:
    """A reservation that leaves less than 100 of the account's 1,000 is refused in AWS's words."""
    world.function("F")
    world.function("G")
    reserve(800, "G")
    reserve(100, "F")

    with pytest.raises(ClientError) as refused:
        reserve(101, "F")

    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert refused.value.response["Error"]["Message"] == (
        "Specified ReservedConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100]."
    )


def test_reservation_is_shown(world: World) -> None:
    """GetFunction shows the reservation, also one of 0; without one it shows none."""
    world.function()
    assert "Concurrency" not in client("lambda").get_function(FunctionName="F")
    assert "ReservedConcurrentExecutions" not in client("lambda").get_function_concurrency(FunctionName="F")

    reserve(0)

    shown = client("lambda").get_function(FunctionName="F")["Concurrency"]
    assert shown == {"ReservedConcurrentExecutions": 0}
    assert client("lambda").get_function_concurrency(FunctionName="F")["ReservedConcurrentExecutions"] == 0


def test_an_account_tells_what_is_left_of_its_concurrency(world: World) -> None:
    """GetAccountSettings has AWS's limits, less what is reserved, and counts functions and their code."""
    world.function()
    size = client("lambda").get_function(FunctionName="F")["Configuration"]["CodeSize"]
    before = client("lambda").get_account_settings()
    reserve(100)

    after = client("lambda").get_account_settings()

    assert before["AccountLimit"]["UnreservedConcurrentExecutions"] == 1_000
    assert after["AccountLimit"]["UnreservedConcurrentExecutions"] == 900
    assert after["AccountLimit"]["ConcurrentExecutions"] == 1_000
    assert after["AccountUsage"] == {"TotalCodeSize": size, "FunctionCount": 1}
