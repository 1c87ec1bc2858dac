"""Questions of notebook 03: how a stream reaches a function, and what the first stage keeps."""

from decimal import Decimal

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "sent-before-connecting",
        "Six messages are in the stream, and StateLambda is not connected yet. You connect it now, with the "
        "starting position TRIM_HORIZON. What will it get?",
        (
            "All six, and whatever else the stream still keeps",
            "Nothing that was sent before",
            "Only the last message of each shard",
        ),
        answer=0,
        feedback=(
            "TRIM_HORIZON is the oldest record that the stream still keeps, and reading begins there.",
            "That is what the starting position LATEST does.",
            "A shard is always read in order, record by record, from the starting position on.",
        ),
    ),
    Question(
        "invocations",
        "You send 1,000 messages. A batch holds up to 100 of them. "
        "How many times, at the very least, is StateLambda invoked?",
        answer=Decimal(10),
        feedback="1,000 / 100 = 10, if every batch is full. The last one of each shard usually is not.",
    ),
    Question(
        "duplicate-and-older",
        "StateTable holds version 2 of a trade, with 75.00. Now version 2 comes again, and after it, late, "
        "version 1 with 100.00. What does StateTable hold in the end?",
        ("Version 2 with 75.00", "Version 1 with 100.00", "Both versions"),
        answer=1,
        feedback=(
            "So it should be. But look at `keep`: does it compare any versions before it writes?",
            "`keep` writes whatever comes. The duplicate did no harm, the late message did: 25.00 too much.",
            "An item is known by its key, and the key is the TradeID: a second write replaces the first.",
        ),
    ),
)
