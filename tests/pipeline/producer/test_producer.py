"""The producer, against a stream that misbehaves and against moto's."""

import json
from collections import Counter
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.pipeline.producer.misbehaving import MisbehavingStream
from workshop.clock import ManualClock
from workshop.errors import CloudNotRunningError, ConfigurationError
from workshop.pipeline.messages import Message, PlannedMessage, PlanOptions, make_plan
from workshop.pipeline.producer.producer import ATTEMPTS, ProducerOptions, produce


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as told"}}, "PutRecords")


ONE_THREAD = ProducerOptions(threads=1)
PLAN = make_plan(PlanOptions(messages=2_000, duplicates=12.5, modify=10, out_of_order=50))


def test_everything_arrives_once_when_nothing_fails() -> None:
    """Each planned entry is stored once, with the trade id as partition key, and accounted for."""
    stream = MisbehavingStream()

    result = produce(stream, "s", PLAN.entries)

    assert len(stream.stored) == len(result.accepted) == 2_000
    assert result.accepted == PLAN.entries
    assert (result.refused, result.resent) == ((), 0)
    assert all(json.loads(record["Data"])["TradeID"] == record["PartitionKey"] for record in stream.stored)
    assert result.example in {record["Data"] for record in stream.stored}


def test_a_duplicate_has_the_bytes_of_its_original() -> None:
    """A duplicate is what a producer sends again: also the timestamp is the original's."""
    clock = ManualClock()
    stream = MisbehavingStream()

    produce(stream, "s", PLAN.entries, options=ProducerOptions(threads=2, rate=100), clock=clock)

    contents = Counter(record["Data"] for record in stream.stored)
    assert len(contents) == 2_000 - 250
    assert len({json.loads(data)["Timestamp"] for data in contents}) > 50


def test_attempts_are_bounded_and_what_was_not_accepted_is_reported() -> None:
    """An entry that is refused for ever is given up after some attempts; the rest goes on."""
    clock = ManualClock(0)
    stream = MisbehavingStream(
        lambda call, place: "InternalFailure" if not place and call < ATTEMPTS else None
    )

    result = produce(stream, "s", PLAN.entries, options=ONE_THREAD, clock=clock)

    assert all(call == stream.calls[0][:1] for call in stream.calls[1:ATTEMPTS])
    assert [refusal.entry for refusal in result.refused] == [PLAN.entries[0]]
    assert "InternalFailure" in result.refused[0].reason
    assert len(result.accepted) == 1_999
    assert 5 < clock.now() < 60


def test_a_stream_that_accepts_nothing_ends_the_run() -> None:
    """After one call that never got anything through, the others are not tried for minutes each."""
    stream = MisbehavingStream(fails=lambda call: EndpointConnectionError(endpoint_url="http://x"))

    result = produce(stream, "s", PLAN.entries, options=ONE_THREAD, clock=ManualClock())

    assert len(stream.calls) == ATTEMPTS
    assert len(result.refused) == 2_000


def test_a_shard_that_is_throttled_alone_does_not_end_the_run() -> None:
    """However many of its keys are refused, the records of the other shards are sent."""
    stream = MisbehavingStream(shards=3, throttled={1})
    slowly = ProducerOptions(threads=1, rate=20)

    result = produce(stream, "s", PLAN.entries[:60], options=slowly, clock=ManualClock())

    keys = [{record["PartitionKey"] for record in call} for call in stream.calls]
    assert sum(len(each) > 1 and {stream.shard_of(key) for key in each} == {1} for each in keys) > ATTEMPTS
    assert {stream.shard_of(each.entry.message.trade_id) for each in result.refused} == {1}
    assert {stream.shard_of(each.message.trade_id) for each in result.accepted} == {0, 2}


def test_the_only_shard_that_is_throttled_ends_the_run() -> None:
    """Where there is no other shard, nothing else is tried for minutes."""
    stream = MisbehavingStream(throttled={0})

    result = produce(stream, "s", PLAN.entries, options=ONE_THREAD, clock=ManualClock())

    assert len(stream.calls) == ATTEMPTS
    assert len(result.refused) == 2_000


@pytest.mark.parametrize(("may_have_arrived", "unheard"), [(False, 0), (True, 500)])
def test_a_cloud_that_has_gone_ends_the_run_at_once(may_have_arrived: bool, unheard: int) -> None:
    """What was accepted, what may have arrived and what was not sent are told apart."""
    gone = CloudNotRunningError("http://x", may_have_arrived=may_have_arrived)
    stream = MisbehavingStream(fails=lambda call: gone if call == 2 else None)

    result = produce(stream, "s", PLAN.entries, options=ONE_THREAD, clock=ManualClock())

    assert len(stream.calls) == 3
    assert len(result.accepted) == len(stream.stored) == 1_000
    assert (len(result.refused), result.unheard) == (1_000, unheard)
    assert result.shortfall.startswith(f"{gone}. 1,000 of 2,000 messages were accepted before that")
    assert result.shortfall.endswith(f"{1_000 - unheard:,} were not sent")


