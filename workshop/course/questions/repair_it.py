"""Questions of notebook 09: the textbook's guards."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "read-then-write",
        "A colleague suggests: StateLambda reads the item, compares the versions, and writes only if its "
        "own is newer. What is wrong with that?",
        (
            "Nothing",
            "Between reading and writing, another invocation may write",
            "Reading costs more than writing",
        ),
        answer=1,
        feedback=(
            "It works on a quiet day. What if two invocations read the same item at the same moment?",
            (
                "Both see version 1, both find theirs newer, and the slower one wins. The comparison has to "
                "happen in the same step as the write."
            ),
            "A read is cheaper than a write. The trouble lies elsewhere.",
        ),
    ),
    Question(
        "same-batch-again",
        "MapLambda has its guard now. The batch of ten trades is delivered twice by you, and once more by "
        "the mapping. How many rows does that add to ReduceTable?",
        ("1", "2", "3"),
        answer=0,
        feedback=(
            "All three deliveries have the same records, so the same hash, so the same key.",
            "The second delivery has the same records as the first, and so the same key.",
            "Each delivery has the same records, and so the same key.",
        ),
    ),
    Question(
        "token-lifetime",
        "DynamoDB remembers a ClientRequestToken so that a repeated transaction has no effect. For how long?",
        ("For ten minutes", "For a day, as long as the stream", "For ever"),
        answer=0,
        feedback=(
            "After that, the same token is a new one. Keep that in mind for the next notebook.",
            "The stream keeps its records for a day. The token is gone long before.",
            "That would be a lot of tokens.",
        ),
    ),
)
