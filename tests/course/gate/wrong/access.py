"""Wrong answers to the exercise on the producer's role, of notebook 12."""

from tests.course.gate.wrong_answers import Wrong

STREAM = 'ws.stream_arn("IncomingDataStream")'


def allowing(actions: str, resource: str = STREAM) -> str:
    """Return a cell that lets the producer do this."""
    return (
        "import json\n"
        "role = ws.aws.producer_role()\n"
        'policy = {"Version": "2012-10-17", "Statement": [\n'
        f'    {{"Effect": "Allow", "Action": {actions}, "Resource": {resource}}}\n'
        "]}\n"
        'ws.client("iam").put_role_policy(RoleName=role, PolicyName="Producer", '
        "PolicyDocument=json.dumps(policy))"
    )


WRONG = {
    "producer-policy": (
        Wrong(allowing('"kinesis:*"'), r"It can also read everybody's messages"),
        Wrong(allowing('"kinesis:PutRecords"', '"*"'), r"put into any other stream"),
        Wrong(allowing('"kinesis:PutRecord"'), r"may not call PutRecords"),
        Wrong(allowing('["kinesis:PutRecords", "kinesis:PutRecord"]'), r"one by one"),
        # What nobody dares to try.
        Wrong(
            allowing('["kinesis:PutRecords", "kinesis:DeleteStream", "dynamodb:DeleteTable", "iam:*"]'),
            r"allows `kinesis:DeleteStream` as well",
        ),
        Wrong(
            allowing('"kinesis:PutRecords"', f'[{STREAM}, {STREAM} + "-2"]'),
            r"also allows `.*-2`; limit it to the stream",
        ),
        Wrong(
            allowing('["kinesis:PutRecords", "dynamodb:GetItem"]', '"*"'),
            r"put into any other stream|read the totals",
        ),
    ),
}
