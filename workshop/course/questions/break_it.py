"""Questions of notebook 08: what goes wrong without guards."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "duplicate-effect",
        "The producer sends a message of 200.00 a second time. What happens to the Grand Total?",
        ("It grows by 200.00", "It stays as it is", "It grows by 200.00 once the mapping tries again"),
        answer=1,
        feedback=(
            "Watch StateTable: the trade is written over itself, so its old value and its new one are equal.",
            (
                "The trade is written over itself. The difference between old and new is 0.00, and that is "
                "what MapLambda sums. It is luck, not design: nobody checked anything."
            ),
            "The mapping has no reason to try again: nothing failed.",
        ),
    ),
    Question(
        "outdated-effect",
        "Version 2 of a trade arrives first, version 1 after it. What does StateTable hold in the end?",
        ("Version 2, since it is newer", "Version 1, since it came last", "Both"),
        answer=1,
        feedback=(
            "Who would compare the versions? Look into `keep` in `lambdas/stateful/state.py`.",
            "Our function writes what comes. Who writes last, wins.",
            "A table has one item for each key, and the key is the trade.",
        ),
    ),
    Question(
        "crash-and-retry",
        "MapLambda gets ten trades, writes their row, and dies before it can answer. You bring it the batch "
        "again, and it answers. Then the mapping, which heard nothing of either, goes on where it was "
        "paused. How often does each trade count?",
        ("Once", "Twice", "Three times"),
        answer=2,
        feedback=(
            "Nobody compares the batches: each delivery becomes a row.",
            "That was your part. The mapping still holds the batch to be undelivered.",
            "Each delivery becomes a row, and ReduceLambda adds every row.",
        ),
    ),
    Question(
        "where-it-is-exact",
        "Crashes everywhere, and the totals are wrong. Which table can still be right?",
        ("StateTable", "ReduceTable", "AggregateTable"),
        answer=0,
        feedback=(
            (
                "Writing the same item again changes nothing, so a "
                "repetition does no harm there. Additions are another matter."
            ),
            "A repeated batch leaves a second row there.",
            "It adds what it gets, as often as it gets it.",
        ),
    ),
)
