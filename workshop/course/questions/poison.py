"""Questions of notebook 11: records that fail, and what waits behind them."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "not-a-message",
        "Somebody puts the text `hello` into the stream. It is no "
        "message at all. What happens to the messages behind it?",
        (
            "They wait until `hello` expires, after 24 hours",
            "They are processed as if nothing had happened",
            "They are lost",
        ),
        answer=1,
        feedback=(
            "So it would be if the function raised an error. Ours does something else with bad data.",
            "Our function sets such a record aside in QuarantineTable, with the reason, and goes on.",
            "Nothing is lost. Our function sets the record aside and goes on.",
        ),
    ),
    Question(
        "one-bad-record",
        "The buggy release is out. 40 trades come in, spread over two shards, and one more that it cannot "
        "digest, in front of them all. How many of the 40 will reach StateTable?",
        ("All 40", "About half", "None"),
        answer=1,
        feedback=(
            "The batch with the bad record fails as a whole, and comes again as a whole.",
            "One of the two shards stands still: its batch fails, again and again. The other one goes on.",
            "Only one shard stands still. Shards know nothing of each other.",
        ),
    ),
    Question(
        "bisect-and-totals",
        "StateLambda's mapping may now split batches and deliver the pieces again. Which of our stages "
        "would be harmed by that, if it had only the guards of notebook 09?",
        ("None of them", "State", "Map and Reduce"),
        answer=2,
        feedback=(
            "Remember what the halves of a batch did in notebook 10.",
            "State decides by trade and version. It does not matter to it in which batch a message comes.",
            "Their guards know whole batches. That is why only State's mapping may split.",
        ),
    ),
    Question(
        "what-expires",
        "MapLambda has been failing since Friday at 18:00, and nobody was told. Its stream keeps 24 hours. "
        "You mend it on Monday at 9:00. Which changes are gone for good?",
        (
            "Those of Friday 18:00 to Sunday 9:00",
            "None, the mapping tries without end",
            "All since Friday 18:00",
        ),
        answer=0,
        feedback=(
            (
                "63 hours of changes, of which the stream still has the last 24. `workshop reconcile "
                "--rebuild` works the totals out again from StateTable."
            ),
            "The mapping tries without end, but the stream does not keep without end.",
            "The stream still has those of the last 24 hours.",
        ),
    ),
)
