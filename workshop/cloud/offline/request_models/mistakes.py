"""Callers' mistakes that show only inside moto: it looks something up that is not there.

A token of the next page that no page has given out, a member that the model does not call required, an
identifier of nothing: moto raises what Python's dictionaries and lists raise. AWS names the mistake, and so
do these answers, with the errors that the model of the operation has. What else fails is a fault of ours.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.failures import refusal, unknown_operation
from workshop.cloud.offline.request_models.reading import ReadCall, UnreadableBodyError, read_call
from workshop.cloud.offline.request_models.violations import NOT_NULL, Violation, ViolationKind
from workshop.cloud.offline.request_models.wording import (
    ModelError,
    constraint_refusal,
    not_found_refusal,
    token_refusal,
    unreadable_refusal,
)

__all__ = ["mistake_answer"]

log = logging.getLogger(__name__)

TOKENS = ("NextToken", "nextToken", "Marker", "PaginationToken", "ContinuationToken")
# What a look-up raises in moto; its own errors are answers already.
LOOK_UP = (LookupError, ValueError, TypeError, AttributeError)
DEEPEST = 6
NO_KEY = ModelError("NoSuchKey", "The specified key does not exist.")
NO_GRANTEE = ModelError("InvalidArgument", "Invalid id")
# What can only be wrong in one way once the models have been held against the request.
BY_OPERATION = {
    ("sts", "AssumeRoleWithSAML"): ModelError("InvalidIdentityToken", "Invalid base64 SAMLResponse"),
    ("s3", "CompleteMultipartUpload"): ModelError("NoSuchUpload", "The specified upload does not exist."),
    ("s3", "ListObjects"): ModelError("InvalidArgument", "Argument maxKeys must not be negative"),
    ("s3", "ListObjectsV2"): ModelError("InvalidArgument", "Argument maxKeys must not be negative"),
    ("s3", "ListObjectVersions"): ModelError("InvalidArgument", "Argument maxKeys must not be negative"),
    ("s3", "SelectObjectContent"): ModelError("InvalidExpression", "The SQL expression cannot be evaluated."),
    ("s3", "DeleteObjects"): ModelError("InvalidBucketName", "The specified bucket is not valid."),
    ("s3", "DeleteObjectTagging"): NO_KEY,
    ("s3", "CreateBucket"): NO_GRANTEE,
    ("s3", "CreateMultipartUpload"): NO_GRANTEE,
    ("s3", "CopyObject"): NO_GRANTEE,
    ("s3", "PutObject"): NO_GRANTEE,
    ("s3", "PutObjectAcl"): NO_GRANTEE,
    ("s3", "PutBucketAcl"): NO_GRANTEE,
    ("ssm", "CreateDocument"): ModelError("InvalidDocumentContent", "The content is not a document."),
    ("ssm", "GetPatchBaselineForPatchGroup"): ModelError("ValidationException", "There is no baseline."),
}


def mistake_answer(call: Call, environ: Callable[[Call], dict[str, Any]], error: Exception) -> Answer | None:
    """Return the error for the caller's mistake that made moto fail, None if it was none."""
    if not isinstance(error, (*LOOK_UP, ExpatError, ParseError)):
        return None
    try:
        read = read_call(call, environ)
    except UnreadableBodyError:
        return None
    if read is None:
        # Of S3's paths some are of no operation, and moto's table of them has no entry.
        return unknown_operation(call) if isinstance(error, KeyError) else None
    words = _mistake(read, error)
    if words is None:
        return None
    log.debug("a mistake of the caller's in %s", call.operation, exc_info=error)
    status = 404 if words.code.startswith("NoSuch") else 400
    return refusal(call, code=words.code, message=words.message, status=status)


def _mistake(read: ReadCall, error: Exception) -> ModelError | None:
    token = next((name for name in TOKENS if read.parameters.get(name)), None)
    if isinstance(error, ExpatError | ParseError):
        words: ModelError | None = unreadable_refusal(read.protocol, "the XML is not well-formed")
    elif token is not None:
        words = token_refusal(read, token)
    else:
        words = BY_OPERATION.get((read.service, read.operation.name))
    return words or _missing(read, error)


def _missing(read: ReadCall, error: Exception) -> ModelError | None:
    if not isinstance(error, KeyError) or not error.args:
        return None
    wanted = error.args[0]
    if wanted in list(_parts(read.parameters)):
        return not_found_refusal(read, str(wanted))
    if wanted in _names(read.operation.input_shape):
        return constraint_refusal(read, [Violation(ViolationKind.MISSING, NOT_NULL, None, (wanted,))])
    return None


def _parts(value: Any) -> Iterator[Any]:
    """Yield the texts in a request, without the names of members."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _parts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _parts(part)
    else:
        yield value


def _names(shape: Any, depth: int = 0) -> set[str]:
    """Return the names of all members in a shape."""
    if shape is None or depth > DEEPEST:
        return set()
    names: set[str] = set()
    inner = {"list": ["member"], "map": ["value"]}.get(shape.type_name, [])
    for part in inner:
        names |= _names(getattr(shape, part), depth + 1)
    for name, member in getattr(shape, "members", {}).items():
        names |= {name} | _names(member, depth + 1)
    return names
