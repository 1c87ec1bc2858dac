"""Questions of notebook 00: one trade, followed by hand."""

from decimal import Decimal

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "rows-for-one-trade",
        "The pipeline is empty, and you send one trade: risk type PV, desk FXSpot, region EMEA. "
        "In how many totals does it count?",
        answer=Decimal(4),
        feedback="Once per level, and once in the Grand Total: PV, PV:FXSpot, PV:FXSpot:EMEA, Grand Total.",
    ),
    Question(
        "second-version",
        "Your trade counts with 100.00. Now you send its version 2, with the value 75.00. "
        "What does the pipeline add to the totals?",
        ("75.00", "-25.00", "Nothing; it works out all totals anew"),
        answer=1,
        feedback=(
            "Then the trade would count with 175.00, the old version and the new one together.",
            "The new value minus the old one: 75.00 - 100.00. The totals need nothing else.",
            "That would be right as well, but with a million trades it would be far too slow.",
        ),
    ),
    Question(
        "how-many-trades",
        "The producer sends 2,000 messages. 200 of them are duplicates, and 60 are newer versions of trades "
        "that were sent already. How many trades are there?",
        answer=Decimal(1740),
        feedback="2,000 messages - 200 duplicates - 60 newer versions leave 1,740 first versions.",
    ),
)
