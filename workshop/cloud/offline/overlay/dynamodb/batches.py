"""BatchWriteItem and BatchGetItem check all of their requests before they do any.

AWS takes 25 writes or 100 keys, each key once, whether it is put or deleted; puts and keys are checked as
in PutItem and GetItem. An answer has at most 16 MB; the other keys are `UnprocessedKeys`, with what was
asked for them. Sources:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html and
API_BatchGetItem.html there. moto takes any number of writes, a put and a delete of one key, and keys of any
type; it compares all pairs of keys, and writes what comes before a mistake.

Changed: both methods are written anew on `operations`.
"""

from collections.abc import Mapping
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.dynamodb.capacity import capacities, read_units, write_units
from workshop.cloud.offline.overlay.dynamodb.expressions.legacy import check_forms
from workshop.cloud.offline.overlay.dynamodb.expressions.projections import project
from workshop.cloud.offline.overlay.dynamodb.expressions.request import Expressions
from workshop.cloud.offline.overlay.dynamodb.item_calls import projection_of
from workshop.cloud.offline.overlay.dynamodb.keys import Place, place_of
from workshop.cloud.offline.overlay.dynamodb.operations import Write, put_of
from workshop.cloud.offline.overlay.sizes import attributes_size

MAXIMUM_WRITES = 25
MAXIMUM_KEYS = 100
MAXIMUM_ANSWER_BYTES = 16 * 1024 * 1024
DUPLICATES = "Provided list of item keys contains duplicates"


@corrects(DynamoHandler, "batch_write_item")
def _batch_write_item(self: Any) -> Any:
    requests = self.body["RequestItems"]
    if sum(map(len, requests.values())) > MAXIMUM_WRITES:
        raise MockValidationException("Too many items requested for the BatchWriteItem call")
    tables = {name: self.dynamodb_backend.get_table(name) for name in requests}
    writes = {name: [_write(tables[name], entry) for entry in entries] for name, entries in requests.items()}
    _check_distinct([write.place for group in writes.values() for write in group])
    units = dict.fromkeys(writes, 0.0)
    for name, group in writes.items():
        for write in group:
            # Each write on its own: a batch is no transaction.
            units[name] += write_units(write.run().size)
    return DynamoResult({"UnprocessedItems": {}, **capacities(self.body, lambda: units)})


def _write(table: Any, entry: Mapping[str, Any]) -> Write:
    given = [(kind, request) for kind, request in entry.items() if request is not None]
    if len(given) != 1:
        raise MockValidationException(
            "Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest"
        )
    ((kind, request),) = given
    return (
        put_of(table, request["Item"])
        if kind == "PutRequest"
        else Write("Delete", place_of(table, request["Key"]))
    )


def _check_distinct(places: list[Place]) -> None:
    if len({place.target for place in places}) < len(places):
        raise MockValidationException(DUPLICATES)


@corrects(DynamoHandler, "batch_get_item")
def _batch_get_item(self: Any) -> Any:
    requests = self.body["RequestItems"]
    for name, request in requests.items():
        if len(request["Keys"]) > MAXIMUM_KEYS:
            raise MockValidationException(
                f"1 validation error detected: Value at 'requestItems.{name}.member.keys' failed to satisfy "
                f"constraint: Member must have length less than or equal to {MAXIMUM_KEYS}"
            )
    if sum(len(request["Keys"]) for request in requests.values()) > MAXIMUM_KEYS:
        raise MockValidationException("Too many items requested for the BatchGetItem call")
    reads = {name: _Read(self.dynamodb_backend, name, request) for name, request in requests.items()}
    _check_distinct([place for read in reads.values() for place in read.places])
    space = MAXIMUM_ANSWER_BYTES
    for read in reads.values():
        space = read.fill(space)
    return DynamoResult(
        {
            "Responses": {name: read.found for name, read in reads.items()},
            "UnprocessedKeys": {name: read.unprocessed for name, read in reads.items() if read.rest},
            **capacities(self.body, lambda: {name: read.units for name, read in reads.items()}),
        }
    )


class _Read:
    """The keys of one table, and what was found; raises `MockValidationException`."""

    def __init__(self, backend: Any, name: str, request: Mapping[str, Any]) -> None:
        check_forms(request)
        expressions = Expressions(request, (), paths="ProjectionExpression")
        self._paths = projection_of(request, expressions)
        expressions.check_used()
        table = backend.get_table(name)
        self._request = request
        self.places = [place_of(table, key) for key in request["Keys"]]
        self.found: list[Any] = []
        self.rest: list[Any] = []
        self.units = 0.0

    @property
    def unprocessed(self) -> dict[str, Any]:
        """The request for the keys that found no space in the answer."""
        return {**self._request, "Keys": self.rest}

    def fill(self, space: int) -> int:
        """Find the items, up to so many bytes; return how many bytes are left."""
        consistent = bool(self._request.get("ConsistentRead"))
        for place, key in zip(self.places, self._request["Keys"], strict=True):
            item = place.item
            size = 0 if item is None else attributes_size(item.attrs)
            if self.rest or size > space:
                self.rest.append(key)
                continue
            space -= size
            self.units += read_units(size, consistent=consistent)
            if item is not None:
                self.found.append(item.attrs if self._paths is None else project(item.attrs, self._paths))
        return 0 if self.rest else space
