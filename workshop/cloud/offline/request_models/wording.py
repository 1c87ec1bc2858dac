"""AWS's words for a request that its model does not allow, by service and protocol.

Most services are built alike: types are told apart first, as a `SerializationException` (`MalformedInput` in
the query protocol), and then all constraints are listed in one message. Sources: the common errors of each
service's API reference, such as
https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html, and
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. AWS does not say where a type is wrong;
we add it.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from workshop.cloud.offline.request_models.reading import ReadCall
from workshop.cloud.offline.request_models.violations import MapKey, Violation, ViolationKind

__all__ = [
    "ModelError",
    "constraint_refusal",
    "not_found_refusal",
    "token_refusal",
    "unreadable_refusal",
]

MOST_LISTED = 10
MOST_SHOWN = 200
QUERY = "query"
NOT_FOUND = re.compile("NotFound|NoSuch|DoesNotExist")
S3 = "s3"
# The code of a violated constraint, where it is not that of the protocol.
CODES = {"logs": "InvalidParameterException", "sqs": "InvalidParameterValue", S3: "InvalidArgument"}
SERIALIZATION = {QUERY: "MalformedInput", "rest-xml": "MalformedXML"}
NOT_WELL_FORMED = "The XML you provided was not well-formed or did not validate against our published schema"


@dataclass(frozen=True)
class ModelError:
    """Code and message of an error of AWS."""

    code: str
    message: str


def unreadable_refusal(protocol: str, reason: str) -> ModelError:
    """Return the error for a body that is not in the form of its protocol."""
    message = NOT_WELL_FORMED if protocol == "rest-xml" else reason
    return ModelError(SERIALIZATION.get(protocol, "SerializationException"), message)


def constraint_refusal(read: ReadCall, found: list[Violation]) -> ModelError:
    """Return the error for what is wrong with a request, which is something."""
    for one in found:
        if one.kind is ViolationKind.ARN:
            return _no_arn(read, one)
        if one.kind is ViolationKind.TYPE:
            code = SERIALIZATION.get(read.protocol, "SerializationException")
            return ModelError(code, f"{one.text} ({_place(one.path) or 'the body'})")
        if one.kind is ViolationKind.CHOICE:
            return ModelError("ValidationException", _choice(one))
    if read.service == S3:
        return _of_s3(read, found[0])
    if read.service == "sqs" and found[0].kind is ViolationKind.MISSING:
        return ModelError(
            "MissingParameter", f"The request must contain the parameter {_place(found[0].path)}."
        )
    listed = "; ".join(map(_sentence, found[:MOST_LISTED]))
    noun = "error" if len(found) == 1 else "errors"
    return ModelError(_usual_code(read), f"{len(found)} validation {noun} detected: {listed}")


def token_refusal(read: ReadCall, token: str) -> ModelError:
    """Return the error for a token or marker that this operation has not given out."""
    if read.service == "s3":
        return ModelError("InvalidArgument", "The continuation token provided is incorrect")
    texts = {"iam": f"Invalid {token}.", "sns": f"Invalid parameter: {token}"}
    code = _code(read, "InvalidNextToken", "InvalidParameterException")
    return ModelError(code, texts.get(read.service, f"The specified {token} is invalid."))


def not_found_refusal(read: ReadCall, identifier: str) -> ModelError:
    """Return the error for an identifier of nothing."""
    names = [shape.name for shape in read.operation.error_shapes if NOT_FOUND.search(shape.name)]
    return ModelError(_code(read, *names, "InvalidParameterException"), f"{identifier} does not exist.")


def _no_arn(read: ReadCall, violation: Violation) -> ModelError:
    value, place = violation.value, _place(violation.path)
    elements = value.count(":") + 1
    texts = {
        "sns": f"Invalid parameter: {place} Reason: An ARN must have at least 6 elements, not {elements}",
        "iam": f"ARN {value} is not valid.",
        "sts": f"{value} is invalid",
        "events": f"Parameter {value} is not valid. Reason: Provided Arn is not in correct format.",
        "cloudwatch": f"Invalid arn syntax: {value}",
    }
    code = _code(read, "InvalidParameterException", "InvalidInputException")
    return ModelError(code, texts.get(read.service, f"Invalid ARN in {place}: {value}"))


def _code(read: ReadCall, *names: str) -> str:
    """Return the code of the first of these errors that the operation's model has, else the usual code."""
    shapes = {shape.name: shape for shape in read.operation.error_shapes}
    shape = next((shapes[name] for name in names if name in shapes), None)
    if shape is None:
        return _usual_code(read)
    return str(shape.error_code) if read.protocol == QUERY else str(shape.name)


def _usual_code(read: ReadCall) -> str:
    return CODES.get(read.service, "ValidationError" if read.protocol == QUERY else "ValidationException")


def _of_s3(read: ReadCall, violation: Violation) -> ModelError:
    member = read.operation.input_shape.members.get(violation.path[0])
    if member is not None and "location" not in member.serialization:
        return ModelError("MalformedXML", f"{NOT_WELL_FORMED}: {_sentence(violation)}")
    return ModelError(CODES[S3], _sentence(violation))


def _sentence(violation: Violation) -> str:
    shown = "null" if violation.value is None else f"'{_shown(violation.value)}'"
    place = ".".join(map(_step, violation.path))
    return f"Value {shown} at '{place}' failed to satisfy constraint: {violation.text}"


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"{part + 1}.member"
    return f"{part}.member" if isinstance(part, MapKey) else part[:1].lower() + part[1:]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=lambda _: "…", ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _place(path: tuple[str | int, ...]) -> str:
    """Return where something is, as in `Records[0].Data`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _choice(violation: Violation) -> str:
    name = str(violation.path[-1])
    one = "the supported datatypes" if name == "AttributeValue" else violation.text
    if sum(part is not None for part in violation.value.values()):
        return f"Supplied {name} has more than one datatypes set, must contain exactly one of {one}"
    return f"Supplied {name} is empty, must contain exactly one of {one}"