def test_pauses_grow_and_vary() -> None:
    """Each pause is about twice as long as the one before, with some chance in it, up to a bound."""
    pauses = []

    class Recording(ManualClock):
        def sleep(self, seconds: float) -> None:
            pauses.append(seconds)

    produce(
        MisbehavingStream(lambda call, place: "InternalFailure"),
        "s",
        PLAN.entries[:1],
        options=ONE_THREAD,
        clock=Recording(),
    )

    assert len(pauses) == ATTEMPTS - 1
    assert all(0.025 * 2**n <= pause <= 0.05 * 2**n or n > 6 for n, pause in enumerate(pauses))
    assert max(pauses) <= 5


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException"),
        EndpointConnectionError(endpoint_url="http://x"),
    ],
)
def test_a_call_that_fails_as_a_whole_is_made_again(error: Exception) -> None:
    """Throttling of the whole call, or no answer at all, leads to the same call once more."""
    stream = MisbehavingStream(fails=lambda call: error if call == 0 else None)

    result = produce(stream, "s", PLAN.entries[:10], options=ONE_THREAD, clock=ManualClock())

    assert stream.calls[0] == stream.calls[1]
    assert len(result.accepted) == 10


def test_a_hopeless_error_ends_the_run_at_once() -> None:
    """Without permission or stream nothing is tried again, and every entry is accounted for as refused."""
    stream = MisbehavingStream(fails=lambda call: client_error("AccessDeniedException"))

    result = produce(stream, "s", PLAN.entries, options=ONE_THREAD, clock=ManualClock())

    assert len(stream.calls) == 1
    assert len(result.refused) == 2_000
    assert "AccessDenied" in result.refused[0].reason
    assert "ask whoever manages the account" in result.refused[0].reason
    assert result.refused[-1].reason == "not sent: the run ended early"


def test_a_message_that_is_too_large_is_refused_and_the_rest_goes_on() -> None:
    """A record over the stream's limit is reported; its neighbours are sent."""
    huge = Message("huge", Decimal("1.00"), 1, {"RiskType": "x" * 2_000_000})
    entries = (*PLAN.entries[:3], PlannedMessage(9_999, huge))

    result = produce(MisbehavingStream(), "s", entries)

    assert [refusal.entry.message.trade_id for refusal in result.refused] == ["huge"]
    assert len(result.accepted) == 3


def test_the_rate_is_kept_over_all_threads() -> None:
    """Two hundred messages at a hundred a second take two seconds, in calls of a few messages."""

    class SharedClock(ManualClock):
        """Sleepers of several threads wake at their own time; the clock shows the latest."""

        def sleep(self, seconds: float) -> None:
            self._now = max(self._now, self.now() + seconds)

    clock = SharedClock(0)
    stream = MisbehavingStream()

    produce(stream, "s", PLAN.entries[:200], options=ProducerOptions(threads=1, rate=100), clock=clock)

    assert clock.now() == pytest.approx(2)
    assert max(len(call) for call in stream.calls) == 10


def test_progress_is_told_after_each_call() -> None:
    """The callback hears rising counts that end with everything accounted for."""
    heard = []

    produce(MisbehavingStream(), "s", PLAN.entries, on_progress=heard.append)

    assert [progress.accepted for progress in heard] == sorted(progress.accepted for progress in heard)
    assert (heard[-1].accepted, heard[-1].total) == (2_000, 2_000)


def test_an_interrupted_run_accounts_for_what_it_did_not_send() -> None:
    """After Ctrl-C the result holds what was accepted, and the rest as refused."""
    stream = MisbehavingStream()
    entries = PLAN.entries

    def interrupt(progress) -> None:
        raise KeyboardInterrupt

    result = produce(stream, "s", entries, options=ONE_THREAD, on_progress=interrupt)

    assert 0 < len(result.accepted) < 2_000
    assert len(result.accepted) == len(stream.stored)
    assert len(result.accepted) + len(result.refused) == 2_000


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"rate": 0.0}, {"rate": -1.0}])
def test_options_that_send_nothing_are_refused(wrong: dict) -> None:
    """No threads or no rate is a configuration error, not an endless wait."""
    with pytest.raises(ConfigurationError):
        ProducerOptions(**wrong)


def test_a_real_client_stores_every_message(kinesis) -> None:
    """Through boto3, every message of a plan can be read back from the stream's shards."""
    kinesis.create_stream(StreamName="risk", ShardCount=2)

    # One thread: plain moto without our cloud's lock loses what several threads put at the same time.
    result = produce(kinesis, "risk", PLAN.entries, options=ONE_THREAD)

    stored = Counter()
    for shard in kinesis.list_shards(StreamName="risk")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="risk", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        stored += Counter(
            json.loads(record["Data"])["TradeID"]
            for record in kinesis.get_records(ShardIterator=iterator, Limit=10_000)["Records"]
        )
    assert stored == Counter(message.trade_id for message in PLAN.messages)
    assert not result.refused
