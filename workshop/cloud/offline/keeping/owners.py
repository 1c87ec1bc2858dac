"""Which of moto's objects have content that is kept row by row, and how objects are taken apart.

Everything else is pickled as it is: locks are made anew, what AWS provides is looked up, backends stay where
they are and get their state back.
"""

import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterator
from types import MethodType, NoneType
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaFunction, LayerVersion
from moto.cloudwatch.models import CloudWatchBackend
from moto.dynamodb.models.table import RestoredPITTable, RestoredTable, StreamShard, Table
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.kinesis.models import Shard
from moto.logs.models import LogStream
from moto.s3.models import FakeBucket, FakeKey, FakeTableStorageBucket
from moto.sns.models import Topic
from moto.sqs.models import Queue

from workshop.cloud.offline.keeping import rebuilding
from workshop.cloud.offline.keeping.content import Content
from workshop.cloud.offline.keeping.logs import LogEvents, MetricValues
from workshop.cloud.offline.keeping.messages import Messages
from workshop.cloud.offline.keeping.records import Records, StreamRecords
from workshop.cloud.offline.keeping.rows import Items, Rows
from workshop.cloud.offline.keeping.spilling import NOWHERE
from workshop.cloud.offline.overlay.used_tokens import UsedTokens

# `set_mapping` puts the last result back, which is in the progress.
NO_RECORDS = "No records processed"

__all__ = [
    "KINDS",
    "NOWHERE",
    "OWNERS",
    "REDUCERS",
    "Reduced",
    "moto_dicts",
    "moto_threads",
    "reduced_backend",
    "reduced_key",
    "reduced_owner",
]

KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Content, Items, LogEvents, Messages, MetricValues, Records, Rows, StreamRecords)
}
# The attribute of a class whose content is kept by rows.
OWNERS: dict[type, tuple[str, Any]] = {
    **dict.fromkeys((Table, RestoredTable, RestoredPITTable), ("items", Items)),
    StreamShard: ("items", StreamRecords),
    Shard: ("records", Records),
    LogStream: ("events", LogEvents),
    CloudWatchBackend: ("metric_data", MetricValues),
    UsedTokens: ("used", Rows),
    Queue: ("kept_messages", Messages),
    EventSourceMapping: ("progress", Rows),
    **dict.fromkeys((FakeKey, LambdaFunction, LayerVersion), ("kept_content", Content)),
}
BUCKETS: tuple[type, ...] = (FakeBucket, FakeTableStorageBucket)
# What belongs to this process alone, or follows from content; nothing of those that are only put back.
LEFT_OUT: dict[type, dict[str, Callable[[], Any]]] = {
    **{kind: {} for kind in BUCKETS},
    Queue: {
        "_messages": list,
        "_pending_messages": set,
        "_messages_lock": threading.Condition,
        "deleted_messages": set,
    },
    LogStream: {
        "first_event_timestamp": NoneType,
        "last_event_timestamp": NoneType,
        "last_ingestion_time": NoneType,
        "stored_bytes": int,
        "upload_sequence_token": int,
    },
    EventSourceMapping: {"pollers": dict, "last_processing_result": lambda: NO_RECORDS},
    Topic: {"sent_notifications": list},
    FakeKey: {"_value_buffer": NoneType, "lock": NoneType},
    LambdaFunction: {"code_bytes": bytes, "_DockerModel__docker_client": NoneType},
    LayerVersion: {"code_bytes": bytes},
    # Sums that go on in `metric_data`; after a restart others begin.
    CloudWatchBackend: {"kinesis_metrics": dict},
}
SETTERS: dict[type, Callable[[Any, dict[str, Any]], None]] = {
    **dict.fromkeys(BUCKETS, rebuilding.set_bucket),
    Queue: rebuilding.set_queue,
    EventSourceMapping: rebuilding.set_mapping,
    FakeKey: rebuilding.set_object,
    LambdaFunction: rebuilding.set_code,
    LayerVersion: rebuilding.set_code,
    IAMBackend: rebuilding.set_policies,
    LogStream: rebuilding.set_log_stream,
    StreamShard: rebuilding.set_stream_shard,
    UsedTokens: rebuilding.set_tokens,
}
Reduced = tuple[Any, ...]
# What Python's own threads have.
OF_THREADS = frozenset(vars(threading.main_thread()))


