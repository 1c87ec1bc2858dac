"""StateLambda with verdicts: the newest version of each trade is kept, whatever arrives and how often."""

import json
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.lambdas.handler_bench import Bench, fresh_bench, kinesis_event, message, refusal
from workshop.pipeline.cost import SECONDS_PER_MONTH, monthly_bill
from workshop.pipeline.load import Load

DONE = {"batchItemFailures": []}


def counts(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what the last invocation wrote into its log."""
    line: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return line


def send(bench: Bench, *data: bytes, first: int = 1) -> Any:
    """Invoke StateLambda with these messages, numbered from `first` on."""
    return bench.run("stateful.state", kinesis_event(data, first=first))


def stored(bench: Bench) -> dict[str, tuple[Decimal, int]]:
    """Return value and version of each trade in StateTable."""
    return {row["TradeID"]: (row["Value"], int(row["Version"])) for row in bench.items("StateTable")}


def test_a_new_trade_is_stored(bench: Bench) -> None:
    """The first version of a trade becomes an item with the fields of its message."""
    assert send(bench, message("a", "5.25", version=3)) == DONE

    assert bench.items("StateTable") == [
        {
            "TradeID": "a",
            "Value": Decimal("5.25"),
            "Version": Decimal(3),
            "Timestamp": Decimal("1750000000.25"),
            "Hierarchy": {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"},
        }
    ]


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
@pytest.mark.parametrize("together", [True, False])
def test_the_highest_version_stands_in_the_end(bench: Bench, order: tuple[int, ...], together: bool) -> None:
    """In whatever order versions arrive, in one batch or in several, the highest one stands."""
    data = [message("a", f"{version}0.00", version=version) for version in order]

    for batch in [data] if together else [[record] for record in data]:
        send(bench, *batch)

    assert stored(bench) == {"a": (Decimal(30), 3)}


def test_every_message_gets_a_verdict(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The log tells how many messages were applied, duplicates, stale, in conflict or malformed."""
    data = [
        message("a", "1.00", version=2),
        message("a", "1.00", version=2),
        message("a", "9.00", version=1),
        message("a", "7.00", version=2),
        message("b", "2.00"),
        b"no trade",
    ]

    send(bench, *data)

    assert counts(capsys) == {
        "stage": "state",
        "records": 6,
        "applied": 2,
        "duplicate": 1,
        "stale": 1,
        "conflict": 1,
        "malformed": 1,
    }


def test_a_verdict_does_not_depend_on_the_batch(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Duplicates, stale versions and conflicts are told apart across batches as well."""
    send(bench, message("a", "1.00", version=2))
    data = [message("a", "1.00", version=2), message("a", "9.00", version=1), message("a", "7.00", version=2)]

    for number, record in enumerate(data, 2):
        send(bench, record, first=number)

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [set(line) - {"stage", "records"} for line in found] == [{"duplicate"}, {"stale"}, {"conflict"}]
    assert stored(bench) == {"a": (Decimal(1), 2)}


def test_duplicates_within_a_batch_cost_no_write(bench: Bench) -> None:
    """What a batch itself shows to be old is not written again."""
    data = [message("a", "1.00", version=2), message("a", "1.00", version=2), message("a", "9.00", version=1)]

    send(bench, *data)

    assert bench.faults.writes == 1


def test_versions_that_rise_within_a_batch_are_all_compared(bench: Bench) -> None:
    """A version is not skipped because a newer one follows: it may be in conflict with the stored one."""
    send(bench, message("a", "1.00", version=1))

    send(bench, message("a", "2.00", version=1), message("a", "3.00", version=2), first=2)

    assert stored(bench) == {"a": (Decimal(3), 2)}
    assert len(bench.reasons()) == 1


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (message("a", "2.00"), "`Value` is 1.00 there and 2.00 here"),
        (message("a", "1.00", "PV", "FXSpot", "APAC"), "`Hierarchy` is"),
        (message("a", "0.00", Cancelled=True), "`Cancelled` is False there and True here"),
    ],
)
def test_equal_versions_with_other_content_are_a_conflict(bench: Bench, second: bytes, reason: str) -> None:
    """A message with the stored version but other content changes nothing, and is set aside."""
    send(bench, message("a", "1.00"))

    assert send(bench, second, first=2) == DONE

    assert stored(bench) == {"a": (Decimal(1), 1)}
    assert "version 1 of this trade is stored with other content" in bench.reasons()[0]
    assert reason in bench.reasons()[0]


def test_a_later_timestamp_alone_is_no_conflict(bench: Bench) -> None:
    """A message that is sent again with a new timestamp is a duplicate."""
    send(bench, message("a", "1.00"))

    send(bench, message("a", "1.00", Timestamp=1_750_000_999), first=2)

    assert bench.reasons() == []


def test_a_cancelled_trade_leaves_a_tombstone(bench: Bench) -> None:
    """A cancelled trade stays in the table with value 0 and its version, so that older versions stay out."""
    data = [message("a", "5.00"), message("a", "5.00", version=2, Cancelled=True), message("a", "6.00")]

    send(bench, *data)

    [item] = bench.items("StateTable")
    assert (item["Value"], item["Version"], item["Cancelled"]) == (0, 2, True)


def test_a_cancellation_may_come_before_the_trade(bench: Bench) -> None:
    """If the cancellation overtakes the trade, the trade never counts."""
    send(bench, message("a", "5.00", version=2, Cancelled=True))

    send(bench, message("a", "5.00", version=1), first=2)

    assert stored(bench) == {"a": (Decimal(0), 2)}


def test_a_tombstone_gives_way_to_a_higher_version(bench: Bench) -> None:
    """A trade may come back with a higher version than its cancellation, and is live again."""
    data = [message("a", "5.00", version=2, Cancelled=True), message("a", "7.00", version=3)]

    send(bench, *data)

    [item] = bench.items("StateTable")
    assert (item["Value"], item["Version"], "Cancelled" in item) == (7, 3, False)


@pytest.mark.parametrize(
    "error",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("RequestLimitExceeded"),
        refusal("TransactionConflictException"),
        refusal("InternalServerError", status=500),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=lambda error: type(error).__name__ + str(error)[:70],
)
def test_when_dynamodb_is_busy_the_rest_comes_again(bench: Bench, error: Exception) -> None:
    """If DynamoDB is busy, the answer names the first message to come again; those before it are done."""
    bench.fail_from(3, error)
    data = [message(f"{number:02}", "1.00") for number in range(30)]

    answer = send(bench, *data, first=11)

    # The first record goes alone, the next 25 together; what is left is not taken.
    assert answer == {"batchItemFailures": [{"itemIdentifier": "37"}]}
    assert len(stored(bench)) == 26


@pytest.mark.parametrize(
    "code",
    [
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
        "RequestLimitExceeded",
        "TransactionConflict",
        "InternalServerError",
    ],
)
def test_a_busy_statement_comes_again_and_the_others_are_done(bench: Bench, code: str) -> None:
    """Of a request that DynamoDB takes in part, the answer names the first record that it did not take."""
    bench.refuse("c", "e", code=code)
    data = [message(trade, "1.00") for trade in "abcdef"]

    answer = send(bench, *data, first=11)
    found = stored(bench).keys()
    bench.heal()
    again = send(bench, *data[2:], first=13)

    assert (answer, again) == ({"batchItemFailures": [{"itemIdentifier": "13"}]}, DONE)
    assert found == {"a", "b", "d", "f"}
    assert stored(bench).keys() == set("abcdef")
    assert len(bench.new_changes("StateTable")) == 6


def test_before_each_further_attempt_is_a_pause_that_may_be_longer(bench: Bench) -> None:
    """A statement that is refused is tried four times, with pauses by chance; one that is taken, once."""
    send(bench, message("a", "1.00"))
    assert bench.pauses == []

    bench.refuse("b", code="ThrottlingError")
    send(bench, message("b", "1.00"))
    pauses = [0.025, 0.05, 0.1]

    assert bench.faults.writes == 1 + 4
    assert all(0 < pause < longest for pause, longest in zip(bench.pauses, pauses, strict=True))
    assert len(set(bench.pauses)) == len(pauses)


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError", "ResourceNotFound", "SomeNewError"])
def test_any_other_error_of_a_statement_fails_the_invocation(bench: Bench, code: str) -> None:
    """A statement that fails for good is raised; the message does not count as done."""
    bench.refuse("b", code=code)

    with pytest.raises(ClientError, match=code):
        send(bench, message("a", "1.00"), message("b", "1.00"))


def test_trades_are_written_together(bench: Bench) -> None:
    """The trades of a batch are written 25 in a request, besides the first record's."""
    send(bench, *(message(str(number), "1.00") for number in range(51)))

    assert bench.faults.writes == 3


def test_the_bill_counts_the_writes_that_are_made(bench: Bench) -> None:
    """A new trade takes one write; a newer version takes two, and so does a duplicate."""
    made = []
    for sent in (message("a", "1.00"), message("a", "2.00", version=2), message("a", "2.00", version=2)):
        before = bench.faults.writes
        send(bench, sent)
        made.append(bench.faults.writes - before)

    load = Load(messages_per_second=Decimal(100), modify=Decimal(1), duplicates=Decimal(1))
    bill = [each for each in monthly_bill("stateful", load) if each.item.startswith("StateTable")]
    millions = SECONDS_PER_MONTH / 1_000_000

    assert [each.quantity / millions for each in bill] == [98 * made[0], made[1], made[2]]


def test_of_each_trade_the_newest_version_alone_is_written(bench: Bench) -> None:
    """Versions that rise within a batch make one change of the item, since nothing is stored yet."""
    rising = [message("a", f"{version}.00", version=version) for version in range(1, 9)]

    send(bench, message("first", "1.00"), *rising)

    assert stored(bench)["a"] == (8, 8)
    assert len(bench.new_changes("StateTable")) == 2


def test_a_conflict_within_a_batch_is_set_aside_before_a_newer_version_is_written(bench: Bench) -> None:
    """Of a conflict the first content is written and the second set aside, and only then what is newer."""
    data = [message("a", "1.00"), message("a", "2.00"), message("a", "3.00", version=2)]
    event = [message("first", "1.00"), *data]
    written = []

    def watch(operation: str, _request: dict[str, Any]) -> None:
        if operation in {"batch_execute_statement", "batch_write_item"}:
            written.append((operation, len(bench.reasons())))

    bench.faults.before_call = watch
    send(bench, *event)

    assert written[1:] == [
        ("batch_execute_statement", 0),
        ("batch_write_item", 0),
        ("batch_execute_statement", 1),
    ]
    assert stored(bench)["a"] == (3, 2)


def test_a_newer_version_that_slips_in_between_stands(bench: Bench) -> None:
    """DynamoDB checks the version: another may write the trade between a refused INSERT and the UPDATE."""
    send(bench, message("a", "1.00"))
    newer = {"TradeID": {"S": "a"}, "Version": {"N": "9"}, "Value": {"N": "9"}, "Timestamp": {"N": "1"}}
    newer["Hierarchy"] = {"M": {level: {"S": "x"} for level in ("RiskType", "TradeDesk", "Region")}}

    def overtake(_operation: str, request: dict[str, Any]) -> None:
        if str(request.get("Statements", ""))[:200].count("UPDATE"):
            bench.client.put_item(TableName="StateTable", Item=newer)

    bench.faults.before_call = overtake
    send(bench, message("a", "2.00", version=2), first=2)

    assert stored(bench) == {"a": (Decimal(9), 9)}


def test_a_trade_that_was_deleted_meanwhile_is_made_anew(bench: Bench) -> None:
    """If the item is gone between a refused INSERT and the UPDATE, the trade is inserted after all."""
    send(bench, message("a", "1.00"))

    def vanish(_operation: str, request: dict[str, Any]) -> None:
        if "UPDATE" in str(request.get("Statements", "")):
            bench.client.delete_item(TableName="StateTable", Key={"TradeID": {"S": "a"}})

    bench.faults.before_call = vanish

    assert send(bench, message("a", "2.00", version=2), first=2) == DONE
    assert stored(bench) == {"a": (Decimal(2), 2)}


def test_an_update_leaves_nothing_of_the_older_version(bench: Bench) -> None:
    """What only the older version had is gone: a run's ID, the cancellation."""
    send(bench, message("a", "1.00", RunID="r", Cancelled=True))

    send(bench, message("a", "2.00", version=2), first=2)

    [item] = bench.items("StateTable")
    assert item.keys() == {"TradeID", "Value", "Version", "Timestamp", "Hierarchy"}


def test_after_a_partial_failure_nothing_is_lost(bench: Bench) -> None:
    """The messages that come again after a partial failure complete the table."""
    data = [message(trade, "1.00") for trade in "abcd"]
    bench.fail_from(3, refusal("ThrottlingException"))
    send(bench, *data)
    bench.heal()

    assert send(bench, *data[2:], first=3) == DONE

    assert stored(bench).keys() == {"a", "b", "c", "d"}


def test_a_busy_quarantine_makes_the_record_come_again(bench: Bench) -> None:
    """A record that cannot be set aside now comes again, rather than vanish."""
    bench.fail_from(1, refusal("ThrottlingException"))

    answer = send(bench, b"{", first=5)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "5"}]}


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "SomeNewException"])
def test_any_other_error_fails_the_invocation(bench: Bench, code: str) -> None:
    """An error that waiting does not mend is raised, so that Lambda sees it, never answered as done."""
    bench.fail_from(2, refusal(code))

    with pytest.raises(ClientError, match=code):
        send(bench, message("a", "1.00"), message("b", "1.00"))


