"""An account that is new, and has no concurrency to reserve: what the doctor and the exercise say of it."""

from types import SimpleNamespace
from typing import Any

import pytest

from workshop.course.exercises import find_exercise
from workshop.course.exercises.permissions import check_concurrency
from workshop.kit import aws_account


class Account:
    """An account in which so many functions may run at a time, and none is reserved."""

    region, shown_account = "eu-west-1", "…9012"

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def client(self, _service: str) -> "Account":
        """Stand in for every client."""
        return self

    def get_caller_identity(self) -> dict[str, str]:
        """Tell who asks."""
        return {"Arn": "arn:aws:sts::123456789012:assumed-role/ada"}

    def get_account_settings(self) -> dict[str, Any]:
        """Tell how many functions may run at a time."""
        return {
            "AccountLimit": {
                "ConcurrentExecutions": self._limit,
                "UnreservedConcurrentExecutions": self._limit,
            }
        }

    def get_paginator(self, _operation: str) -> "Account":
        """Stand in for every list."""
        return self

    def paginate(self) -> list[dict[str, Any]]:
        """Tell that there is nothing yet."""
        return []

    def get_function_concurrency(self, **_: str) -> dict[str, int]:
        """Tell that nothing is reserved."""
        return {}


@pytest.mark.parametrize(("limit", "can_reserve"), [(10, False), (50, False), (1_000, True)])
def test_what_cannot_be_reserved_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, limit: int, *, can_reserve: bool
) -> None:
    """Doctor and exercise agree on whether there is something to reserve; if not, all is well without.

    Nor is it what catching up does, or takes for an answer before its time.
    """
    account: Any = Account(limit)
    monkeypatch.setattr(aws_account, "connect", lambda *_, **__: account)
    course: Any = SimpleNamespace(cloud=account, client=account.client, outputs={"ReduceLambdaName": "f"})

    found = {each.check: each for each in aws_account.check_aws()}["AWS concurrency"]

    assert found.seen.startswith(f"{limit} of {limit} functions at a time are not reserved")
    assert ("none can be reserved" in found.seen) is not can_reserve
    assert check_concurrency(course).is_passed is not can_reserve
    assert find_exercise("reduce-concurrency").is_possible(course) is can_reserve
