"""One document: how the objects of one service become bytes, and which of them other documents refer to.

Each service has a document of its own, with all its backends. An object of another service's, such as a table
that a stack has made, is in its own service's document and only named here, by a number. If it is not there
any more, since the table was deleted, it is written here, without its rows.
"""

import copyreg
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from moto.core.base_backend import BaseBackend
from moto.iam.models import AWSManagedPolicy

from workshop.cloud.offline.keeping import rebuilding
from workshop.cloud.offline.keeping.content import Content
from workshop.cloud.offline.keeping.messages import Messages
from workshop.cloud.offline.keeping.owners import (
    KINDS,
    NOWHERE,
    OWNERS,
    REDUCERS,
    Reduced,
    moto_dicts,
    moto_threads,
    reduced_backend,
    reduced_key,
    reduced_owner,
)
from workshop.cloud.offline.keeping.packing import RestrictedPickler

__all__ = ["Document", "Parts", "Pickler", "Shared", "service_of"]

# What belongs to no service.
COMMON = frozenset(("core", "instance_metadata", "moto_api", "utilities"))
# Values: two that are equal are as good as one.
VALUES = (Enum, tuple, str, bytes, int, float, frozenset, BaseException)
_services: dict[type[Any], str | None] = {}


def service_of(kind: type[Any]) -> str | None:
    """Return the service to which objects of a class belong: moto's package; None if it is none's."""
    if kind not in _services:
        root, _, rest = kind.__module__.partition(".")
        service = rest.partition(".")[0].removesuffix("_simple")
        is_none = root != "moto" or service in COMMON or issubclass(kind, VALUES)
        _services[kind] = None if is_none else service
    return _services[kind]


@dataclass
class Document:
    """The bytes of one document, and what it has to do with others."""

    content: bytes = b""
    parts: set[int] = field(default_factory=set)
    # Numbers of objects that are written here, and of those that are only named.
    written: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)


class Shared:
    """The objects that documents of other services name, by their numbers."""

    def __init__(self) -> None:
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._next = 1
        # Those that their own service has given up.
        self.orphans: set[int] = set()

    def number_of(self, found: Any) -> int | None:
        """Return the number of an object, None if it has none."""
        return self._numbers.get(id(found))

    def numbered(self, found: Any) -> int:
        """Return the number of an object, a new one if it had none."""
        if (number := self.number_of(found)) is None:
            number = self._next
            self.add(number, found)
        return number

    def add(self, number: int, found: Any) -> None:
        """Take in an object that has a number."""
        self._objects[number], self._numbers[id(found)] = found, number
        self._next = max(self._next, number + 1)

    def at(self, number: int) -> Any:
        """Return an object, None if nobody has this number."""
        return self._objects.get(number)

    def service(self, number: int) -> str:
        """Return the service of an object."""
        return service_of(type(self._objects[number])) or ""

    def keep_only(self, used: set[int]) -> None:
        """Forget the numbers that no document needs."""
        for number in self._objects.keys() - used:
            del self._numbers[id(self._objects.pop(number))]
        self.orphans &= used


class Parts:
    """The numbers of containers, and in whose documents they are."""

    def __init__(self, first: int) -> None:
        self.next = first
        self.services: dict[int, str] = {}

    def adopt(self, found: Any, service: str) -> None:
        """Let the content of an object be kept by rows."""
        attribute, kind = OWNERS[type(found)]
        plain = getattr(found, attribute, None)
        if service_of(type(found)) not in {None, service}:
            return
        if isinstance(plain, Content) and plain.is_of(found):
            plain.adopt(found)
            return
        if type(plain) is kind and kind is not Content:
            return
        part = kind(self.next)
        self.services[self.next] = service
        self.next += 1
        part.adopt(found if kind in {Content, Messages} else plain)
        setattr(found, attribute, part)


class Pickler(RestrictedPickler):
    """Writes the document of one service."""

    def __init__(self, service: str, backends: Iterable[Any], shared: Shared, parts: Parts) -> None:
        self._buffer = io.BytesIO()
        super().__init__(self._buffer, protocol=5)
        self._service = service
        self._shared = shared
        self._parts = parts
        self._document = Document()
        self.dispatch_table = {
            **copyreg.dispatch_table,
            **REDUCERS,
            **moto_dicts(),
            **moto_threads(),
            **{owner: self._adopting(reduced_owner) for owner in OWNERS},
            **{type(found): self._adopting(reduced_backend) for found in backends},
            **dict.fromkeys(KINDS.values(), self._reduced_part),
        }

    def document(self, content: Any) -> Document:
        """Write it."""
        self.dump(content)
        self._document.content = self._buffer.getvalue()
        return self._document

    def reducer_override(self, found: Any) -> Any:
        """Write what belongs to another service as a number, and what others name with it."""
        kind = type(found)
        service = service_of(kind)
        if service is None:
            return reduced_key(found) or super().reducer_override(found)
        if service == self._service:
            number = self._shared.number_of(found)
            return NotImplemented if number is None else self._written(found, number)
        if isinstance(found, BaseBackend):
            return reduced_backend(found)[:2]
        if kind is AWSManagedPolicy:
            return REDUCERS[kind](found)[:2]
        number = self._shared.numbered(found)
        if number in self._shared.orphans:
            return self._written(found, number)
        self._document.named.add(number)
        return rebuilding.named, (number, kind)

    def _written(self, found: Any, number: int) -> Reduced:
        self._document.written.add(number)
        reduce = self.dispatch_table.get(type(found))
        reduced: Any = reduce(found) if reduce else found.__reduce_ex__(5)
        make, arguments, *rest = reduced
        return rebuilding.written, (number, make, arguments), *rest

    def _adopting(self, reduce: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def adopt_and_reduce(found: Any) -> Any:
            if type(found) in OWNERS:
                self._parts.adopt(found, self._service)
            return reduce(found)

        return adopt_and_reduce

    def _reduced_part(self, part: Any) -> Reduced:
        # What only a stack still knows, such as a table that was deleted, has no content any more.
        number = part.number if self._parts.services.get(part.number) == self._service else NOWHERE
        self._document.parts.add(number)
        return rebuilding.part, (type(part).__name__, number)
