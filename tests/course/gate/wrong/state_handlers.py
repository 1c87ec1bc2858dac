"""Wrong answers to the exercises in `lambdas/stateful/state.py`."""

from tests.course.gate.wrong_answers import Wrong, textbook

TEXTBOOK = textbook("state.py")
NEWER = "attribute_not_exists(#TradeID) OR #Version < :Version"
KEEP = """\
def keep(trade: Trade, table: str) -> bool:
    item = item_of_trade(trade)
    key = {"TradeID": item.pop("TradeID")}
    item.setdefault("Cancelled", {"BOOL": False})
"""


def keep(condition: str) -> str:
    """Return `keep` with a condition."""
    return f"{KEEP}    return write(update(table, key, to=item, condition={condition!r})) is None\n"


READ_FIRST = f"""\
{KEEP}    from common.storage import read_item
    there = read_item(table, key)
    if there is None or int(there["Version"]["N"]) < trade.version:
        write(update(table, key, to=item))
        return True
    return False
"""

RAISING = f"""\
{KEEP}    newer = "attribute_not_exists(#TradeID) OR #Version < :Version"
    if write(update(table, key, to=item, condition=newer)):
        raise RuntimeError("an older version")
    return True
"""

SETTING_ASIDE = RAISING.replace("RuntimeError", "MalformedRecordError")

LOOP = """\
    for record in batch.records:
        try:
            trade = decode_trade(record.data, settings.hierarchy_levels, record.arrived_at)
            counts["applied" if keep(trade, settings.state_table_name) else "refused"] += 1
        except MalformedRecordError as error:
            quarantine.put([Rejection(record.sequence_number, error.reason, record.data)])
            counts["malformed"] += 1
    report("state", counts)
"""
assert LOOP in TEXTBOOK


def partial(handling: str, answer: str) -> str:
    """Return the whole file with an answer to a busy DynamoDB, and with what is returned at the end."""
    loop = LOOP.replace("    report(", f"        except BusyError as error:\n{handling}    report(")
    return (
        TEXTBOOK.replace(LOOP, f"    failures = []\n{loop}    return {answer}\n")
        .replace("import update, write", "import BusyError, update, write")
        .replace(") -> None:", ") -> Any:")
    )


def noting(identifier: str, *, then: str = "break") -> str:
    """Return the lines that note a failed record."""
    return f'            failures.append({{"itemIdentifier": {identifier}}})\n            {then}\n'


ANSWER = '{"batchItemFailures": failures}'

WRONG = {
    "state-conditional-write": (
        # What is equal is as good as new.
        Wrong(
            keep("attribute_not_exists(#TradeID) OR #Version <= :Version"),
            r"Version 4 came again.*was version 4 with 40\.00 and became version 4 with 44\.00",
        ),
        # What is there stays there.
        Wrong(
            keep("attribute_not_exists(#TradeID)"),
            r"Version 4 came after version 3, and the item in StateTable stayed version 3",
        ),
        # There is an item to compare with.
        Wrong(
            keep("#Version < :Version"), r"did not hold came in version 3, and the table holds no item of it"
        ),
        # Different is newer.
        Wrong(
            keep("attribute_not_exists(#TradeID) OR #Version <> :Version"),
            r"Version 3 came after version 4.*became version 3",
        ),
        # The time says what is newer.
        Wrong(
            keep("attribute_not_exists(#TradeID) OR #Timestamp < :Timestamp"),
            r"Version 4 came after version 3.*stayed version 3",
        ),
        # A cancellation is something else than a version.
        Wrong(
            keep("attribute_not_exists(#TradeID) OR (#Version < :Version AND #Cancelled = :Cancelled)"),
            r"cancelled in version 5, and the item in StateTable stayed version 4",
        ),
        # What `write` returns, as it is.
        Wrong(
            keep(NEWER).replace(" is None", ""),
            r"came in version 3, and StateTable is right\. But the log.*`refused`.*was not stored",
        ),
        # The condition alone.
        Wrong(
            keep(NEWER).replace("return write", "write").replace(" is None", "\n    return True"),
            r"Version 3 came after version 4, and StateTable is right\. But the log.*`applied`.*was stored",
        ),
        # First look, then write.
        Wrong(READ_FIRST, r"AccessDenied.*overtaken in between"),
        Wrong(RAISING, r"Version 3 came after version 4, and `StateLambda` raised `RuntimeError: an older"),
        Wrong(SETTING_ASIDE, r"lie in QuarantineTable"),
        Wrong(keep("#Version < :Version OR"), r"`StateLambda` raised `(ClientError|BusyError)"),
        Wrong(
            "def keep(trade, table)\n    return True\n",
            r"cannot be packed: `lambdas/stateful/state\.py`, line \d+",
        ),
    ),
    "state-partial-batch": (
        # It will work next time.
        Wrong(
            partial("            pass\n", ANSWER), r"answered that nothing had failed\. The record is lost"
        ),
        # Forgot to answer.
        Wrong(
            partial(noting("record.sequence_number"), "None"),
            r"StateLambda answered `None`.*record is\s+lost",
        ),
        # The eventID is the identifier.
        Wrong(
            partial(noting('f"{batch.shard_id}:{record.sequence_number}"'), ANSWER),
            r"named `shardId-\d+:\d+`, which is not a sequence number",
        ),
        # The batch has failed.
        Wrong(
            partial(noting("batch.records[0].sequence_number"), ANSWER),
            r"number 1 of the batch.*with records that were stored",
        ),
        # Let Lambda see it.
        Wrong(
            partial("            raise\n", ANSWER), r"busy when the third.*`StateLambda` raised `BusyError"
        ),
        Wrong(
            partial(
                "            quarantine.put([Rejection(record.sequence_number, str(error), record.data)])\n"
                + noting("record.sequence_number"),
                ANSWER,
            ),
            r"lies in QuarantineTable.*Nothing is\s+wrong with it",
        ),
        Wrong(
            partial(noting("record.sequence_number"), '[each["itemIdentifier"] for each in failures]'),
            r"Nothing failed in a batch, and StateLambda answered `\[\]`",
        ),
    ),
}
