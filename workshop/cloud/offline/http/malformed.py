"""The response to a JSON request that does not match the model of its operation.

AWS validates a request against the model before anything else: a wrong type is a `SerializationException`, a
missing parameter a `ValidationException`, and clients retry neither. moto fails on such requests in many
places, so they are validated only after something has failed. AWS's messages name Java classes; ours are
botocore's. Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
and https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CommonErrors.html.
"""

import json
from collections.abc import Iterator
from typing import Any

from botocore.validate import ParamValidator
from moto.core.utils import get_service_model

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.failures import refusal

__all__ = ["malformed_answer"]

STREAMS = "DynamoDBStreams_20120810"
# Structures of which exactly one member must be given, although their model does not say so.
ONE_OF = frozenset({"AttributeValue", "TransactWriteItem", "WriteRequest"})


def malformed_answer(call: Call) -> Answer | None:
    """Return the error for a request that violates the model of its operation, None if nothing is found."""
    shape = _input_shape(call)
    if shape is None:
        return None
    try:
        parameters = json.loads(call.body or b"{}")
    except ValueError as error:
        return _error(call, "SerializationException", f"the body is not JSON: {error}")
    if isinstance(parameters, dict):  # null is as good as nothing
        parameters = {name: value for name, value in parameters.items() if value is not None}
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        text = report.generate_report()
        is_readable = "Invalid type for parameter" not in text
        return _error(call, "ValidationException" if is_readable else "SerializationException", text)
    for name, members in _empty_choices(parameters, shape):
        one = "the supported datatypes" if name == "AttributeValue" else ", ".join(members)
        text = f"Supplied {name} is empty, must contain exactly one of {one}"
        return _error(call, "ValidationException", text)
    return None


def _error(call: Call, code: str, message: str) -> Answer:
    return refusal(call, code=code, message=message, status=400)


def _input_shape(call: Call) -> Any:
    target, _, name = call.headers.get("x-amz-target", "").rpartition(".")
    if not target or call.scope is None:
        return None
    try:
        model = get_service_model("dynamodbstreams" if target == STREAMS else call.scope.service)
        return model.operation_model(name).input_shape
    except Exception:  # noqa: BLE001 # botocore knows services by other names than signatures do
        return None


def _empty_choices(value: Any, shape: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield name and members of every structure that is a choice, and in which nothing was chosen."""
    if shape.name in ONE_OF and not value:
        yield shape.name, list(shape.members)
    for part, shape_of_part in _parts(value, shape):
        yield from _empty_choices(part, shape_of_part)


def _parts(value: Any, shape: Any) -> list[tuple[Any, Any]]:
    if shape.type_name == "structure":
        return [(value[name], one) for name, one in shape.members.items() if value.get(name) is not None]
    if shape.type_name == "map":
        return [(part, shape.value) for part in value.values()]
    return [(part, shape.member) for part in value] if shape.type_name == "list" else []
