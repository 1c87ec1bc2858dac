"""Calls of AWS's API that go wrong in the offline cloud because the plan says so."""

import json
from typing import Any

import pytest

from workshop.clock import ManualClock
from workshop.cloud.fault_plan import FaultPlan
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.faults.failing_calls import (
    MAX_ATTEMPTS,
    SLOW_SECONDS,
    FaultyCalls,
    InjectedCrashError,
    ResponseLostError,
)
from workshop.cloud.offline.http.calls import Answer, Call, Headers


class Caller:
    """Stands for the environment that makes a call."""

    stage = "map"
    log_stream = "stream"

    def __init__(self) -> None:
        self.ended: list[bool] = []
        self.writes = 0

    def before_write(self) -> None:
        """Count the write."""
        self.writes += 1

    def interrupt(self, *, is_timeout: bool = False) -> None:
        """Note the end."""
        self.ended.append(is_timeout)


class Cloud:
    """Answers calls with the chances of a plan, and remembers what was carried out."""

    def __init__(self, plan: FaultPlan, *, in_process: bool = True) -> None:
        self.clock = ManualClock(0.0)
        self.dice = FaultDice(plan)
        self.calls = FaultyCalls(lambda: self.dice, self.clock, in_process=in_process)
        self.carried_out: list[Call] = []
        self.caller = Caller()

    def through(self, call: Call) -> Answer:
        """Carry the call out."""
        self.carried_out.append(call)
        if call.operation == "PutRecords":
            records = json.loads(call.body)["Records"]
            results = [{"SequenceNumber": record["PartitionKey"]} for record in records]
            return Answer.of_json({"FailedRecordCount": 0, "Records": results})
        if call.operation == "BatchExecuteStatement":
            statements = json.loads(call.body)["Statements"]
            return Answer.of_json({"Responses": [{"TableName": "T"}] * len(statements)})
        return Answer.of_json({})

    def function(self, operation: str = "PutItem", invocation: str = "one") -> Answer:
        """Let a function make a call."""
        return self.calls.answer(call_of(operation, invocation=invocation), self.through, self.caller)

    def producer(self, *keys: str) -> dict[str, Any]:
        """Let a producer put records with these keys; return the answer's document."""
        records = [{"Data": "", "PartitionKey": key} for key in keys]
        answer = self.calls.answer(call_of("PutRecords", {"Records": records}), self.through, None)
        document: dict[str, Any] = json.loads(answer.body)
        return document


def call_of(operation: str, document: Any = None, *, invocation: str = "one") -> Call:
    headers = Headers([("X-Amz-Target", f"Service.{operation}"), ("amz-sdk-invocation-id", invocation)])
    return Call("POST", "/", headers, json.dumps(document or {}).encode())


@pytest.mark.parametrize("kind", ["throttled", "denied"])
def test_a_refused_call_is_not_carried_out(kind: str) -> None:
    """A throttled or denied call is answered with AWS's error and has no effect."""
    cloud = Cloud(FaultPlan(strikes=(f"{kind}@map#1",)))

    answer = cloud.function()

    codes = {"throttled": "ProvisionedThroughputExceededException", "denied": "AccessDeniedException"}
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, codes[kind])
    assert cloud.carried_out == []


def test_a_batch_of_statements_may_be_throttled_in_part() -> None:
    """Of a throttled batch some statements may be refused, each for a few attempts; the others are done."""
    numbers = set()
    for seed in range(20):
        cloud = Cloud(FaultPlan(seed=seed, strikes=("throttled@map#1",)))
        left, refused = list("abcd"), [4]
        while left and len(refused) <= MAX_ATTEMPTS + 1:
            statements = {"Statements": [{"Statement": name} for name in left]}
            call = call_of("BatchExecuteStatement", statements, invocation=str(len(refused)))
            answer = cloud.calls.answer(call, cloud.through, cloud.caller)
            if answer.status == 200:
                told = json.loads(answer.body)["Responses"]
                left = [name for name, each in zip(left, told, strict=True) if "Error" in each]
            refused.append(len(left))
        numbers.update(refused)
        done = [
            each["Statement"] for call in cloud.carried_out for each in json.loads(call.body)["Statements"]
        ]
        assert sorted(done) == list("abcd")

    assert numbers == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("document", [{}, {"Statements": None}, {"Statements": "many"}, []])
def test_a_batch_that_is_none_is_answered_by_the_cloud(document: Any) -> None:
    """What DynamoDB would refuse comes to it as it is, whatever the plan says of batches."""
    answers = set()
    for seed in range(5):
        cloud = Cloud(FaultPlan(seed=seed, strikes=("throttled@map#1",)))
        cloud.through = lambda _: Answer.of_json({"__type": "ValidationException"}, 400)  # type: ignore[method-assign]
        answer = cloud.calls.answer(call_of("BatchExecuteStatement", document), cloud.through, cloud.caller)
        answers.add(json.loads(answer.body)["__type"])

    assert answers == {"ValidationException", "ProvisionedThroughputExceededException"}


