"""Limits of batches."""


def requests(count: int) -> dict:
    return {"T": [{"PutRequest": {"Item": {"pk": {"S": f"k{number}"}}}} for number in range(count)]}


def test_a_batch_of_writes_has_up_to_25_requests(account, refused) -> None:
    """BatchWriteItem takes 25 requests and refuses 26, of which none is done."""
    account.create_table()

    code, _ = refused(account.dynamodb.batch_write_item, RequestItems=requests(26))
    account.dynamodb.batch_write_item(RequestItems=requests(25))

    assert code == "ValidationException"
    assert account.item("k24") is not None
    assert account.item("k25") is None


def test_plain_moto_takes_any_batch(plain) -> None:
    """Without the correction, 26 requests are done."""
    plain.create_table()
    plain.dynamodb.batch_write_item(RequestItems=requests(26))

    assert plain.item("k25") is not None


def test_duplicates_in_a_batch_are_refused(account, refused) -> None:
    """The same request twice in a batch of writes, or the same key in a batch of reads, is refused."""
    account.create_table()
    key = {"pk": {"S": "a"}}

    written, _ = refused(
        account.dynamodb.batch_write_item, RequestItems={"T": [{"PutRequest": {"Item": key}}] * 2}
    )
    read, _ = refused(account.dynamodb.batch_get_item, RequestItems={"T": {"Keys": [key, key]}})

    assert (written, read) == ("ValidationException", "ValidationException")
