"""Resources as one document: everything that moto's backends hold, except the content of containers.

The document has two parts, written one after the other by the same pickler, so that what both refer to is in
it once. The first has the services that answer as soon as the cloud does. The second has all others,
CloudFormation first of all: it is read when these have been loaded, and its stacks find the very tables and
functions of the first part.
"""

import copyreg
import io
import logging
import pickle
from collections.abc import Callable
from typing import Any

from moto.core.base_backend import BackendDict

from workshop.cloud.offline.keeping import rebuilding
from workshop.cloud.offline.keeping.messages import Messages
from workshop.cloud.offline.keeping.owners import (
    KINDS,
    OWNERS,
    REDUCERS,
    moto_dicts,
    reduced_backend,
    reduced_owner,
)
from workshop.cloud.offline.keeping.packing import RestrictedUnpickler
from workshop.cloud.offline.keeping.store import Store

__all__ = ["EARLY", "NAMED", "Resources"]

log = logging.getLogger(__name__)

# What the offline cloud has loaded when it begins to answer, by the names in signatures.
EARLY = frozenset(
    (
        "cloudwatch",
        "dynamodb",
        "dynamodbstreams",
        "events",
        "iam",
        "kinesis",
        "lambda",
        "logs",
        "monitoring",
        "s3",
        "scheduler",
        "sns",
        "sqs",
        "sts",
    )
)
# moto's own: its control, and what it tells machines about themselves.
NO_SERVICES = frozenset(("instance_metadata", "moto_api"))
# Rows of what belongs to no service, by number.
NAMED = {"clock": 1, "events": 2, "timers": 3}
FIRST_NUMBER = 100
NOWHERE = 0
OWN_MODULE = rebuilding.__name__


class Resources:
    """The document, and the containers that resources in it have."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = FIRST_NUMBER
        self._known: set[int] = set()
        self._seen: set[int] = set()
        self._is_late = False
        self._reader: _Reader | None = None
        self.unkept: set[str] = set()
        self.named = {name: self._part("Rows", number) for name, number in NAMED.items()}

    @property
    def is_complete(self) -> bool:
        """Whether the second part has been read, or there was none."""
        return self._reader is None

    def read(self, content: bytes) -> None:
        """Give the first services their state back."""
        self._reader = _Reader(io.BytesIO(content))
        self._load()

    def read_late(self) -> None:
        """Give the others theirs."""
        if self._reader is not None:
            self._load()
            self._reader = None

    def leave_late(self) -> None:
        """Go on without what could not be read."""
        self._reader = None

    def _load(self) -> None:
        rebuilding.READING.part = self._part
        try:
            document = self._reader.load() if self._reader else {}
        finally:
            rebuilding.READING.part = None
        self._next = max(self._next, document.get("next", 0))

    def _part(self, kind: str, number: int) -> Any:
        part = KINDS[kind](number)
        # Even where the rest of the document is never read, no other container gets its rows.
        self._next = max(self._next, number + 1)
        part.restore(self._store.rows(number))
        self._known.add(number)
        return part

    def document(self) -> tuple[bytes, set[int]]:
        """Return the document as it is now, and the numbers of the containers that have gone."""
        self._seen.clear()
        try:
            content = self._pickled()
        except Exception:  # noqa: BLE001 - whatever a model refuses with: what cannot be kept is left out
            self._leave_out()
            self._seen.clear()
            content = self._pickled()
        # The rows of a service that is left out stay where they are.
        gone = set() if self.unkept else self._known - self._seen - set(NAMED.values())
        self._known = self._seen | set(NAMED.values())
        return content, gone

    def _pickled(self) -> bytes:
        backends = self._backends()
        early = [found for name, found in backends if name in EARLY]
        late = [found for name, found in backends if name not in EARLY]
        buffer = io.BytesIO()
        pickler = self._pickler(buffer, [found for _, found in backends])
        self._is_late = False
        pickler.dump({"backends": early})
        self._is_late = True
        pickler.dump({"backends": late, "next": self._next})
        return buffer.getvalue()

    def _pickler(self, buffer: io.BytesIO, backends: list[Any]) -> pickle.Pickler:
        pickler = pickle.Pickler(buffer, protocol=5)
        pickler.dispatch_table = {
            **copyreg.dispatch_table,
            **REDUCERS,
            **moto_dicts(),
            **{owner: self._adopting(reduced_owner) for owner in OWNERS},
            **{type(found): self._adopting(reduced_backend) for found in backends},
            **dict.fromkeys(KINDS.values(), self._reduced_part),
        }
        return pickler

    def _backends(self) -> list[tuple[str, Any]]:
        return [
            (service.service_name, backend)
            for service in list(BackendDict._instances)  # noqa: SLF001 - moto has no other list of them
            if service.service_name not in NO_SERVICES | self.unkept
            for _, _, backend in service.iter_backends()
        ]

    def _leave_out(self) -> None:
        """Find the services that cannot be kept, and say so once."""
        for name, backend in self._backends():
            try:
                self._pickler(io.BytesIO(), [found for _, found in self._backends()]).dump(backend)
            except Exception as error:  # noqa: BLE001 - as above
                if name not in self.unkept:
                    log.warning("what is in %s is not kept: %s: %s", name, type(error).__name__, error)
                self.unkept.add(name)

    def _adopting(self, reduce: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def adopt_and_reduce(found: Any) -> Any:
            self._adopt(found)
            return reduce(found)

        return adopt_and_reduce

    def _adopt(self, found: Any) -> None:
        """Let the content of an object be kept by rows."""
        if type(found) not in OWNERS or self._is_late:
            return
        attribute, kind = OWNERS[type(found)]
        plain = getattr(found, attribute, None)
        if type(plain) is kind:
            return
        part = kind(self._next)
        self._next += 1
        part.adopt(found if kind is Messages else plain)
        setattr(found, attribute, part)

    def _reduced_part(self, part: Any) -> tuple[Any, ...]:
        # What only a stack still knows, such as a table that was deleted, has no content any more.
        number = NOWHERE if self._is_late else part.number
        self._seen.add(number)
        return rebuilding.part, (type(part).__name__, number)


class _Reader(RestrictedUnpickler):
    """Finds the functions of `rebuilding` as well."""

    def find_class(self, module: str, name: str) -> Any:
        if module == OWN_MODULE and name in rebuilding.__all__:
            return getattr(rebuilding, name)
        return super().find_class(module, name)
