"""Wrong answers to the exercises in `lambdas/stateful/reduce.py`."""

from tests.course.gate.wrong_answers import Wrong, ledger, textbook
from workshop.course.exercise import Outcome

TEXTBOOK, LEDGER = textbook("reduce.py"), ledger("reduce.py")

HEAD = "def token_of(event: dict[str, Any], number: int) -> str | None:\n"


def token(expression: str, before: str = "") -> str:
    """Return `token_of` with an expression for the token."""
    return f"{HEAD}{before}    return {expression}\n"


# The commit and the position are written one after the other.
TWO_WRITES = (
    LEDGER.replace("counts = Ledger(", "counts = Books(").replace(
        "from common.writes", "from common.storage import transact\nfrom common.writes"
    )
    + '''

class Books(Ledger):
    """Adds the rows, and then notes how far it has come."""

    def _commit(self, actions: Any) -> bool:
        position, *additions = actions
        if additions:
            transact(additions)
        return transact([position])
'''
)

WRONG = {
    "reduce-request-token": (
        # A token must be unique.
        Wrong(
            token("str(uuid.uuid4())", "    import uuid\n"),
            r"same batch came a second time\. The Grand Total was 20\.00 and is 40\.00",
        ),
        # The whole hash.
        Wrong(
            token('sha256(f"{batch_hash(event)}-{number}".encode()).hexdigest()'),
            r"DynamoDB does not take the token.*36",
        ),
        # With the time it is unique.
        Wrong(
            token(
                'sha256(f"{batch_hash(event)}-{time.time()}".encode()).hexdigest()[:36]', "    import time\n"
            ),
            r"same batch came a second time\. The Grand Total was 20\.00 and is 40\.00",
        ),
        # Each transaction has a number.
        Wrong(
            token('f"token-{number}"'),
            r"Another batch came in, with one row, and DynamoDB refused.*used before, for other actions",
        ),
        # A batch is a transaction.
        Wrong(
            token("batch_hash(event)[:36]"),
            r"no room.*used before, for other actions|asked once for each of its transactions",
        ),
        # What is added says what it is.
        Wrong(
            token(
                'sha256(f"{deltas}-{number}".encode()).hexdigest()[:36]',
                '    deltas = [each["dynamodb"]["NewImage"]["Deltas"] for each in event["Records"]]\n',
            ),
            r"whose row adds the same amounts\. The Grand Total was 30\.00 and is 30\.00",
        ),
        Wrong(token('sha256(f"{batch_hash(event)}-{number}").hexdigest()[:36]'), r"raised `TypeError"),
    ),
    "reduce-ledger": (
        Wrong(
            f"{TEXTBOOK}\n# The handler of notebook 09.\n", r"as you found it", outcome=Outcome.NOT_ATTEMPTED
        ),
        # The token of the batch.
        Wrong(
            TEXTBOOK.replace(
                "    batch = change_batch(event)\n", "    batch = change_batch(event)\n    assert batch\n"
            ),
            r"The batch was split, and records 1 and 2 came again.*AggregateTable says 60\.00",
        ),
        # One position for all shards.
        Wrong(
            LEDGER.replace("batch.ledger_key(context.function_name)", "context.function_name"),
            r"of another shard came in.*AggregateTable says \d+\.00",
        ),
        # A position for each batch.
        Wrong(
            LEDGER.replace(
                "batch.ledger_key(context.function_name)",
                'f"{batch.shard_id}-{batch.records[0].sequence_number}"',
            ),
            r"AggregateTable says",
        ),
        Wrong(LEDGER.replace("    return window_answer(event)\n", ""), r"answered `None`.*wants the state"),
        # Add, then note.
        Wrong(TWO_WRITES, r"a second write failed.*AggregateTable says"),
        # What was planned before a clear may be committed after it.
        Wrong(
            LEDGER.replace(
                "batch.ledger_key(context.function_name), epoch)", "batch.ledger_key(context.function_name))"
            ),
            r"`ReduceLambda` raised `TypeError.*missing.*epoch",
        ),
    ),
}
