"""Each argument of a call that changes something is read, refused by name, or known not to matter."""

from collections.abc import Iterator
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest
from botocore import xform_name

from tests.cloud.request_models import test_read_members as reading
from tests.cloud.walk.requests import model_of
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.request_models.offered import METHODS, PACKAGES, is_offered
from workshop.cloud.offline.request_models.without_effect import REFUSED

SERVICES = (
    "kinesis",
    "dynamodb",
    "lambda",
    "sqs",
    "sns",
    "logs",
    "cloudwatch",
    "events",
    "scheduler",
    "sts",
)
# Why it does not matter that nobody reads them, whatever the operation.
HARMLESS = {
    "AuthenticateOnUnsubscribe": "only the account itself calls",
    "ClientToken": "a call that comes again is told that it has been made",
    "ConfirmRemoveSelfResourceAccess": "the standing keys may do everything",
    "Force": "no service manages a rule",
    "MinimumSessionTokenSize": "a token is as long as it is",
    "Payload": "it is the body",
    "ReceiveRequestAttemptId": "what was not answered comes back when its time is over",
    "ReturnItemCollectionMetrics": "the answer has none",
    "ReturnSubscriptionArn": "the answer always has it",
    "S3SseAlgorithm": "nothing is encrypted",
    "S3SseKmsKeyId": "nothing is encrypted",
    "SequenceNumberForOrdering": "numbers rise anyway",
    "SerialNumber": "no device is asked for",
    "StreamId": "AWS reserves it for later",
    "StrictEntityValidation": "metrics of entities are refused",
    "TokenCode": "no device is asked for",
    "UseLatestRestorableTime": "a table is restored as it is",
    "entity": "AWS shows it elsewhere",
    "forceUpdate": "a policy names this account",
    "sequenceToken": "AWS does not look at it either",
}


def changing(service: str) -> Iterator[tuple[str, Any]]:
    """Yield the operations that change something, and what they take."""
    for name in model_of(service).operation_names:
        shape = model_of(service).operation_model(name).input_shape
        if not name.startswith(reading.READS) and shape is not None and is_offered(service, name):
            yield name, shape


def classes(service: str, part: str) -> list[type]:
    """Return moto's classes for a service that answer calls, or that keep what calls make."""
    module = import_module(f"moto.{PACKAGES.get(service, service)}.{part}")
    found = [one for one in vars(module).values() if isinstance(one, type)]
    return [one for one in found if one.__module__.startswith(f"moto.{PACKAGES.get(service, service)}")]


def read_by(service: str, operation: str) -> set[str]:
    """Return the texts in what answers an operation, and in what the backend does for it.

    Functions keep their whole request, and take from it what they want later.
    """
    found: set[str] = set()
    for owner in (*classes(service, "responses"), *classes(service, "models")):
        for name, member in vars(owner).items():
            if isinstance(member, FunctionType) and (name == operation or service == "lambda"):
                found |= reading.words(member, owner, set())
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_no_argument_of_a_change_is_ignored(service: str) -> None:
    """What nobody reads has no effect, and whoever asked for it would believe in it."""
    overlay.apply(ManualClock())
    everything = read_by(service, "") if service == "lambda" else set()

    ignored = []
    for name, shape in changing(service):
        read = everything or read_by(service, xform_name(METHODS.get(name, name)))
        refused = {path.partition(".")[0] for path in REFUSED.get((service, name), ())}
        for member, inner in shape.members.items():
            names = {member, inner.serialization.get("name", member), xform_name(member)}
            is_in_path = inner.serialization.get("location") == "uri"
            if not (is_in_path or member in shape.required_members or names & read):
                ignored.append(f"{name} {member}" if member not in {*refused, *HARMLESS} else "")

    assert [one for one in ignored if one] == []