def test_a_conflict_is_kept_even_if_the_invocation_fails_later(bench: Bench) -> None:
    """A conflict is set aside at once: when the batch comes again it would only look stale."""
    send(bench, message("a", "1.00"))
    data = [message("a", "2.00"), message("a", "3.00", version=2), message("b", "1.00")]
    bench.fail_from(4, refusal("AccessDeniedException"))
    with pytest.raises(ClientError):
        send(bench, *data, first=2)
    bench.heal()

    send(bench, *data, first=2)

    assert [row["RecordID"] for row in bench.items("QuarantineTable")] == ["state#shardId-000000000000#2"]


def test_an_item_that_others_wrote_badly_is_a_conflict(bench: Bench) -> None:
    """If the stored item is no valid trade, the message is set aside and the item is left alone."""
    bench.client.put_item(TableName="StateTable", Item={"TradeID": {"S": "a"}, "Version": {"S": "?"}})

    assert send(bench, message("a", "1.00")) == DONE

    assert "what is stored under this trade's ID is no valid trade" in bench.reasons()[0]


def test_a_lost_answer_is_a_duplicate_and_no_second_effect(bench: Bench) -> None:
    """A write whose answer was lost is a duplicate when it comes again."""
    with bench.crash_at(1, after=True):
        send(bench, message("a", "1.00"))

    assert send(bench, message("a", "1.00")) == DONE

    assert len(bench.new_changes("StateTable")) == 1


def test_what_there_is_no_time_for_comes_again() -> None:
    """Near the end of its time the ledger's function gives back what is left, but never the first record."""
    two = b"\n".join([message("a", "1.00"), message("b", "2.00")])
    with fresh_bench("ledger") as bench:
        bench.milliseconds_left = 1_000

        answer = bench.run("stateful.state", kinesis_event([two, message("c", "3.00"), message("d", "4.00")]))

        assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
        assert sorted(item["TradeID"] for item in bench.items("StateTable")) == ["a", "b"]
