"""What Lambda asks of an archive before it becomes a function's code.

AWS refuses two sources at once, bytes that are no zip file, archives that are too large as they are sent or
once unpacked, and objects that are not there; the code that a function had stays. It does not look for the
handler's file: a layer may bring it, and an invocation says so if nothing does. Source:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import base64
import binascii
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError
from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends

__all__ = ["check_code"]

MAX_DIRECT_BYTES = 50 * 1024 * 1024
# As AWS's message has it: 50 MB in Base64, and 256 KB for the rest of the request.
MAX_REQUEST_BYTES = 70_167_211
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
ELSEWHERE = ("S3Bucket", "S3Key", "S3ObjectVersion")
ONE_SOURCE = "Please do not provide other FunctionCode parameters when providing a ZipFile."
NO_ARCHIVE = "Could not unzip uploaded file. Please check your file, then try to upload again."


class ArchiveTooLargeError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """The request is larger than Lambda takes; larger archives come from a bucket."""

    code = 413


def check_code(code: Mapping[str, Any], account_id: str, *, operation: str) -> None:
    """Raise AWS's error unless the code of a function is a zip file that Lambda takes."""
    if "ImageUri" in code:
        return
    content = _content(code, account_id, operation)
    if not content:
        raise InvalidParameterValueException("Uploaded file must be a non-empty zip")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError) as error:
        raise InvalidParameterValueException(NO_ARCHIVE) from error
    if size > MAX_UNZIPPED_BYTES:
        raise InvalidParameterValueException(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")


def _content(code: Mapping[str, Any], account_id: str, operation: str) -> bytes:
    if "ZipFile" not in code:
        if "S3Bucket" in code and "S3Key" in code:
            return _object(account_id, str(code["S3Bucket"]), str(code["S3Key"]))
        raise InvalidParameterValueException("Please provide a source for function code.")
    if any(code.get(name) for name in ELSEWHERE):
        raise InvalidParameterValueException(ONE_SOURCE)
    content = _decoded(code["ZipFile"])
    if len(content) > MAX_DIRECT_BYTES:
        raise ArchiveTooLargeError(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {MAX_REQUEST_BYTES} bytes for the {operation} operation",
        )
    return content


def _decoded(content: str | bytes) -> bytes:
    try:
        return base64.b64decode(content)
    except (binascii.Error, ValueError) as error:
        raise InvalidParameterValueException(NO_ARCHIVE) from error


def _object(account_id: str, bucket: str, key: str) -> bytes:
    problem: tuple[str, str] | None = None
    found = None
    try:
        found = s3_backends[account_id]["aws"].get_object(bucket, key)
        if found is None:
            problem = "NoSuchKey", "The specified key does not exist."
    except S3ClientError as error:
        problem = str(error.code), str(error.message)
    if problem is not None:
        raise InvalidParameterValueException(
            f"Error occurred while GetObject. S3 Error Code: {problem[0]}. S3 Error Message: {problem[1]}"
        )
    return bytes(found.value) if found is not None else b""
