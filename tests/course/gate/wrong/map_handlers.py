"""Wrong answers to the exercises in `lambdas/stateful/map.py`."""

from tests.course.gate.wrong_answers import Wrong, ledger, textbook
from workshop.course.exercise import Outcome

TEXTBOOK, LEDGER = textbook("map.py"), ledger("map.py")


def difference(subtracted: str, *, when: str = "old is not None") -> str:
    """Return `difference` with what it takes away, and when."""
    return f"""\
def difference(old: Trade | None, new: Trade | None) -> Change:
    deltas = []
    if {when}:
        deltas.append({subtracted})
    if new is not None:
        deltas.append((new.path, Delta(new.value, new.count)))
    return Change(tuple(deltas), new.timestamp if new is not None else None)
"""


def store(
    key: str, *, condition: str = ', condition="attribute_not_exists(#MessageHash)"', then: str = ""
) -> str:
    """Return `store` with a key, a condition, and what happens to a refusal."""
    count = then or 'counts["repeated" if refusal else "rows"] += 1'
    return f"""\
def store(summary: Summary, event: dict[str, Any], *, table: str, now: Decimal) -> Counter[str]:
    counts = Counter[str]()
    for row in rows_of(summary, key={key}, now=now):
        refusal = write(put(table, item_of_row(row){condition}))
        {count}
    return counts
"""


SWALLOWING = """\
def store(summary: Summary, event: dict[str, Any], *, table: str, now: Decimal) -> Counter[str]:
    counts = Counter[str]()
    try:
        for row in rows_of(summary, key=batch_hash(event), now=now):
            write(put(table, item_of_row(row), condition="attribute_not_exists(#MessageHash)"))
    except Exception:
        counts["repeated"] += 1
    return counts
"""

# The position is kept in an item of its own, after the rows.
TWO_WRITES = (
    LEDGER.replace(
        "        counts = Ledger(settings.ledger_table_name, ledger_key, epoch).apply(",
        "        counts = Books(settings.ledger_table_name, ledger_key, epoch).apply(",
    )
    + '''

class Books(Ledger):
    """Writes the rows, and then notes how far it has come."""

    def _commit(self, actions: Any) -> bool:
        position, *rows = actions
        if rows:
            transact(rows)
        return transact([position])
'''
).replace("from common.writes", "from common.storage import transact\nfrom common.writes")

WRONG = {
    "map-subtract-old": (
        # Added, not subtracted.
        Wrong(
            difference("(old.path, Delta(old.value, old.count))"),
            r"went from 100\.00 to 80\.00\. The row adds 180\.00 to `PV:FXSpot:EMEA`.*changed\s+by -20\.00",
        ),
        # Taken away from where it is now.
        Wrong(
            difference("(new.path, -Delta(old.value, old.count))", when="old and new"),
            r"moved from EMEA to APAC\. The row adds",
        ),
        # A deletion is no change.
        Wrong(
            difference("(old.path, -Delta(old.value, old.count))", when="old and new"),
            r"was deleted from StateTable\. The row adds 0\.00",
        ),
        # Only the amount.
        Wrong(
            difference("(old.path, Delta(-old.value, 0))"),
            r"amounts are right\. But the row changes the number of trades in `PV:FXSpot:EMEA` by 1.*by 0",
        ),
        # There always is an old one.
        Wrong(
            difference("(old.path, -Delta(old.value, old.count))", when="True"),
            r"A new trade came in with 100\.00, and `MapLambda` raised `AttributeError",
        ),
        # A cancelled trade is a trade.
        Wrong(
            difference("(old.path, -Delta(old.value, 1))").replace("new.count", "1"),
            r"was cancelled\. The amounts are right\. But the row changes the number of trades",
        ),
    ),
    "map-batch-guard": (
        # A time makes it unique.
        Wrong(
            store('f"{batch_hash(event)}-{now}"'),
            r"had 1 row with 30\.00 in all, after\s+the second one 2 rows with 60\.00",
        ),
        # The key is enough.
        Wrong(store("batch_hash(event)", condition=""), r"wrote it anew: its `\w+` was"),
        # The condition is enough.
        Wrong(store('""'), r"after\s+the second one 2 rows"),
        # Somebody should hear of it.
        Wrong(
            store(
                "batch_hash(event)",
                then='if refusal:\n            raise RuntimeError("the batch was there already")',
            ),
            r"second time, which nothing can prevent, and `MapLambda` raised `RuntimeError: the batch",
        ),
        # One key for all.
        Wrong(store('"batch"'), r"Two different batches came in.*The second batch is missing"),
        # What matters is the content.
        Wrong(
            store(
                'batch_hash({"Records": [str(each["dynamodb"]["NewImage"]) for each in event["Records"]]})'
            ),
            r"happened a second time.*No row was\s+written",
        ),
        # It is called, so it is counted.
        Wrong(
            store("batch_hash(event)", then='counts["rows"] += 1'),
            r"ReduceTable is right\. But at the second delivery the log of MapLambda says `rows: 1`",
        ),
        # It must not fail.
        Wrong(SWALLOWING, r"swallowed the error.*this one is lost"),
    ),
    "map-ledger": (
        Wrong(
            f"{TEXTBOOK}\n# The handler of notebook 09.\n", r"as you found it", outcome=Outcome.NOT_ATTEMPTED
        ),
        # The hash of the batch.
        Wrong(
            TEXTBOOK.replace(
                "    batch = change_batch(event)\n", "    batch = change_batch(event)\n    assert batch\n"
            ),
            r"The batch was split, and records 1 and 2 came again.*ReduceTable says 60\.00",
        ),
        # One position for all shards.
        Wrong(
            LEDGER.replace(
                "ledger_key = batch.ledger_key(context.function_name)", "ledger_key = context.function_name"
            ),
            r"of another shard came in.*ReduceTable says \d+\.00",
        ),
        # A position for each invocation.
        Wrong(
            LEDGER.replace(
                "ledger_key = batch.ledger_key(context.function_name)",
                'ledger_key = f"{context.aws_request_id}"',
            ),
            r"came again, as the same batch.*ReduceTable says 80\.00",
        ),
        # There always are records.
        Wrong(
            LEDGER.replace(
                "    if batch.records:  # the last event of a tumbling window may be empty\n",
                "    if True:\n",
            ).replace(
                "        ledger_key = batch",
                '        assert batch.records, "no records"\n        ledger_key = batch',
            ),
            r"last event of it held no records, and `MapLambda` raised `AssertionError",
        ),
        Wrong(
            LEDGER.replace("return window_answer(event)", "return {}"), r"answered `\{\}`.*wants the state"
        ),
        # First the row, then the note.
        Wrong(TWO_WRITES, r"a second write failed.*ReduceTable says"),
        # What was planned before a clear may be committed after it.
        Wrong(
            LEDGER.replace(
                "settings.ledger_table_name, ledger_key, epoch)", "settings.ledger_table_name, ledger_key)"
            ),
            r"`MapLambda` raised `TypeError.*missing.*epoch",
        ),
    ),
}
