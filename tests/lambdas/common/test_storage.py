"""The only way to DynamoDB: conditions are outcomes, being busy is passing, anything else is an error."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from common import storage
from common.items import number, text
from common.storage import RETRIES, BusyError, Refusal, put, read_item, transact, update, write

from tests.lambdas.handler_bench import Bench, refusal

ITEM = {"TradeID": text("a"), "Version": number(1)}
NEW = "attribute_not_exists(#TradeID)"


def test_a_put_names_every_attribute_of_its_condition() -> None:
    """A condition's names get placeholders, since many attributes are reserved words."""
    action = put(
        "T",
        ITEM,
        condition="attribute_not_exists(#TradeID) OR #Version < :Version",
        values={"Version": number(2)},
    )

    assert action == {
        "Put": {
            "TableName": "T",
            "Item": ITEM,
            "ConditionExpression": "attribute_not_exists(#TradeID) OR #Version < :Version",
            "ExpressionAttributeNames": {"#TradeID": "TradeID", "#Version": "Version"},
            "ExpressionAttributeValues": {":Version": {"N": "2"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def test_an_update_sets_and_adds() -> None:
    """An update sets attributes to values and adds numbers to others, in one expression."""
    action = update(
        "T", {"K": text("k")}, to={"At": number(5)}, plus={"Value": number(1), "Count": number(2)}
    )

    assert action["Update"]["UpdateExpression"] == "SET #At = :At ADD #Value :Value, #Count :Count"
    assert action["Update"]["ExpressionAttributeNames"] == {"#At": "At", "#Value": "Value", "#Count": "Count"}
    assert action["Update"]["ExpressionAttributeValues"] == {
        ":At": {"N": "5"},
        ":Value": {"N": "1"},
        ":Count": {"N": "2"},
    }


def test_a_write_without_condition_always_succeeds(bench: Bench) -> None:
    """A plain put replaces what is there."""
    assert write(put("StateTable", ITEM)) is None
    assert write(put("StateTable", ITEM | {"Version": number(2)})) is None

    assert read_item("StateTable", {"TradeID": text("a")}) == ITEM | {"Version": number(2)}


def test_a_refused_write_tells_what_stood_there(bench: Bench) -> None:
    """A condition that does not hold is an outcome: the item that stood in the way."""
    write(put("StateTable", ITEM, condition=NEW))

    refusal = write(put("StateTable", ITEM | {"Version": number(2)}, condition=NEW))

    assert refusal == Refusal(ITEM)


def test_what_is_not_there_is_none(bench: Bench) -> None:
    """Reading a key without an item gives None."""
    assert read_item("StateTable", {"TradeID": text("nobody")}) is None


def test_a_transaction_is_all_or_nothing(bench: Bench) -> None:
    """If the guard, which is the first action, does not hold, nothing of the transaction is written."""
    write(put("StateTable", ITEM))

    held = transact([put("StateTable", ITEM, condition=NEW), put("ReduceTable", {"MessageHash": text("h")})])

    assert not held
    assert bench.items("ReduceTable") == []


def test_the_failure_of_another_condition_is_an_error(bench: Bench) -> None:
    """Only the guard's condition is an outcome; another action's failure is unexpected."""
    write(put("StateTable", ITEM))

    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        transact([put("ReduceTable", {"MessageHash": text("h")}), put("StateTable", ITEM, condition=NEW)])


def test_a_token_stands_for_one_effect(bench: Bench) -> None:
    """The same token with the same actions has one effect."""
    action = update("AggregateTable", {"Identifier": text("PV")}, plus={"Value": number(5)})

    for _ in range(3):
        transact([action], token="batch-1")

    assert bench.totals() == {"PV": 5}


@pytest.mark.parametrize(
    "problem",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("RequestLimitExceeded"),
        refusal("TransactionInProgressException"),
        refusal("InternalServerError", status=500),
        refusal("AnythingNew", status=503),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=lambda problem: str(problem)[:60],
)
def test_being_busy_is_a_passing_state(bench: Bench, problem: Exception) -> None:
    """Throttling, a server's failure and a lost connection are all the same: the batch has to come again."""
    bench.fail_from(1, problem)
    before = RETRIES["busy"]

    with pytest.raises(BusyError):
        write(put("StateTable", ITEM))

    assert RETRIES["busy"] == before + 1


@pytest.mark.parametrize(
    "reasons",
    [("TransactionConflict", "None"), ("None", "ThrottlingError"), ("None", "ProvisionedThroughputExceeded")],
)
def test_a_transaction_that_met_another_has_to_come_again(bench: Bench, reasons: tuple[str, ...]) -> None:
    """A transaction that was cancelled for passing reasons alone is busy, not wrong."""
    bench.fail_from(1, refusal("TransactionCanceledException", *reasons))

    with pytest.raises(BusyError, match="met another one or a limit"):
        transact([put("StateTable", ITEM)])


@pytest.mark.parametrize(
    "reasons",
    [(), ("ValidationError", "None"), ("None", "TransactionConflict", "ItemCollectionSizeLimitExceeded")],
)
def test_any_other_cancellation_is_an_error(bench: Bench, reasons: tuple[str, ...]) -> None:
    """A transaction that waiting does not mend raises as it is."""
    bench.fail_from(1, refusal("TransactionCanceledException", *reasons))

    with pytest.raises(ClientError):
        transact([put("StateTable", ITEM)])


def test_a_lost_race_counts_more_than_a_conflict(bench: Bench) -> None:
    """If the guard failed, the position has moved, whatever else the transaction met."""
    bench.fail_from(
        1, refusal("TransactionCanceledException", "ConditionalCheckFailed", "TransactionConflict")
    )

    assert not transact(
        [put("StateTable", ITEM, condition=NEW), put("ReduceTable", {"MessageHash": text("h")})]
    )


def test_the_client_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An execution environment makes one client, when it is first needed."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    storage.client.cache_clear()

    assert storage.client() is storage.client()
    storage.client.cache_clear()
