"""Resources, a document for each service: all that moto's backends hold but the content of containers.

The documents of the services that answer as soon as the cloud does are read at once, all others,
CloudFormation's first of all, when these have been loaded; their stacks find the very tables and functions of
the first ones. A change is written with the documents of the services that it may concern, and with those
that must follow: what they name is always there.
"""

import io
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from moto.core.base_backend import BackendDict

from workshop.cloud.offline.keeping import rebuilding
from workshop.cloud.offline.keeping.marks import ALL
from workshop.cloud.offline.keeping.owners import KINDS, NOWHERE
from workshop.cloud.offline.keeping.packing import RestrictedUnpickler
from workshop.cloud.offline.keeping.pickling import Document, Parts, Pickler, Shared, service_of
from workshop.cloud.offline.keeping.store import Store

__all__ = ["EARLY", "NAMED", "Resources"]

log = logging.getLogger(__name__)

# What the offline cloud has loaded when it begins to answer, by the names in signatures and moto's own.
EARLY = frozenset(
    (
        "awslambda",
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
# Rows of what belongs to no service, by number.
NAMED = {"clock": 1, "events": 2, "timers": 3}
FIRST_NUMBER = 100
PREFIX = "resources/"
# Objects that belong to deleted ones are found one level deeper in each round.
ROUNDS = 50
OWN_MODULE = rebuilding.__name__


class Resources:
    """The documents, and the containers that resources in them have."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parts = Parts(max(FIRST_NUMBER, store.last_part + 1))
        self._shared = Shared()
        self._documents: dict[str, Document] = {}
        self._unread: dict[str, bytes] = {}
        # By service, why its document cannot be written; it stays as it was.
        self.unkept: dict[str, str] = {}
        self.named = {name: self._container("Rows", number) for name, number in NAMED.items()}

    @property
    def is_complete(self) -> bool:
        """Whether all documents have been read."""
        return not self._unread

    def read(self) -> None:
        """Give the first services their state back."""
        self._unread = {name.removeprefix(PREFIX): one for name, one in self._store.documents(PREFIX).items()}
        self._load(self._unread.keys() & EARLY)

    def read_late(self) -> dict[str, Exception]:
        """Give the others theirs; return what could not be read, by service."""
        failed: dict[str, Exception] = {}
        for service in sorted(self._unread):
            try:
                self._load([service])
            except Exception as error:
                log.exception("what was kept of %s could not be read", service)
                failed[service] = error
        return failed

    def leave_late(self) -> None:
        """Go on without what has not been read, or could not be."""
        self._documents.update((service, Document(content)) for service, content in self._unread.items())
        self._unread.clear()

    def _load(self, services: Iterable[str]) -> None:
        try:
            for service in sorted(services):
                document = Document(self._unread[service])
                rebuilding.READING.into = _Loading(service, document, self._shared, self._part)
                _Reader(io.BytesIO(document.content)).load()
                self._documents[service] = document
                del self._unread[service]
        finally:
            rebuilding.READING.into = None
        self._shared.orphans |= {
            number
            for service, document in self._documents.items()
            for number in document.written
            if self._shared.service(number) != service
        }

    def _part(self, kind: str, number: int, service: str) -> Any:
        if number != NOWHERE:
            self._parts.services[number] = service
            self._parts.next = max(self._parts.next, number + 1)
        return self._container(kind, number)

    def _container(self, kind: str, number: int) -> Any:
        container = KINDS[kind](number)
        if number != NOWHERE:
            container.restore(self._store.rows(number))
        return container

    def changed(self, services: Collection[str]) -> tuple[dict[str, bytes | None], set[int]]:
        """Return what documents have become, None for those that are gone, and containers that have gone.

        `services` are those that may have changed, or `ALL`.
        """
        backends = self._backends()
        known = backends.keys() | self._documents.keys()
        before = {service: self._documents.get(service, Document()) for service in known}
        waiting = set(known if ALL in services else known & set(services))
        asked: set[int] = set()
        for _ in range(ROUNDS):
            # Who names others first, since these then need numbers.
            for service in sorted(
                waiting - self.unkept.keys(), key=lambda service: (service in EARLY, service)
            ):
                self._write(service, backends.get(service))
            if not (waiting := self._unsettled(asked)):
                break
        contents = {PREFIX + service: self._content(service) for service in known}
        unchanged = {PREFIX + service: one.content for service, one in before.items()}
        gone = _union(one.parts for one in before.values()) - self._in_use("parts") - {NOWHERE}
        for number in gone:
            self._parts.services.pop(number, None)
        self._shared.keep_only(self._in_use("named") | self._in_use("written"))
        return {name: one for name, one in contents.items() if one != unchanged[name]}, gone

    def _content(self, service: str) -> bytes | None:
        return self._documents[service].content if service in self._documents else None

    def _in_use(self, numbers: str) -> set[int]:
        return _union(getattr(document, numbers) for document in self._documents.values())

    def _write(self, service: str, backends: list[Any] | None) -> None:
        if backends is None:
            self._documents.pop(service, None)
            return
        try:
            document = Pickler(service, backends, self._shared, self._parts).document(backends)
        except Exception as error:  # noqa: BLE001 - whatever a model refuses with: what cannot be kept stays as it was
            self.unkept[service] = f"{type(error).__name__}: {error}"
            log.warning("what changes in %s is not kept: %s", service, self.unkept[service])
            return
        self._documents[service] = document

    def _unsettled(self, asked: set[int]) -> set[str]:
        """Return the services whose documents are to be written again, for the sake of others.

        `asked` are the numbers for whose sake their own services have been written again.
        """
        home = self._shared.service
        written = [(name, number) for name, one in self._documents.items() for number in one.written]
        at_home = {number for name, number in written if home(number) == name}
        waiting = {name for name, number in written if number in at_home and home(number) != name}
        self._shared.orphans -= at_home
        for service, document in self._documents.items():
            for number in document.named - at_home:
                if home(number) in self._documents and number not in asked:
                    asked.add(number)
                    waiting.add(home(number))
                elif home(number) not in self.unkept:
                    self._shared.orphans.add(number)
                    waiting.add(service)
        return waiting - self.unkept.keys()

    @staticmethod
    def _backends() -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = defaultdict(list)
        for service in list(BackendDict._instances):  # noqa: SLF001 - moto has no other list of them
            for _, _, backend in service.iter_backends():
                if (name := service_of(type(backend))) is not None:
                    found[name].append(backend)
        return found


class _Loading:
    """Where the document that is being read finds containers, and objects that others name as well."""

    def __init__(
        self, service: str, document: Document, shared: Shared, part: Callable[[str, int, str], Any]
    ) -> None:
        self._service = service
        self._document = document
        self._shared = shared
        self._part = part

    def part(self, kind: str, number: int) -> Any:
        self._document.parts.add(number)
        return self._part(kind, number, self._service)

    def named(self, number: int, kind: type) -> Any:
        self._document.named.add(number)
        return self._found(number, rebuilding.instance, (kind,))

    def written(self, number: int, make: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        self._document.written.add(number)
        return self._found(number, make, arguments)

    def _found(self, number: int, make: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if (found := self._shared.at(number)) is None:
            found = make(*arguments)
            self._shared.add(number, found)
        return found


def _union(sets: Iterable[set[int]]) -> set[int]:
    return set().union(*sets)


class _Reader(RestrictedUnpickler):
    """Finds the functions of `rebuilding` as well."""

    def find_class(self, module: str, name: str) -> Any:
        if module == OWN_MODULE and name in rebuilding.__all__:
            return getattr(rebuilding, name)
        return super().find_class(module, name)
