"""Custom resources are made by a function, which answers by a PUT to the address in its event.

AWS::CloudFormation::CustomResource and all types `Custom::…`. AWS invokes the function with each creation,
update and deletion and waits for its answer; an update that answers with another physical id has the old one
deleted at the end
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html). moto invokes the
function at creation only, in a thread, with an address that nobody can reach, and calls it complete.
Changed: all of this. Here a function that ends without an answer has failed at once, where AWS waits for an
hour; the answer goes to a bucket that is there for so long. Topics as `ServiceToken` are refused.
"""

import json
import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.s3.models import s3_backends

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.overlay.cloudformation.catalogue.services import load_service_of
from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, as_text
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.runtime.active_runtime import active

CUSTOM = "AWS::CloudFormation::CustomResource"
# An event that ends in an error is tried three times on AWS, over some minutes.
ATTEMPTS = 3
BUCKET_PREFIX = "cloudformation-response-"
MOST_BYTES = 4096
TIMED_OUT = b"Task timed out"
NO_ANSWER = (
    "CloudFormation did not receive a response from your Custom Resource. "
    "Please check your logs for requestId [{}]."
)

_MOTO_CLASS = parsing.resource_class_from_type


@corrects(parsing, "resource_class_from_type")
def _class(resource_type: str) -> Any:
    load_service_of(resource_type)
    return _MOTO_CLASS(CUSTOM if resource_type.startswith("Custom::") else resource_type)


class FailedAnswerError(ValidationError):  # type: ignore[misc]  # moto is untyped
    """The function has answered that it failed; `physical_id` is what it says it has made, if anything."""

    def __init__(self, message: str, *, physical_id: str) -> None:
        super().__init__(message=message)
        self.physical_id = physical_id


class CustomResource(AddedResource):
    """What a stack keeps of a custom resource: what its function is told, and has answered."""

    def __init__(
        self, answer: dict[str, Any], properties: dict[str, Any], names: dict[str, str], region: str
    ) -> None:
        super().__init__(str(answer["PhysicalResourceId"]))
        self.data = answer.get("Data") or {}
        self.properties = properties
        self.names = names
        self.region = region

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """Return what the function has answered under this name."""
        # A function may answer with a dot in a name, or with maps in maps.
        if attribute_name in self.data:
            return self.data[attribute_name]
        value: Any = self.data
        for name in attribute_name.split("."):
            if not isinstance(value, dict) or name not in value:
                raise UnformattedGetAttTemplateException
            value = value[name]
        return value

    def delete(self, account_id: str, region_name: str) -> None:
        """Have the function delete it; moto's own way of deleting knows no more than the physical id."""
        del region_name
        more = {"PhysicalResourceId": self.physical_resource_id}
        _request("Delete", self.properties, self.names, (account_id, self.region), more)


def _create(wanted: Wanted) -> CustomResource:
    names = {name: str(wanted.names[name]) for name in ("LogicalId", "StackId", "ResourceType")}
    properties = _texts(wanted.properties)
    place = wanted.account_id, wanted.region_name
    try:
        answer = _request("Create", properties, names, place, {})
    except FailedAnswerError as error:
        # AWS has what was made in part deleted when the stack rolls back, whatever comes of it.
        if error.physical_id:
            with suppress(ValidationError):
                _request("Delete", properties, names, place, {"PhysicalResourceId": error.physical_id})
        raise
    return CustomResource(answer, properties, names, wanted.region_name)


def _change(wanted: Wanted) -> CustomResource:
    original: CustomResource = wanted.original
    properties = _texts(wanted.properties)
    more = {
        "PhysicalResourceId": original.physical_resource_id,
        "OldResourceProperties": original.properties,
    }
    place = wanted.account_id, wanted.region_name
    answer = _request("Update", properties, original.names, place, more)
    return CustomResource(answer, properties, original.names, wanted.region_name)


