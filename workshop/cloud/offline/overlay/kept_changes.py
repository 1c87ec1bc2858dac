"""Changes of moto's objects that nothing else shows are noted, so that they can be kept.

No behaviour differs from AWS here. Messages of queues, log streams and objects of buckets also come into
being while no call of AWS's API is answered: a mapping receives, a function prints, a failed batch goes to a
bucket. What takes some time in moto moves on when it is looked at. Changed: what makes or moves them says so
to `keeping.marks`.
"""

from typing import Any

from moto.core.base_backend import BaseBackend
from moto.logs.models import LogGroup, LogStream
from moto.moto_api._internal.managed_state_model import ManagedState
from moto.s3.models import FakeKey
from moto.sqs.models import SQSBackend

from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.keeping.messages import note_messages
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.sqs.clock import forget_expired

_MOTO_BACKEND = BaseBackend.__init__
_MOTO_RECEIVE = SQSBackend.receive_message
_MOTO_LOG_GROUP = LogGroup.__init__
_MOTO_LOG_STREAM = LogStream.__init__
_MOTO_OBJECT = FakeKey.__init__
_MOTO_ADVANCE = ManagedState.advance
_MOTO_STATUS: Any = ManagedState.status


@corrects(BaseBackend, "__init__")
def _initialize_backend(self: Any, *arguments: Any, **named: Any) -> None:
    # Made when first looked for, perhaps by a call that only puts something in.
    MARKS.note_resources()
    _MOTO_BACKEND(self, *arguments, **named)


@corrects(SQSBackend, "receive_message")
def _receive_message(self: Any, queue_name: str, *arguments: Any, **named: Any) -> Any:
    # moto ends at the first one that has expired.
    forget_expired(self.get_queue(queue_name))
    try:
        return _MOTO_RECEIVE(self, queue_name, *arguments, **named)
    finally:
        # Afterwards, since the lock may have been given up meanwhile.
        note_messages(self.queues.get(queue_name))


@corrects(LogGroup, "__init__")
def _initialize_log_group(self: Any, *arguments: Any, **named: Any) -> None:
    MARKS.note_resources("logs")
    _MOTO_LOG_GROUP(self, *arguments, **named)


@corrects(LogStream, "__init__")
def _initialize_log_stream(self: Any, *arguments: Any, **named: Any) -> None:
    MARKS.note_resources("logs")
    _MOTO_LOG_STREAM(self, *arguments, **named)


@corrects(FakeKey, "__init__")
def _initialize_object(self: Any, *arguments: Any, **named: Any) -> None:
    MARKS.note_resources("s3")
    _MOTO_OBJECT(self, *arguments, **named)


@corrects(ManagedState, "advance")
def _advance(self: Any) -> None:
    MARKS.note_resources()
    _MOTO_ADVANCE(self)


@corrects(ManagedState, "status", kind=_MOTO_STATUS.getter)
def _status(self: Any) -> Any:
    before = self._status, self._tick
    found = _MOTO_STATUS.fget(self)
    if (self._status, self._tick) != before:
        MARKS.note_resources()
    return found
