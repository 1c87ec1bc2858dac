"""One empty world per test."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from tests.cloud.documents import make_role
from tests.cloud.runtime.world import NEEDED, World, client
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.overlay import apply


def locked(process_request: Any) -> Any:
    """Return moto's entrance for clients of this process, with the lock that the server would hold."""

    @functools.wraps(process_request)
    def under_the_lock(self: Any, request: Any) -> Any:
        with LOCK:
            return process_request(self, request)

    return under_the_lock


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An account with the corrections, a manual clock, and functions that run in this process."""
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    monkeypatch.setattr(BotocoreStubber, "process_request", locked(BotocoreStubber.process_request))
    with mock_aws(config={"lambda": {"use_docker": False}}):
        world = World()
        apply(world.clock, NEEDED)
        make_role(client("iam"))
        yield world
        world.runtime.stop()
