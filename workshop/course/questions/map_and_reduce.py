"""Questions of notebook 04: changes, deltas and rows."""

from decimal import Decimal

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "change-of-m2",
        "M2 was 100.00 and becomes 80.00. What has to be added to the totals?",
        answer=Decimal(-20),
        feedback="New minus old: 80.00 - 100.00 = -20.00.",
    ),
    Question(
        "row-of-m2-and-m5",
        "M2 (100.00) and M5 (20.00) arrive in one batch. Both have the risk type Delta. "
        "What does their row say for `Delta`?",
        answer=Decimal(120),
        feedback="100.00 + 20.00 = 120.00: one number instead of two, for the next stage to add.",
    ),
    Question(
        "rows-for-a-thousand",
        "1,000 new trades arrive within a second or two. How many rows will MapLambda write for them?",
        feedback="One row per batch, not per trade. That is the whole point of this stage.",
    ),
)
