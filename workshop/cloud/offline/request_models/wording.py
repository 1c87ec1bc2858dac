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
from dataclasses import dataclass
from typing import Any

from workshop.cloud.offline.request_models.constraints import Kind, Violation
from workshop.cloud.offline.request_models.reading import ReadCall

__all__ = ["Refusal", "constraint_refusal", "unreadable_refusal"]

MOST_LISTED = 10
MOST_SHOWN = 200
QUERY = "query"
S3 = "s3"
# The code of a violated constraint, where it is not that of the protocol.
CODES = {"logs": "InvalidParameterException", "sqs": "InvalidParameterValue", S3: "InvalidArgument"}
SERIALIZATION = {QUERY: "MalformedInput", "rest-xml": "MalformedXML"}
NOT_WELL_FORMED = "The XML you provided was not well-formed or did not validate against our published schema"


@dataclass(frozen=True)
class Refusal:
    """Code and message of an error of AWS."""

    code: str
    message: str


def unreadable_refusal(protocol: str, reason: str) -> Refusal:
    """Return the error for a body that is not in the form of its protocol."""
    message = NOT_WELL_FORMED if protocol == "rest-xml" else reason
    return Refusal(SERIALIZATION.get(protocol, "SerializationException"), message)


def constraint_refusal(read: ReadCall, found: list[Violation]) -> Refusal:
    """Return the error for what is wrong with a request, which is something."""
    for one in found:
        if one.kind is Kind.TYPE:
            code = SERIALIZATION.get(read.protocol, "SerializationException")
            return Refusal(code, f"{one.text} ({_place(one.path) or 'the body'})")
        if one.kind is Kind.CHOICE:
            return Refusal("ValidationException", _choice(one))
    if read.service == S3:
        return _of_s3(read, found[0])
    if read.service == "sqs" and found[0].kind is Kind.MISSING:
        return Refusal("MissingParameter", f"The request must contain the parameter {_place(found[0].path)}.")
    code = "ValidationError" if read.protocol == QUERY else "ValidationException"
    listed = "; ".join(map(_sentence, found[:MOST_LISTED]))
    noun = "error" if len(found) == 1 else "errors"
    return Refusal(CODES.get(read.service, code), f"{len(found)} validation {noun} detected: {listed}")


def _of_s3(read: ReadCall, violation: Violation) -> Refusal:
    member = read.operation.input_shape.members.get(violation.path[0])
    if member is not None and "location" not in member.serialization:
        return Refusal("MalformedXML", f"{NOT_WELL_FORMED}: {_sentence(violation)}")
    return Refusal(CODES[S3], _sentence(violation))


def _sentence(violation: Violation) -> str:
    shown = "null" if violation.value is None else f"'{_shown(violation.value)}'"
    parts = [f"{part + 1}.member" if isinstance(part, int) else part for part in violation.path]
    return f"Value {shown} at '{_member('.'.join(parts))}' failed to satisfy constraint: {violation.text}"


def _member(name: str) -> str:
    return name[:1].lower() + name[1:]


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
