"""One empty world per test."""

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.cloud.runtime.world import TRUST, World, client
from workshop.cloud.offline.overlay import CORRECTIONS, apply

# Templates are tested elsewhere, and take long to load.
NEEDED = [name for name in CORRECTIONS if not name.startswith("cloudformation")]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An account with the corrections, a manual clock, and functions that run in this process."""
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    with mock_aws(config={"lambda": {"use_docker": False}}):
        world = World()
        apply(world.clock, NEEDED)
        client("iam").create_role(RoleName="lambda", AssumeRolePolicyDocument=json.dumps(TRUST))
        yield world
        world.runtime.stop()
