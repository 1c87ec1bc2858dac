"""moto in process, with and without the corrections, and templates small enough to read."""

import functools
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.cloud.overlay.cloudformation.samples import body, pairs
from workshop.clock import ManualClock
from workshop.cloud.offline.overlay import apply
from workshop.cloud.offline.overlay.correct import plain_moto

REGION = "us-east-1"
CONSENT = ["CAPABILITY_NAMED_IAM"]


class Account:
    """An empty account, and the calls that most tests make."""

    def __init__(self) -> None:
        self.cloudformation = self.client("cloudformation")

    def client(self, service: str) -> Any:
        """Return a client of a service, made once for all tests: that takes longer than most of them."""
        return client_of(service)

    def create(self, template: Any, name: str = "stack", /, **options: Any) -> dict[str, Any]:
        """Create a stack and return its description."""
        arguments = {"TemplateBody": body(template), "Capabilities": CONSENT, **pairs(options)}
        stack = self.cloudformation.create_stack(StackName=name, **arguments)["StackId"]
        return self.stack(stack)

    def update(self, template: Any, name: str = "stack", /, **options: Any) -> dict[str, Any]:
        """Update a stack and return its description."""
        arguments = {"TemplateBody": body(template), "Capabilities": CONSENT, **pairs(options)}
        self.cloudformation.update_stack(StackName=name, **arguments)
        return self.stack(name)

    def stack(self, name: str = "stack") -> dict[str, Any]:
        """Return the description of a stack."""
        described: dict[str, Any] = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return described

    def outputs(self, name: str = "stack") -> dict[str, str]:
        """Return the outputs of a stack."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(name).get("Outputs", [])}

    def events(self, name: str = "stack") -> list[str]:
        """Return the events of a stack as `LogicalId STATUS`, the first one first."""
        events = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return [f"{event['LogicalResourceId']} {event['ResourceStatus']}" for event in reversed(events)]

    def reasons(self, name: str = "stack") -> list[tuple[str, str]]:
        """Return the resources of all events that give a reason, each with it, the latest first."""
        events = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        given = ((one["LogicalResourceId"], one.get("ResourceStatusReason", "")) for one in events)
        return [(logical_id, reason) for logical_id, reason in given if reason]

    def reason(self, logical_id: str, name: str = "stack") -> str:
        """Return the latest reason that an event of a resource gives."""
        return next((reason for of, reason in self.reasons(name) if of == logical_id), "")

    def resources(self, name: str = "stack") -> dict[str, str]:
        """Return the physical ids of a stack's resources."""
        rows = self.cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows}

    def refusal(self, call: Callable[..., Any], *args: Any, **options: Any) -> tuple[str, str]:
        """Return code and message of the error that a call ends with."""
        with pytest.raises(ClientError) as caught:
            call(*args, **options)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]


@functools.cache
def client_of(service: str) -> Any:
    """Return a client of a service."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    config = Config(account_id_endpoint_mode="disabled")
    return boto3.client(service, region_name=REGION, config=config, **keys)


@pytest.fixture
def aws(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account in the corrected cloud."""
    apply(clock)
    yield from account(monkeypatch, nullcontext())


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account in moto as it is."""
    yield from account(monkeypatch, plain_moto())


def account(monkeypatch: pytest.MonkeyPatch, context: Any) -> Iterator[Account]:
    """Yield an account while moto is switched on."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with context, mock_aws(config={"lambda": {"use_docker": False}}):
        yield Account()
