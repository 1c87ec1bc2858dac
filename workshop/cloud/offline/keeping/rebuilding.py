"""What makes objects again out of what was kept: the only functions that a kept document may name."""

import copy
import sys
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

from moto.core.base_backend import BackendDict
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

__all__ = [
    "READING",
    "MakingCopies",
    "Reading",
    "backend",
    "certificate",
    "condition",
    "default_dict",
    "instance",
    "lock",
    "method",
    "named",
    "part",
    "policy_of_aws",
    "private_key",
    "public_key",
    "reentrant_lock",
    "set_bucket",
    "set_code",
    "set_default_dict",
    "set_dict",
    "set_log_stream",
    "set_mapping",
    "set_object",
    "set_policies",
    "set_queue",
    "set_stream_shard",
    "set_tokens",
    "weak_values",
    "written",
]


class Reading(Protocol):
    """What is at hand while a document is read."""

    def part(self, kind: str, number: int) -> Any:
        """Return a container with its rows."""

    def named(self, number: int, kind: type) -> Any:
        """Return an object that is written in another document."""

    def written(self, number: int, make: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Return an object that other documents name, without anything in it."""


class _Place:
    """Where what is being read is told about."""

    def __init__(self) -> None:
        self.into: Reading | None = None


READING = _Place()


def _reading() -> Reading:
    if READING.into is None:
        raise RuntimeError("containers are read only while the resources that they belong to are")
    return READING.into


def part(kind: str, number: int) -> Any:
    """Return a container with its rows."""
    return _reading().part(kind, number)


def named(number: int, kind: type) -> Any:
    """Return an object that is written in another document, which may be read later."""
    return _reading().named(number, kind)


def written(number: int, make: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Return an object that other documents name; its state follows."""
    return _reading().written(number, make, arguments)


def backend(backend_class: type, account_id: str, region: str) -> Any:
    """Return moto's own backend, which others refer to by its place."""
    for found in vars(sys.modules[backend_class.__module__]).values():
        if isinstance(found, BackendDict) and found.backend is backend_class:
            return found[account_id][region]
    raise LookupError(f"moto has no backends of {backend_class}")


def instance(kind: Any) -> Any:
    """Return an instance without anything in it."""
    return kind.__new__(kind)


def policy_of_aws(account_id: str, partition: str, arn: str) -> Any:
    """Return a managed policy of AWS's."""
    return iam_backends[account_id][partition].managed_policies[arn]


def set_policies(found: Any, state: dict[str, Any]) -> None:
    """Give IAM's backend its state; AWS's own policies are there already."""
    policies = {**found.managed_policies, **state.pop("managed_policies")}
    vars(found).update(state, managed_policies=policies)


def set_queue(queue: Any, state: dict[str, Any]) -> None:
    """Give a queue its state and its messages; those that were in flight become visible in their time."""
    vars(queue).update(state)
    kept = state["kept_messages"]
    kept.queue, queue._messages = queue, kept.taken()  # noqa: SLF001 - moto has no way to put them back
    # moto holds the groups of these back, and looks itself which of them are visible again.
    queue.pending_messages.update(message for message in queue._messages if message.receipt_handle)  # noqa: SLF001


def set_code(found: Any, state: dict[str, Any]) -> None:
    """Give a function or a layer its state and its code."""
    content = state["kept_content"]
    vars(found).update(state, code_bytes=content.take())
    content.follow(found)


def set_bucket(bucket: Any, state: dict[str, Any]) -> None:
    """Give a bucket its state, and its name: moto notes beside its backends which names are taken."""
    vars(bucket).update(state)
    s3_backends.bucket_accounts[bucket.name] = (bucket.partition, bucket.account_id)


def set_object(found: Any, state: dict[str, Any]) -> None:
    """Give an object of a bucket its state and its body, as moto does."""
    content = state["kept_content"]
    found.__setstate__({**state, "value": content.take()})
    content.follow(found)


def set_stream_shard(shard: Any, state: dict[str, Any]) -> None:
    """Give the shard of a table's stream its state; a row whose first records have expired has them still."""
    vars(shard).update(state)
    shard.items.drop_before(shard.starting_sequence_number)


def set_tokens(tokens: Any, state: dict[str, Any]) -> None:
    """Give tokens back in the order of their time."""
    vars(tokens).update(state)
    for token, used in sorted(tokens.used.items(), key=lambda entry: entry[1][1]):
        dict.pop(tokens.used, token)
        dict.__setitem__(tokens.used, token, used)


def set_mapping(mapping: Any, state: dict[str, Any]) -> None:
    """Give an event source mapping its state, and the last result as its pollers have seen it."""
    vars(mapping).update(state)
    if (last := state["progress"].get("")) is not None:
        mapping.last_processing_result = last


def set_default_dict(found: Any, state: tuple[dict[Any, Any], dict[str, Any]]) -> None:
    """Give such a dict its content, and what moto's own kinds have besides."""
    content, attributes = state
    dict.update(found, content)
    for name, value in attributes.items():
        setattr(found, name, value)


def set_log_stream(stream: Any, state: dict[str, Any]) -> None:
    """Give a log stream its state; what moto sums up with each event follows from the events."""
    vars(stream).update(state)
    if stream.events:
        newest = max(event.ingestion_time for event in stream.events)
        stream.last_ingestion_time = datetime.fromtimestamp(newest / 1000, UTC).replace(tzinfo=None)
        stream.stored_bytes = sum(len(event.message) for event in stream.events)
        # No token is given out twice: each call that put something got one more.
        stream.upload_sequence_token = len(stream.events)


def private_key(content: bytes) -> Any:
    """Return a private key, of RSA or another kind."""
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415 - rare

    return load_der_private_key(content, None)


def public_key(content: bytes) -> Any:
    """Return a public key."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - rare

    return load_der_public_key(content)


def certificate(content: bytes) -> Any:
    """Return a certificate."""
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415 - rare

    return load_der_x509_certificate(content)


def method(owner: Any, name: str) -> Any:
    """Return a method of an object."""
    return getattr(owner, name)


def lock() -> Any:
    """Return a lock that nobody holds."""
    return threading.Lock()


def reentrant_lock() -> Any:
    """Return a re-entrant lock that nobody holds."""
    return threading.RLock()


def condition() -> threading.Condition:
    """Return a condition that nobody waits for."""
    return threading.Condition()


def weak_values(entries: Iterable[tuple[Any, Any]]) -> "weakref.WeakValueDictionary[Any, Any]":
    """Return a dict that does not keep its values alive."""
    return weakref.WeakValueDictionary(entries)


def set_dict(found: Any, state: tuple[dict[Any, Any], dict[str, Any]]) -> None:
    """Give a dict of a kind of moto's its content, past what that kind makes of entries."""
    content, attributes = state
    dict.update(found, content)
    vars(found).update(attributes)


class MakingCopies:
    """Makes what a function without a name made: values that are equal, and nobody else's."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def __call__(self) -> Any:
        """Return another one."""
        return copy.deepcopy(self.made)


def default_dict(kind: Any, factory: type | MakingCopies) -> defaultdict[Any, Any]:
    """Return a dict that makes missing values; moto has kinds of its own."""
    found: defaultdict[Any, Any] = kind.__new__(kind)
    found.default_factory = factory
    return found
