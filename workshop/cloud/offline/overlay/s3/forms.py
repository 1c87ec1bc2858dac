"""The policy of a posted form is obeyed, and an object that is put keeps the type of a form.

AWS holds each field of a form against the conditions of its policy, refuses fields that none of them names,
files of other sizes and forms whose time is over, and puts the file's name for `${filename}`
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html). moto stores whatever
comes. Changed: as above; signatures are not verified, as anywhere here. Flask takes an object of the type of
a form for one, so that the dispatcher hands its type over in a header of its own.
"""

import json
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from moto.s3 import responses
from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response

from workshop.clock import SystemClock
from workshop.cloud.offline.http.calls import FORM_TYPE_HEADER
from workshop.cloud.offline.overlay.correct import corrects

# Fields that no condition needs to name.
FREE = frozenset(("x-amz-signature", "signature", "awsaccesskeyid", "policy", "file", "submit"))
FILE_NAME = "${filename}"
# Clients write the end of a form by the clock of the machine.
MACHINE_CLOCK = SystemClock()

_MOTO_POST = S3Response._bucket_response_post
_MOTO_METADATA = responses.metadata_from_headers


class _RefusedFormError(S3ClientError):  # type: ignore[misc]  # moto is untyped
    """A form breaks its policy."""


@corrects(S3Response, "_bucket_response_post")
def _post(self: Any, request: Any, bucket_name: str) -> Any:
    self.path = self._get_path(request)
    if not self.is_delete_keys() and "key" in self.querystring:
        file = request.files.get("file")
        key = self.querystring["key"][0].replace(FILE_NAME, (file and file.filename) or "file")
        self.querystring["key"] = [key]
        fields = {name.lower(): value for name, value in self.form_data.items()}
        if "policy" in fields:
            _check(fields["policy"], fields | {"key": key, "bucket": bucket_name}, len(self.body))
    return _MOTO_POST(self, request, bucket_name)


def _check(policy: str, fields: dict[str, str], size: int) -> None:
    """Refuse a form that its policy does not allow.

    Raises:
        _RefusedFormError: it does not, or the policy is none.
    """
    try:
        document = json.loads(b64decode(policy, validate=True))
        ends = datetime.fromisoformat(document["expiration"]).astimezone(UTC).timestamp()
        conditions = [_condition(one) for one in document["conditions"]]
    except (KeyError, TypeError, ValueError):
        raise _RefusedFormError("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from None
    if ends < MACHINE_CLOCK.now():
        raise _denied("Policy expired.")
    for operator, name, value in conditions:
        if operator == "content-length-range":
            _check_size(size, int(name), int(value))
        elif not _holds(operator, fields.get(name, ""), value):
            shown = json.dumps([operator, f"${name}", value])
            raise _denied(f"Policy Condition failed: {shown}")
    named = {name for _, name, _ in conditions} | FREE | {"bucket"}
    extra = sorted(name for name in fields if name not in named and not name.startswith("x-ignore-"))
    if extra:
        raise _denied(f"Extra input fields: {', '.join(extra)}")


def _condition(given: Any) -> tuple[str, str, str]:
    """Return operator, field in lower case and value of a condition; an object asks for equality."""
    if isinstance(given, dict):
        ((name, value),) = given.items()
        return "eq", name.lower(), str(value)
    operator, name, value = given
    if operator.lower() not in {"eq", "starts-with", "content-length-range"}:
        raise ValueError(operator)
    return operator.lower(), str(name).lower().removeprefix("$"), str(value)


def _holds(operator: str, found: str, value: str) -> bool:
    return found.startswith(value) if operator == "starts-with" else found == value


def _check_size(size: int, least: int, most: int) -> None:
    if size < least:
        raise _RefusedFormError(
            "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
        )
    if size > most:
        raise _RefusedFormError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")


def _denied(why: str) -> S3ClientError:
    return _RefusedFormError("AccessDenied", f"Invalid according to Policy: {why}")


@corrects(responses, "metadata_from_headers")
def _metadata(headers: Any) -> Any:
    metadata = _MOTO_METADATA(headers)
    if kind := headers.get(FORM_TYPE_HEADER):
        metadata["Content-Type"] = kind
    return metadata
