"""UpdateItem happens completely or not at all."""

from moto.dynamodb.models import dynamodb_backends

from tests.cloud.conftest import REGION
from workshop.settings import ACCOUNT_ID

KEY = {"pk": {"S": "a"}}


def test_an_update_that_fails_half_way_changes_nothing(table, refused) -> None:
    """If a later action of an expression fails, earlier ones are undone and the stream hears nothing."""
    table.put(v={"S": "text"})

    code, message = refused(table.update, expression="SET w = :w ADD v :x", w={"N": "1"}, x={"N": "1"})

    assert (code, message) == (
        "ValidationException",
        "An operand in the update expression has an incorrect data type",
    )
    assert table.item() == {**KEY, "v": {"S": "text"}}
    assert len(table.stream_records()) == 1


def test_plain_moto_keeps_half_of_a_failed_update(plain_table, refused) -> None:
    """Without the correction, what came before the failing action stays."""
    plain_table.put(v={"S": "text"})
    refused(plain_table.update, expression="SET w = :w ADD v :x", w={"N": "1"}, x={"N": "1"})

    assert plain_table.item()["w"] == {"N": "1"}


def test_a_failed_upsert_leaves_no_item(table, refused) -> None:
    """An update that fails on an item that does not exist does not leave its key behind."""
    refused(table.update, expression="SET w = missing", w={"N": "1"})
    code, _ = refused(table.update, expression="SET v = other + :x", x={"N": "1"})

    assert code == "ValidationException"
    assert table.item() is None
    assert table.stream_records() == []


def test_an_update_without_actions_creates_the_item(table) -> None:
    """An update that only names a key creates the item with it, which plain moto answers with a crash."""
    table.dynamodb.update_item(TableName="T", Key=KEY)

    assert table.item() == KEY


def test_readers_keep_what_they_have_read(table) -> None:
    """An update changes a copy: the object that a poller has read before stays as it was."""
    table.update("SET v = :v", v={"N": "1"})
    (before,) = dynamodb_backends[ACCOUNT_ID][REGION].get_table("T").all_items()

    table.update("SET v = :v", v={"N": "2"})

    assert before.attrs["v"].value == "1"


def test_a_key_that_does_not_fit_is_refused(account, refused) -> None:
    """An update whose key lacks the sort key is refused in AWS's words."""
    account.create_table(sort_key=True)

    code, message = refused(account.dynamodb.update_item, TableName="T", Key=KEY)

    assert (code, message) == ("ValidationException", "The provided key element does not match the schema")