def test_a_throttle_lasts_for_some_attempts() -> None:
    """The client's repetitions of a throttled call are throttled too, but not for ever."""
    lasting = set()
    for seed in range(30):
        cloud = Cloud(FaultPlan(seed=seed, strikes=("throttled@map#1",)))
        statuses = [cloud.function().status for _ in range(MAX_ATTEMPTS + 2)]
        assert sorted(statuses, reverse=True) == statuses
        lasting.add(statuses.count(400))

    assert lasting == set(range(1, MAX_ATTEMPTS + 1))


def test_another_call_is_not_throttled() -> None:
    """What lasts is bound to one call; others go through."""
    cloud = Cloud(FaultPlan(strikes=("throttled@map#1",)))

    assert [cloud.function(invocation=name).status for name in ("one", "two")] == [400, 200]


def test_a_slow_call_takes_time() -> None:
    """A slow call is carried out, later."""
    cloud = Cloud(FaultPlan(strikes=("slow@map#1",)))

    cloud.function("GetItem")

    assert cloud.clock.now() == SLOW_SECONDS
    assert len(cloud.carried_out) == 1


def test_a_lost_response_has_its_effect() -> None:
    """A call whose response is lost was carried out."""
    cloud = Cloud(FaultPlan(strikes=("response_lost@map#1",)))

    with pytest.raises(ResponseLostError):
        cloud.function()

    assert len(cloud.carried_out) == 1


@pytest.mark.parametrize(("kind", "effects"), [("crash_before", 0), ("crash_after", 1)])
def test_a_crash_is_the_functions_own(kind: str, effects: int) -> None:
    """In this process, a crash is an error in the function, before or after the write."""
    cloud = Cloud(FaultPlan(strikes=(f"{kind}@map#1",)))

    with pytest.raises(InjectedCrashError):
        cloud.function()

    assert len(cloud.carried_out) == effects


def test_a_crash_from_outside_is_the_end_of_the_process() -> None:
    """A function in another process cannot be given an error; it is killed."""
    cloud = Cloud(FaultPlan(strikes=("crash_after@map#1",)), in_process=False)

    with pytest.raises(ConnectionAbortedError):
        cloud.function()

    assert cloud.caller.ended == [False]


@pytest.mark.parametrize(("kind", "is_timeout"), [("killed", False), ("timeout", True)])
def test_an_invocation_ends_before_or_after_a_write(kind: str, *, is_timeout: bool) -> None:
    """A kill and a timeout strike right before or right after a write."""
    effects = set()
    for seed in range(20):
        cloud = Cloud(FaultPlan(seed=seed, strikes=(f"{kind}@map#1",)))
        with pytest.raises(ConnectionAbortedError):
            cloud.function()
        assert cloud.caller.ended == [is_timeout]
        effects.add(len(cloud.carried_out))

    assert effects == {0, 1}


def test_reads_are_never_the_last_call() -> None:
    """Crashes, kills, timeouts and lost responses strike at writes alone."""
    kinds = ("crash_before", "crash_after", "killed", "timeout", "response_lost")
    cloud = Cloud(FaultPlan(rates=dict.fromkeys(kinds, 1.0)))

    assert cloud.function("GetItem").status == 200
    assert cloud.caller.writes == 0


def test_others_are_left_alone() -> None:
    """Calls of tools and tests go through, whatever the plan says."""
    rates = dict.fromkeys(("throttled", "denied", "response_lost", "crash_before"), 1.0)
    cloud = Cloud(FaultPlan(rates=rates))

    assert cloud.calls.answer(call_of("PutItem"), cloud.through, None).status == 200


def test_a_part_of_the_records_is_refused() -> None:
    """A partial failure takes some records and names the error of each other one, in their order."""
    cloud = Cloud(FaultPlan(rates={"partial_put": 1.0}))

    answer = cloud.producer("a", "b", "c", "d")

    taken = [result.get("SequenceNumber") for result in answer["Records"]]
    refused = [number for number, key in zip(taken, "abcd", strict=True) if number is None]
    assert [key for key in taken if key] == [key for key in "abcd" if key in taken]
    assert answer["FailedRecordCount"] == len(refused) > 0
    assert [record["PartitionKey"] for record in json.loads(cloud.carried_out[0].body)["Records"]] == [
        key for key in taken if key
    ]


def test_poison_is_a_strangers_record() -> None:
    """Poison goes into the stream in a call of its own, and the producer's answer does not mention it."""
    cloud = Cloud(FaultPlan(rates={"poison": 1.0}))

    answer = cloud.producer("a")

    keys = [json.loads(call.body)["Records"][0]["PartitionKey"] for call in cloud.carried_out]
    assert keys[0].startswith("poison")
    assert keys[1:] == ["a"]
    assert [result["SequenceNumber"] for result in answer["Records"]] == ["a"]


def test_a_producers_lost_response_has_its_effect() -> None:
    """Records whose answer is lost are in the stream."""
    cloud = Cloud(FaultPlan(rates={"response_lost@producer": 1.0}))

    with pytest.raises(ResponseLostError):
        cloud.producer("a")

    assert len(cloud.carried_out) == 1
