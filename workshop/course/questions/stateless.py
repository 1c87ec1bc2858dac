"""Questions of notebook 07: the stateless pipeline."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "rows-of-small-batches",
        "3,000 messages come in quickly, and a batch holds up to 100 of them. "
        "About how many rows will MapLambda write into ReduceTable?",
        ("3,000", "About 30", "2, one for each shard"),
        answer=1,
        feedback=(
            "That would be a row for each message. A row stands for a whole batch.",
            "Each batch becomes one row, and 3,000 messages are about 30 batches of 100.",
            "Shards do not fill batches: the batch size does, and it is 100.",
        ),
    ),
    Question(
        "rows-of-large-batches",
        "3,000 more messages, now in batches of up to 5,000, and Lambda waits two seconds for "
        "each. How many rows this time?",
        ("About 30 again", "A handful", "None, since no batch is ever full"),
        answer=1,
        feedback=(
            "The batches are larger now, so there are fewer of them.",
            "Each of the two shards waits until its time is over, and then hands over all that it has.",
            "A batch is handed over when it is full or when its time is over, whichever comes first.",
        ),
    ),
    Question(
        "stateless-changes",
        "A trade of 100 is changed to 90: a second message with version 2 and the value 90. "
        "What does the stateless pipeline add to the totals, for both messages together?",
        ("90", "100", "190"),
        answer=2,
        feedback=(
            "For that it would have to take the 100 away again, and nobody here remembers the 100.",
            "Both messages pass MapLambda, and it adds what it sees.",
            "It adds every message. To subtract the old value it would need a table of states.",
        ),
    ),
    Question(
        "which-pipeline",
        "A shop counts how much was sold, minute by minute. A sale never changes; the tills may send a "
        "message twice after a network failure. Which pipeline?",
        (
            "Stateless: sales never change",
            "Stateful: a message may come twice",
            "Stateless, if the tills make sure that nothing is sent twice",
        ),
        answer=1,
        feedback=(
            "They do not change, but they are repeated, and the stateless pipeline adds each repetition.",
            "A state that knows each sale by its id recognises the repetition.",
            "They cannot make sure: who got no answer does not know whether the message was stored.",
        ),
    ),
)
