"""Attribute values are converted directly, and come out as moto's own conversion has them."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core.parse import BaseJSONParser, JSONParser
from moto.core.serialize import JSONSerializer
from moto.core.utils import get_service_model

from tests.cloud.overlay.test_differential import VALUES
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.cloud.offline.overlay.dynamodb import wire as dynamodb_wire


def wire_form(value: dict[str, Any]) -> dict[str, Any]:
    """Return an attribute value as JSON has it."""
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": base64.b64encode(content).decode()}
    if kind == "L":
        return {"L": [wire_form(part) for part in content]}
    if kind == "M":
        return {"M": {name: wire_form(part) for name, part in content.items()}}
    return value


def read(document: dict[str, Any]) -> Any:
    operation = get_service_model("dynamodb").operation_model("PutItem")
    return JSONParser(operation).parse({"body": json.dumps(document)})


def write(result: dict[str, Any]) -> Any:
    operation = get_service_model("dynamodb").operation_model("GetItem")
    return JSONSerializer(operation).serialize(result)["body"]


ITEMS = st.dictionaries(st.text(max_size=3), VALUES, max_size=3)


@pytest.fixture(scope="module", autouse=True)
def corrected() -> None:
    """The correction is installed."""
    overlay.apply(ManualClock(), ["dynamodb.wire"])


@given(ITEMS)
def test_requests_are_read_as_before(item: dict[str, Any]) -> None:
    """An item of any form is read as moto reads it."""
    document = {
        "TableName": "T",
        "Item": {name: wire_form(value) for name, value in item.items()},
        "ReturnValues": "NONE",
        "ReturnConsumedCapacity": None,
    }

    corrected = read(document)

    with plain_moto():
        assert corrected == read(document)


@given(ITEMS)
def test_answers_are_written_as_before(item: dict[str, Any]) -> None:
    """An item of any form is written as moto writes it, byte for byte."""
    corrected = write({"Item": item})

    with plain_moto():
        assert corrected == write({"Item": item})


@pytest.mark.parametrize(
    "value",
    [{}, {"S": "a", "N": "1"}, {"S": None}, {"N": 5}, {"S": 5}, {"L": "ab"}, {"M": []}, {"X": "1"}, None],
)
def test_odd_values_take_the_usual_way(value: Any) -> None:
    """A value that no client of good manners sends is treated as moto treats it, crash included."""

    def tried() -> Any:
        try:
            return read({"TableName": "T", "Item": {"a": value}})
        except Exception as error:  # noqa: BLE001 # moto's own crashes count as well
            return type(error)

    corrected = tried()

    with plain_moto():
        assert corrected == tried()


def test_items_do_not_walk_the_service_model(monkeypatch) -> None:
    """An attribute value of the usual form is never taken through moto's own conversion."""
    walked: list[str] = []
    original = dynamodb_wire._MOTO_PARSE

    def watched(self, shape, value):
        walked.append(shape.name)
        return original(self, shape, value)

    item = {f"a{number}": {"M": {"v": {"N": str(number)}}} for number in range(50)}
    monkeypatch.setattr(dynamodb_wire, "_MOTO_PARSE", watched)
    read({"TableName": "T", "Item": item})
    corrected = walked.count("AttributeValue")
    with plain_moto():
        monkeypatch.setattr(BaseJSONParser, "_parse_structure", watched)
        read({"TableName": "T", "Item": item})
        monkeypatch.undo()

    assert corrected == 0
    assert walked.count("AttributeValue") == 100