def reduced_owner(found: Any) -> Reduced:
    """Take an object apart as `pickle` wants it."""
    return _reduced(found, (rebuilding.instance, (type(found),)))


def reduced_backend(found: Any) -> Reduced:
    """Take a backend apart: where it is, and its state."""
    return _reduced(found, (rebuilding.backend, (type(found), found.account_id, found.region_name)))


def _reduced(found: Any, made: Reduced) -> Reduced:
    kind = type(found)
    state = {**vars(found), **{name: make() for name, make in LEFT_OUT.get(kind, {}).items()}}
    if isinstance(found, IAMBackend):
        del state["aws_managed_policies"]
        state["managed_policies"] = {
            arn: policy
            for arn, policy in found.managed_policies.items()
            if not isinstance(policy, AWSManagedPolicy)
        }
    if kind in OWNERS:
        attribute, container = OWNERS[kind]
        # What only another service's document still holds has no rows: nobody has adopted them.
        if type(state.get(attribute)) is not container:
            state[attribute] = container(NOWHERE)
    setter = SETTERS.get(kind)
    return (*made, state, None, None, setter) if setter else (*made, state)


def _default_dict(found: defaultdict[Any, Any]) -> Reduced:
    factory = found.default_factory
    # A lambda of moto's cannot be named; copies of what it makes are as good.
    if factory is not None and not isinstance(factory, type | rebuilding.MakingCopies):
        factory = rebuilding.MakingCopies(factory())
    # Past what moto's own kinds make of names.
    state = (dict(dict.items(found)), getattr(found, "__dict__", {}))
    return rebuilding.default_dict, (type(found), factory), state, None, None, rebuilding.set_default_dict


def moto_dicts() -> dict[type, Callable[[Any], Reduced]]:
    """Return how moto's own kinds of dict are taken apart: by what is in them, not by what they show."""
    return {
        kind: _default_dict if issubclass(kind, defaultdict) else _moto_dict
        for kind in _subclasses(dict)
        if kind.__module__.startswith("moto.")
    }


def moto_threads() -> dict[type, Callable[[Any], Reduced]]:
    """Return how moto's own kinds of thread are taken apart: by what they have found, as ended ones."""
    return {kind: _thread for kind in _subclasses(threading.Thread) if kind.__module__.startswith("moto.")}


def _thread(found: Any) -> Reduced:
    state = {name: value for name, value in vars(found).items() if name not in OF_THREADS}
    return rebuilding.instance, (type(found),), state


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _moto_dict(found: Any) -> Reduced:
    state = (dict(dict.items(found)), vars(found))
    return rebuilding.instance, (type(found),), state, None, None, rebuilding.set_dict


def reduced_key(found: Any) -> Reduced | None:
    """Take a key or certificate of a library in Rust apart, None for anything else."""
    if not type(found).__module__.startswith("cryptography."):
        return None
    # Loaded, since one is there.
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    if hasattr(found, "private_bytes"):
        secret = found.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return rebuilding.private_key, (secret,)
    if hasattr(found, "issuer"):
        return rebuilding.certificate, (found.public_bytes(Encoding.DER),)
    if hasattr(found, "public_bytes"):
        content = found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return rebuilding.public_key, (content,)
    return None


def _policy_of_aws(policy: Any) -> Reduced:
    place = (policy.account_id, policy.partition, policy.arn)
    return rebuilding.policy_of_aws, place, {"id": policy.id, "attachment_count": policy.attachment_count}


REDUCERS: dict[type, Callable[[Any], Reduced]] = {
    **dict.fromkeys(LEFT_OUT, reduced_owner),
    type(threading.Lock()): lambda _: (rebuilding.lock, ()),
    type(threading.RLock()): lambda _: (rebuilding.reentrant_lock, ()),
    threading.Condition: lambda _: (rebuilding.condition, ()),
    weakref.WeakValueDictionary: lambda found: (rebuilding.weak_values, (list(found.items()),)),
    MethodType: lambda found: (rebuilding.method, (found.__self__, found.__name__)),
    defaultdict: _default_dict,
    AWSManagedPolicy: _policy_of_aws,
}
