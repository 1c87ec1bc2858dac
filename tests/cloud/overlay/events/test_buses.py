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


def negated(name: str) -> dict[str, Any]:
    """Return the statement with what the element leaves out."""
    return {f"Not{key}" if key == name else key: value for key, value in STATEMENT.items()}


@pytest.mark.parametrize(
    "statements",
    [
        STATEMENT,
        [STATEMENT],
        [STATEMENT, {**STATEMENT, "Sid": "b"}],
        *(negated(name) for name in ("Principal", "Action", "Resource")),
    ],
)
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


def test_a_statement_is_replaced_and_taken_away(account: Account) -> None:
    """Its label names it, whatever it says."""
    events = account.client("events")
    events.put_permission(Policy=json.dumps({"Statement": negated("Principal")}))

    events.put_permission(Policy=json.dumps({"Statement": negated("Action")}))

    assert json.loads(events.describe_event_bus()["Policy"])["Statement"] == [negated("Action")]
    events.remove_permission(StatementId="a")
    assert "Policy" not in events.describe_event_bus()
