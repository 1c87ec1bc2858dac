"""Wrong answers to the exercise of notebook 01."""

from tests.course.gate.wrong_answers import Wrong

WRONG = {
    "deploy-stack": (
        Wrong("ws.deploy()", r"kept for 7 days"),
        Wrong("ws.deploy(ShardCount=1, LogRetentionDays=3)", r"has 1 shard"),
    ),
}
