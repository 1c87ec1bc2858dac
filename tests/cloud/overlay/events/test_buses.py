"""Policies of buses."""

import json
from typing import Any

import pytest

from tests.cloud.conftest import Account

STATEMENT = {
    "Sid": "a",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "events:PutEvents",
    "Resource": "*",
}


@pytest.mark.parametrize("statements", [STATEMENT, [STATEMENT], [STATEMENT, {**STATEMENT, "Sid": "b"}]])
def test_a_policy_has_one_statement_or_many(account: Account, statements: Any) -> None:
    """The bus shows them as a list."""
    events = account.client("events")

    events.put_permission(Policy=json.dumps({"Statement": statements}))

    kept = json.loads(events.describe_event_bus()["Policy"])["Statement"]
    assert kept == (statements if isinstance(statements, list) else [statements])


@pytest.mark.parametrize("name", STATEMENT)
def test_a_statement_is_whole(account: Account, refused: Any, name: str) -> None:
    """What it lacks is refused by name."""
    statement = {member: value for member, value in STATEMENT.items() if member != name}

    code, message = refused(
        account.client("events").put_permission, Policy=json.dumps({"Statement": [statement]})
    )

    assert (code, name in message) == ("ValidationException", True)
