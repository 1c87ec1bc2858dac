"""What is written has the shape that its format stands for: an older file is read rightly, or not at all."""

import inspect
import re
import sqlite3
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.cloud.keeping.crashing import KeptCloud
from tests.cloud.keeping.test_everything import CALLS
from workshop.cloud.offline.keeping import rebuilding
from workshop.cloud.offline.keeping.owners import KINDS
from workshop.cloud.offline.keeping.packing import unpack
from workshop.cloud.offline.keeping.pickling import Pickler
from workshop.cloud.offline.keeping.resources import NAMED
from workshop.cloud.offline.keeping.store import FORMAT, SCHEMA
from workshop.cloud.offline.lock import LOCK

SHAPE = Path(__file__).with_name("shape.txt")
# What the last calls of `CALLS` take away is to be seen here.
DELETIONS = 4
MORE: list[tuple[str, str, dict[str, Any]]] = [
    (
        "dynamodb",
        "transact_write_items",
        {
            "ClientRequestToken": "token",
            "TransactItems": [{"Put": {"TableName": "T", "Item": {"pk": {"S": "c"}, "sk": {"N": "1"}}}}],
        },
    ),
    ("kinesis", "put_record", {"StreamName": "S", "Data": b"four", "PartitionKey": "k"}),
    ("sqs", "send_message", {"QueueUrl": "Q", "MessageBody": "one"}),
]


class _Noting(Pickler):
    """Writes documents, and notes what is in them."""

    classes: dict[type, set[str]]
    parts: list[Any]

    def reducer_override(self, found: Any) -> Any:
        """Note the attributes of an object, and the number of a container."""
        if type(found) in KINDS.values():
            self.parts.append(found)
        elif not isinstance(found, type) and type(found).__module__.startswith(("moto.", "workshop.")):
            names = set(getattr(found, "__slots__", ())) | vars_of(found).keys()
            self.classes.setdefault(type(found), set()).update(names)
        return super().reducer_override(found)


def vars_of(found: Any) -> dict[str, Any]:
    return vars(found) if hasattr(found, "__dict__") else {}


def names_in_moto(kind: type) -> set[str]:
    """Return the words in the modules of moto that a class and those that it inherits from are in."""
    modules = {sys.modules[one.__module__] for one in kind.__mro__ if one.__module__.startswith("moto.")}
    return {name for module in modules for name in words_of(module)}


@cache
def words_of(module: ModuleType) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", inspect.getsource(module)))


def outline(value: Any) -> str:
    """Return the types in a value, and the names of our own in its dicts."""
    if isinstance(value, dict):
        entries = {f"{key_of(key)}: {outline(one)}" for key, one in value.items()}
        return "{" + ", ".join(sorted(entries)) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(outline, value)) + ")"
    if isinstance(value, list):
        return "[" + ", ".join(sorted(set(map(outline, value)))) + "]"
    names = getattr(value, "__slots__", ())
    inside = ", ".join(f"{name}={outline(getattr(value, name))}" for name in names)
    return f"{type(value).__name__}({inside})" if names else type(value).__name__


def key_of(key: Any) -> str:
    return key if isinstance(key, str) and re.fullmatch("[a-z_]+", key) else type(key).__name__


def noted(cloud: KeptCloud) -> tuple[dict[type, set[str]], dict[int, str]]:
    """Return the attributes of all objects in the documents, and the kinds of containers by number."""
    keeper = cloud.laboratory._world.keeper
    assert keeper is not None
    resources = keeper._resources
    _Noting.classes, _Noting.parts = {}, []
    with LOCK:
        for service, backends in resources._backends().items():
            _Noting(service, backends, resources._shared, resources._parts).document(backends)
    return _Noting.classes, {part.number: type(part).__name__ for part in _Noting.parts}


def described(cloud: KeptCloud) -> str:
    """Return what the file of a cloud looks like, but for what moto itself puts into it."""
    classes, kinds = noted(cloud)
    kinds |= {number: name for name, number in NAMED.items()}
    lines = [*SCHEMA[:-1], *(f"{name}{parameters_of(name)}" for name in rebuilding.__all__)]
    for kind, names in sorted(classes.items(), key=lambda entry: entry[0].__qualname__):
        added = names - names_in_moto(kind)
        if added:
            lines.append(f"{kind.__module__}.{kind.__qualname__}: {', '.join(sorted(added))}")
    with closing(sqlite3.connect(cloud.copied())) as connection:
        rows = connection.execute("SELECT part, content FROM rows").fetchall()
    found = {f"{kinds[number]}: {outline_of_row(kinds[number], unpack(row))}" for number, row in rows}
    return "\n".join([f"format {FORMAT}", *lines, *sorted(found), ""])


def outline_of_row(kind: str, value: Any) -> str:
    # Attributes of moto's messages are its own.
    return "vars(Message)" if kind == "Messages" else outline(value)


def parameters_of(name: str) -> str:
    function = getattr(rebuilding, name)
    return f"({', '.join(inspect.signature(function).parameters)})" if inspect.isfunction(function) else ""


def test_the_shape_is_that_of_the_format(cloud: KeptCloud) -> None:
    """Whoever changes what is written raises `FORMAT`, unless older files are still read rightly.

    `shape.txt` shows what is written; the difference is to be seen, and decided about, in a review.
    """
    for service, operation, arguments in [*CALLS[:-DELETIONS], *MORE]:
        getattr(cloud.client(service), operation)(**arguments)
        cloud.laboratory.step()

    assert described(cloud) == SHAPE.read_text(encoding="utf-8")
