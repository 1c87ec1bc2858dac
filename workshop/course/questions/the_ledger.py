"""Questions of notebook 10: the guards' limits, and the ledger."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "halves-of-a-batch",
        "The row of ten trades is in ReduceTable. Now Lambda delivers the first five of them, and then the "
        "other five. What does MapLambda's guard say?",
        ("It knows these records", "It takes both for new", "It takes the second half for new"),
        answer=1,
        feedback=(
            "It never looks at single records: it knows the hash of the whole batch.",
            "Five records have another hash than ten, and so another key, under which nothing stands yet.",
            "The first half has a new hash, too.",
        ),
    ),
    Question(
        "rows-in-new-company",
        "ReduceLambda has added row A. Row A is delivered again, together with a new row B. "
        "What does the request token do?",
        (
            "It lets B in and holds A back",
            "It holds both back",
            "It is a new token, so both are added",
        ),
        answer=2,
        feedback=(
            "A token stands for a whole transaction. It cannot hold back a part of it.",
            "The token is made from the batch, and this batch has never been there.",
            "A and B together are another batch. The token is new, and A counts twice.",
        ),
    ),
    Question(
        "where-to-remember",
        "We want to remember which records were applied. Where must that be written down?",
        (
            "In a cache, before the effect",
            "In a log, after the effect",
            "Where the effect is, in the same transaction",
        ),
        answer=2,
        feedback=(
            "If the function dies between the two, the record counts as applied, and is lost.",
            "If the function dies between the two, nobody knows what was applied: it counts twice.",
            "Either both happen or neither. There is no moment in between at which anything could die.",
        ),
    ),
    Question(
        "ledger-after-eleven-hours",
        "A batch that the ledger has applied comes again, cut in three, eleven hours later. What is written?",
        ("Nothing", "Three rows, and later on they cancel out", "A warning into QuarantineTable"),
        answer=0,
        feedback=(
            "Every record lies at or before the position of its shard. It is passed over.",
            "No row is written: each record lies at or before the position of its shard.",
            "Nothing is wrong with the records; they were simply there before.",
        ),
    ),
    Question(
        "prove-textbook",
        "Next, ten small runs with random faults for each variant, all judged to the cent. In how many of "
        "the ten will the textbook end with wrong totals?",
        feedback="The faults of each run follow from its number, so everybody gets the same result.",
    ),
)
