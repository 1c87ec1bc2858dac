"""Wrong answers to the exercises on permissions and concurrency of notebook 05."""

from tests.course.gate.wrong_answers import Wrong

READING = '["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]'
LISTING = '{"Effect": "Allow", "Action": "dynamodb:ListStreams", "Resource": "*"}'
STREAM = 'ws.stream_arn("ReduceTable")'


def allowing(*statements: str) -> str:
    """Return a cell that hangs a policy with these statements on the role."""
    return (
        "import json\n"
        f'document = json.dumps({{"Version": "2012-10-17", "Statement": [{", ".join(statements)}]}})\n'
        'ws.client("iam").put_role_policy(RoleName=ws.aws.role_name("ReduceLambda"), '
        'PolicyName="ReadReduceTable", PolicyDocument=document)\n'
    )


def reading(actions: str, resource: str) -> str:
    """Return a statement that allows actions on a resource."""
    return f'{{"Effect": "Allow", "Action": {actions}, "Resource": {resource}}}'


def reserving(count: int) -> str:
    """Return a cell that sets the reserved concurrency."""
    return (
        'ws.client("lambda").put_function_concurrency('
        f'FunctionName=ws.outputs["ReduceLambdaName"], ReservedConcurrentExecutions={count})'
    )


WRONG = {
    "reduce-policy": (
        Wrong(allowing(reading('"dynamodb:*"', '"*"')), r"`dynamodb:\*` is a pattern"),
        Wrong(allowing(reading(READING, '"*"'), LISTING), r"more than one stream"),
        Wrong(
            allowing(reading(READING, f'{STREAM}.partition("/stream/")[0]'), LISTING),
            r"may not call dynamodb:DescribeStream.*Your policy names",
        ),
        Wrong(
            allowing(reading('["dynamodb:GetRecords"]', STREAM), LISTING), r"may not call dynamodb:Describe"
        ),
        Wrong(allowing(reading(READING, f'{STREAM}[:-1] + "?"'), LISTING), r"more than one stream"),
        Wrong(
            allowing(reading(READING, f'[{STREAM}, ws.stream_arn("StateTable")]'), LISTING),
            r"as well, which is not the stream of ReduceTable",
        ),
        Wrong(
            allowing('{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}'),
            r"names what it does not apply to",
        ),
        # Right by itself, but not alone.
        Wrong(
            allowing(reading(READING, STREAM), LISTING)
            + 'ws.client("iam").attach_role_policy(RoleName=ws.aws.role_name("ReduceLambda"), '
            'PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")',
            r"`\*` is a pattern",
        ),
        # Lambda does not call from one's own network.
        Wrong(
            allowing(
                reading(READING, STREAM)[:-1]
                + ', "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}',
                LISTING,
            ),
            r"under the condition .*SourceIp.*does not hold",
        ),
        Wrong(
            allowing(
                reading(READING, STREAM),
                LISTING,
                '{"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}',
            ),
            r"denies the role to write to AggregateTable",
        ),
        Wrong(allowing(reading(READING, STREAM)), r"may not call dynamodb:ListStreams"),
        Wrong(
            allowing(reading(READING[:-1] + ', "dynamodb:ListStreams"]', STREAM)),
            r"belongs to no single stream",
        ),
    ),
    "reduce-concurrency": (
        Wrong(reserving(0), r"may not run at all"),
        Wrong(reserving(5), r"Up to 5 invocations"),
    ),
}
