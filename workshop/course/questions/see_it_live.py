"""Questions of notebook 06: speed, delay, and whether the totals are right."""

from workshop.course.question import Question

__all__ = ["QUESTIONS"]

QUESTIONS = (
    Question(
        "median-latency",
        "A message is sent, and some time later it is part of the totals. "
        "How many seconds will that take for half of the messages?",
        feedback="Where the pipeline keeps up, most of it is waiting on purpose: each stage gathers messages "
        "for up to a second, so that it has to work less often.",
    ),
    Question(
        "duplicates-alone",
        "The naive StateLambda writes whatever comes. You send 540 new trades, and 60 of them twice. "
        "How many trades will the totals hold?",
        ("600: the duplicates count twice", "540", "It depends on the batches"),
        answer=1,
        feedback=(
            "Look at StateTable: writing the same item a second time changes nothing, so Map hears nothing.",
            "Writing an item as it stands already is no change, so no record of it reaches Map.",
            "However they are cut: what has changed nothing in StateTable leaves no record for Map.",
        ),
    ),
)
