"""The parameters of a call are read as moto's parser reads them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.core.parse import JSONParser
from moto.core.utils import get_service_model

from workshop.cloud.offline.http.parameters import parameters_of
from workshop.cloud.offline.overlay.dynamodb.numbers import NumberError

OPERATIONS = [
    "UpdateItem",
    "PutItem",
    "TransactWriteItems",
    "BatchWriteItem",
    "Query",
    "CreateTable",
    "BatchExecuteStatement",
    "ExportTableToPointInTime",
]
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text("aZü", max_size=2),
    "boolean": st.booleans(),
    "integer": st.integers(0, 9),
    "long": st.integers(0, 9),
    "double": st.floats(0, 9),
    "float": st.floats(0, 9),
    "timestamp": st.integers(0, 2_000_000_000),
    "blob": st.sampled_from(["", "YQ==", "YWI="]),
}
MOST_LEVELS = 6


def documents(shape: Any, level: int = 0) -> st.SearchStrategy[Any]:
    """Return bodies as a model has them, with members that are null or that it does not know."""
    if level > MOST_LEVELS:
        return st.none()
    if shape.type_name == "structure":
        members = {
            member.serialization.get("name", name): st.none() | documents(member, level + 1)
            for name, member in shape.members.items()
        }
        return st.fixed_dictionaries({}, optional={**members, "Unknown": st.just(1)})
    if shape.type_name == "list":
        return st.lists(documents(shape.member, level + 1).filter(lambda part: part is not None), max_size=2)
    if shape.type_name == "map":
        values = documents(shape.value, level + 1).filter(lambda part: part is not None)
        return st.dictionaries(st.sampled_from("ab"), values, max_size=2)
    return SCALARS[shape.type_name]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", OPERATIONS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_parameters_are_those_that_moto_reads(name: str, data: st.DataObject) -> None:
    """Whatever a body has of its model, both ways give equal parameters in the same order, or refuse it."""
    operation = get_service_model("dynamodb").operation_model(name)
    shape = operation.input_shape
    document = data.draw(documents(shape))

    expected = outcome(lambda: JSONParser(operation)._parse_shape(shape, document))

    assert outcome(lambda: parameters_of(operation, document)) == expected


def outcome(read: Callable[[], Any]) -> str:
    """Return what was read, or how it was refused, as text that tells order and types apart."""
    try:
        return repr(read())
    except NumberError as error:
        return f"refused: {error.description}"


def test_a_body_stays_as_it_is() -> None:
    """Lists and maps of parameters are the handler's own: what it changes in them, nobody else sees."""
    operation = get_service_model("dynamodb").operation_model("UpdateItem")
    document = {"ExpressionAttributeNames": {"#n": "n"}, "AttributeUpdates": {}}
    parameters_of(operation, document)["ExpressionAttributeNames"].clear()
    assert document["ExpressionAttributeNames"] == {"#n": "n"}
