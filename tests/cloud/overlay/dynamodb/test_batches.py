"""Limits of batches."""


def requests(count: int) -> dict:
    return {"T": [{"PutRequest": {"Item": {"pk": {"S": f"k{number}"}}}} for number in range(count)]}


def test_a_batch_of_writes_has_up_to_25_requests(table, refused) -> None:
    """BatchWriteItem takes 25 requests and refuses 26, of which none is done."""
    code, _ = refused(table.dynamodb.batch_write_item, RequestItems=requests(26))
    table.dynamodb.batch_write_item(RequestItems=requests(25))

    assert code == "ValidationException"
    assert table.item("k24") is not None
    assert table.item("k25") is None


def test_plain_moto_takes_any_batch(plain_table) -> None:
    """Without the correction, 26 requests are done."""
    plain_table.dynamodb.batch_write_item(RequestItems=requests(26))

    assert plain_table.item("k25") is not None


def test_duplicates_in_a_batch_are_refused(table, refused) -> None:
    """Two writes of one item, even a put and its deletion, and two reads of one key, are refused."""
    key = {"pk": {"S": "a"}}
    put, delete = {"PutRequest": {"Item": key}}, {"DeleteRequest": {"Key": key}}

    for second in (put, delete):
        code, _ = refused(table.dynamodb.batch_write_item, RequestItems={"T": [put, second]})
        assert (code, table.item()) == ("ValidationException", None)
    code, _ = refused(table.dynamodb.batch_get_item, RequestItems={"T": {"Keys": [key, key]}})
    assert code == "ValidationException"