def _delete(_wanted: Wanted) -> None:
    """Do nothing: the resource deletes itself, since it alone knows what its function must be told."""


def _request(
    kind: str,
    properties: dict[str, Any],
    names: dict[str, str],
    place: tuple[str, str],
    more: dict[str, Any],
) -> dict[str, Any]:
    """Invoke the function and return its answer.

    Raises:
        ValidationError: the function, or what stands for it, has failed; the message says how.
    """
    token = str(properties.get("ServiceToken", ""))
    if ":lambda:" not in token:
        raise ValidationError(
            message=f"The offline cloud has custom resources made by functions only, not by `{token}`"
        )
    request_id, (account_id, region) = str(uuid.uuid4()), place
    event = {
        "RequestType": kind,
        "ServiceToken": token,
        "StackId": names["StackId"],
        "RequestId": request_id,
        "LogicalResourceId": names["LogicalId"],
        "ResourceType": names["ResourceType"],
        "ResourceProperties": properties,
        **more,
    }
    answer = _ask(token, event, account_id, region)
    if answer.get("Status") != "SUCCESS":
        reason = answer.get("Reason") or "Unknown"
        raise FailedAnswerError(
            f"Received response status [{answer.get('Status')}] from custom resource. "
            f"Message returned: {reason} (RequestId: {request_id})",
            physical_id=str(answer.get("PhysicalResourceId") or ""),
        )
    if not answer.get("PhysicalResourceId"):
        raise ValidationError(message="Invalid PhysicalResourceId")
    return answer


def _ask(function: str, event: dict[str, Any], account_id: str, region: str) -> dict[str, Any]:
    runtime = active()
    if runtime is None:
        raise ValidationError(message="no runtime serves this process, so no function can run")
    backend, bucket = s3_backends[account_id]["aws"], f"{BUCKET_PREFIX}{uuid.uuid4().hex}"
    key = f"{event['StackId']}|{event['LogicalResourceId']}|{event['RequestId']}"
    backend.create_bucket(bucket, region)
    try:
        url = f"{runtime.endpoint_url}/{bucket}/{quote(key, safe='')}"
        payload = json.dumps({**event, "ResponseURL": url}).encode()
        for _ in range(ATTEMPTS):
            # The function makes calls itself, of which its answer is one.
            with LOCK.released():
                result = runtime.invoke(function, payload, region=region)
            found = backend.get_object(bucket, key)
            # Whoever ran into its time limit would do so again.
            if found is not None or result.function_error is None or TIMED_OUT in result.payload:
                break
        if found is None:
            raise ValidationError(message=NO_ANSWER.format(event["RequestId"]))
        return _read(found.value)
    finally:
        _delete_bucket(backend, bucket)


def delete_answers() -> None:
    """Delete the buckets for answers that nobody waits for any more, since the offline cloud has ended."""
    for _, _, backend in s3_backends.iter_backends():
        for bucket in [bucket for bucket in backend.buckets if bucket.startswith(BUCKET_PREFIX)]:
            _delete_bucket(backend, bucket)


def _delete_bucket(backend: Any, bucket: str) -> None:
    for name in list(backend.get_bucket(bucket).keys):
        backend.delete_object(bucket, name)
    backend.delete_bucket(bucket)


def _read(content: bytes) -> dict[str, Any]:
    if len(content) > MOST_BYTES:
        raise ValidationError(message="Response object is too long.")
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ValidationError(message="Invalid Json: the response is no JSON object")
    return answer


def _texts(value: Any) -> Any:
    """Return properties as functions get them: numbers and booleans are text."""
    if isinstance(value, dict):
        return {name: _texts(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_texts(one) for one in value]
    return as_text(value)


class _AnyAttribute:
    """The attributes of a custom resource are its function's own."""

    def __contains__(self, _attribute: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


add_resource_type(CUSTOM, attributes=_AnyAttribute(), create=_create, change=_change, delete=_delete)
