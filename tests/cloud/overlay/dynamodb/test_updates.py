"""UpdateItem happens completely or not at all."""

KEY = {"pk": {"S": "a"}}


def test_an_update_that_fails_half_way_changes_nothing(account, refused) -> None:
    """If a later action of an expression fails, earlier ones are undone and the stream hears nothing."""
    stream = account.create_table()
    account.put(v={"S": "text"})

    code, message = refused(account.update, expression="SET w = :w ADD v :x", w={"N": "1"}, x={"N": "1"})

    assert (code, message) == (
        "ValidationException",
        "An operand in the update expression has an incorrect data type",
    )
    assert account.item() == {**KEY, "v": {"S": "text"}}
    assert len(account.stream_records(stream)) == 1


def test_plain_moto_keeps_half_of_a_failed_update(plain, refused) -> None:
    """Without the correction, what came before the failing action stays."""
    plain.create_table()
    plain.put(v={"S": "text"})
    refused(plain.update, expression="SET w = :w ADD v :x", w={"N": "1"}, x={"N": "1"})

    assert plain.item()["w"] == {"N": "1"}


def test_a_failed_upsert_leaves_no_item(account, refused) -> None:
    """An update that fails on an item that does not exist does not leave its key behind."""
    stream = account.create_table()

    refused(account.update, expression="SET w = missing", w={"N": "1"})
    code, _ = refused(account.update, expression="SET v = other + :x", x={"N": "1"})

    assert code == "ValidationException"
    assert account.item() is None
    assert account.stream_records(stream) == []


def test_an_update_without_actions_creates_the_item(account) -> None:
    """An update that only names a key creates the item with it, which plain moto answers with a crash."""
    account.create_table()

    account.dynamodb.update_item(TableName="T", Key=KEY)

    assert account.item() == KEY


def test_a_condition_sees_the_item_before_the_update(account, refused) -> None:
    """A condition is evaluated against the stored item; the error carries that item if it is asked for."""
    account.create_table()
    account.put(v={"N": "5"})

    code, _ = refused(
        account.dynamodb.update_item,
        TableName="T",
        Key=KEY,
        UpdateExpression="SET v = :v",
        ConditionExpression="attribute_not_exists(pk) OR v < :v",
        ExpressionAttributeValues={":v": {"N": "5"}},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )

    assert code == "ConditionalCheckFailedException"
    assert account.item() == {**KEY, "v": {"N": "5"}}


def test_readers_keep_what_they_have_read(account) -> None:
    """An update changes a copy: the object that a poller has read before stays as it was."""
    from moto.dynamodb.models import dynamodb_backends

    account.create_table()
    account.update("SET v = :v", v={"N": "1"})
    table = dynamodb_backends["123456789012"]["eu-west-1"].get_table("T")
    (before,) = table.all_items()

    account.update("SET v = :v", v={"N": "2"})

    assert before.attrs["v"].value == "1"


def test_a_key_that_does_not_fit_is_refused(account, refused) -> None:
    """An update whose key lacks the sort key is refused in AWS's words."""
    account.create_table(sort_key=True)

    code, message = refused(account.dynamodb.update_item, TableName="T", Key=KEY)

    assert (code, message) == ("ValidationException", "The provided key element does not match the schema")
