"""Questions of notebook 12: rights, costs and limits."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "stolen-laptop",
        "The producer's laptop is stolen, and its role may only PutRecords on our stream. What is the worst "
        "that the thief can do to the totals?",
        ("Read them", "Delete them", "Make them wrong with invented trades"),
        answer=2,
        feedback=(
            "The role may not read anything.",
            "The role may not touch a table.",
            "A producer is believed. Least privilege keeps the damage small; it does not make it nothing.",
        ),
    ),
    Question(
        "largest-line",
        "At 1,000 messages a second around the clock: which "
        "line of the stateful pipeline's bill is the largest?",
        ("The stream's shards", "Lambda's time", "One write for each message into StateTable"),
        answer=2,
        feedback=(
            "At this rate a single shard is enough. Look at what is paid by the message.",
            "Functions work for milliseconds, on a hundred messages at once.",
            "Everything else is paid by the batch. Exactness per trade is paid by the trade.",
        ),
    ),
    Question(
        "forgotten-stack",
        "You go home and forget the stack, with its stream of two shards. Nobody sends anything. "
        "What costs money by the hour?",
        ("The functions", "The tables", "The stream"),
        answer=2,
        feedback=(
            "A function costs while it runs. Nobody calls it.",
            "These tables are paid by the read and the write, and there are none.",
            "Provisioned shards are paid by the hour, whether anything flows or not.",
        ),
    ),
    Question(
        "when-to-outgrow",
        "A desk sends 40,000 changes of trades a second, day "
        "and night. What would you keep of this pipeline?",
        (
            "All of it, with more shards",
            "The idea of the ledger, in an engine that keeps the state itself",
            "The stateless pipeline, to save the writes",
        ),
        answer=1,
        feedback=(
            "It works, and one write for each change makes a bill with five digits every month.",
            "Position and state move together there as well, and no change costs a write into a database.",
            "It would add every change as if it were a new trade.",
        ),
    ),
)
