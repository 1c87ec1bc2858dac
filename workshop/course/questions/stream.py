"""Questions of notebook 02: shards, keys and positions."""

from decimal import Decimal

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "shards-of-one-key",
        "The stream has two shards. You put 100 records with one and the same partition key. "
        "How many of the shards get any of them?",
        answer=Decimal(1),
        feedback="The key alone decides on the shard, so equal keys always meet in one shard.",
    ),
    Question(
        "read-twice",
        "You have just read a shard from its beginning to its end. "
        "Now you read it from the beginning again. What do you get?",
        ("Nothing: the records have been taken out", "The same records", "Only records that are new since"),
        answer=1,
        feedback=(
            "In a queue it would be so. A stream keeps its records for a day, no matter who reads them.",
            "Reading leaves no trace. So many readers can share a stream, and each can begin anew.",
            "That needs a position that somebody keeps. This time you begin at the beginning again.",
        ),
    ),
    Question(
        "order-across-shards",
        "Trade X lies in one shard, trade Y in the other. X was put first. Which one is processed first?",
        ("X", "Y", "Nobody knows"),
        answer=2,
        feedback=(
            "Often, but nothing promises it: each shard is read at its own pace.",
            "It can happen, but nothing promises it: each shard is read at its own pace.",
            "Order holds inside a shard only. Our totals do not need more: X + Y = Y + X.",
        ),
    ),
)
