"""A schedule invokes a function with the rights of its own role."""

import json
from typing import Any

import pytest

from tests.cloud.documents import ACCOUNT, allow, document, trust
from tests.cloud.permissions.conftest import REGION, Roles
from workshop.cloud.laboratory import Laboratory

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
OTHER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:g"
INVOKE = allow("lambda:InvokeFunction", FUNCTION)
SERVICE = "scheduler.amazonaws.com"
SOURCE = """
import boto3
def handler(event, context):
    boto3.client("dynamodb").put_item(TableName="T", Item={"id": {"S": "invoked"}})
"""


def trusted_for(account_id: str) -> str:
    """Return a trust policy for schedules of one account."""
    condition = {"StringEquals": {"aws:SourceAccount": account_id}}
    statement = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    return document({**statement, "Condition": condition})


@pytest.mark.parametrize(
    ("rights", "trusted", "is_invoked"),
    [
        ([INVOKE], trust(Service=SERVICE), True),
        ([INVOKE], trusted_for(ACCOUNT), True),
        ([INVOKE], trusted_for("999999999999"), False),
        ([INVOKE], trust(Service="lambda.amazonaws.com"), False),
        ([allow("lambda:InvokeFunction", OTHER)], trust(Service=SERVICE), False),
        ([], trust(Service=SERVICE), False),
    ],
)
def test_a_schedule_needs_a_role_that_may_invoke(
    roles: Roles, laboratory: Laboratory, rights: list[dict[str, Any]], trusted: str, *, is_invoked: bool
) -> None:
    """A function is invoked if the schedule's role trusts the scheduler and allows this very function."""
    roles.make("f", allow("dynamodb:PutItem"), trusted=trust(Service="lambda.amazonaws.com"))
    roles.make_function("f", SOURCE)
    role = roles.make("s", *rights, trusted=trust(Service=SERVICE))
    laboratory.client("scheduler").create_schedule(
        Name="n",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": FUNCTION, "RoleArn": role, "Input": json.dumps({})},
    )
    laboratory.client("iam").update_assume_role_policy(RoleName="s", PolicyDocument=trusted)

    laboratory.step()

    key = {"id": {"S": "invoked"}}
    assert ("Item" in laboratory.client("dynamodb").get_item(TableName="T", Key=key)) is is_invoked
