"""A key that a call names must be there, by its id, ARN or alias.

AWS asks KMS before it encrypts streams, log groups, objects or tables, and refuses the call with an error of
the service (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html; the other
sentences are those that users report). moto keeps any text. Changed: as above; nothing is encrypted here for
all that. Parameters are with their type (`cloudformation.resource_types.keys_and_parameters`), since their
service takes long to load.
"""

from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.kinesis.models import KinesisBackend
from moto.logs.exceptions import LogsClientError
from moto.logs.models import LogsBackend
from moto.s3.exceptions import S3ClientError
from moto.s3.models import S3Backend

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.partitions import partition_of
from workshop.settings import DEFAULT_REGION

__all__ = ["check_key_of_group", "check_key_of_table", "key_problem"]

PARTS_OF_AN_ARN = 6
STREAM_ERRORS = {"Disabled": "KMSDisabledException", "PendingDeletion": "KMSInvalidStateException"}

_MOTO_STREAM = KinesisBackend.start_stream_encryption
_MOTO_GROUP = LogsBackend.create_log_group
_MOTO_OBJECT = S3Backend.put_object
_MOTO_COPY = S3Backend.copy_object
_MOTO_UPLOAD = S3Backend.create_multipart_upload
_MOTO_TABLE = DynamoDBBackend.create_table


def key_problem(backend: Any, identifier: str | None, region: str | None = None) -> str | None:
    """Return KMS's sentence about a key that is not there; None if it is, or none is named."""
    if not identifier:
        return None
    keys, home, account = _home(backend, identifier, region)
    if keys is None:
        return f"Invalid arn {home}"
    is_arn = identifier.count(":") >= PARTS_OF_AN_ARN - 1
    alias = keys.get_alias_name(identifier)
    # AWS makes the key of a service when it is first used.
    if alias.startswith("alias/aws/"):
        return None
    if _key(keys, identifier) is not None:
        return None
    arn = identifier if is_arn else f"arn:{partition_of(home)}:kms:{home}:{account}:"
    if alias.startswith("alias/"):
        return f"Alias {arn if is_arn else arn + identifier} is not found."
    return f"Key '{arn if is_arn else f'{arn}key/{identifier}'}' does not exist"


def _home(backend: Any, identifier: str, region: str | None = None) -> tuple[Any, str, str]:
    """Return KMS's backend that would have a key, None without such a region, and region and account."""
    # It takes a moment to load, and hardly anybody names a key.
    from moto.kms.models import kms_backends  # noqa: PLC0415

    parts = identifier.split(":", PARTS_OF_AN_ARN - 1)
    is_arn = len(parts) == PARTS_OF_AN_ARN
    home, account = (parts[3], parts[4]) if is_arn else (region or backend.region_name, backend.account_id)
    is_there = home in kms_backends[account].regions
    return kms_backends[account][home] if is_there else None, home, account


def _key(keys: Any, identifier: str) -> Any:
    """Return a key of a backend of KMS, None if there is none."""
    alias = keys.get_alias_name(identifier)
    is_alias = alias.startswith("alias/")
    return keys.keys.get(keys.get_key_id_from_alias(alias) if is_alias else keys.get_key_id(identifier))


@corrects(KinesisBackend, "start_stream_encryption")
def _encrypt_stream(self: Any, stream_arn: str, stream_name: str, encryption_type: str, key_id: str) -> None:
    self.describe_stream(stream_arn, stream_name)
    if problem := key_problem(self, key_id):
        raise JsonRESTError("KMSNotFoundException", problem)
    key = _key(_home(self, key_id)[0], key_id)
    if key is not None and key.key_state in STREAM_ERRORS:
        raise JsonRESTError(STREAM_ERRORS[key.key_state], f"{key.arn} is not enabled: {key.key_state}.")
    _MOTO_STREAM(self, stream_arn, stream_name, encryption_type, key_id)


@corrects(LogsBackend, "create_log_group")
def _create_group(self: Any, log_group_name: str, tags: Mapping[str, str], **given: Any) -> Any:
    check_key_of_group(self, log_group_name, given.get("kmsKeyId"))
    return _MOTO_GROUP(self, log_group_name, tags, **given)


def check_key_of_group(backend: Any, name: str, key: str | None) -> None:
    """Raise AWS's error unless a log group may be encrypted with a key."""
    if key_problem(backend, key):
        place = f"{backend.region_name}:{backend.account_id}"
        arn = f"arn:{partition_of(backend.region_name)}:logs:{place}:log-group:{name}"
        raise LogsClientError(
            "AccessDeniedException",
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'",
        )


@corrects(S3Backend, "put_object")
def _put_object(self: Any, bucket_name: str, *arguments: Any, **given: Any) -> Any:
    _check_object(self, bucket_name, given)
    return _MOTO_OBJECT(self, bucket_name, *arguments, **given)


@corrects(S3Backend, "copy_object")
def _copy_object(self: Any, src_key: Any, dest_bucket_name: str, *arguments: Any, **given: Any) -> Any:
    _check_object(self, dest_bucket_name, given)
    return _MOTO_COPY(self, src_key, dest_bucket_name, *arguments, **given)


@corrects(S3Backend, "create_multipart_upload")
def _create_upload(self: Any, bucket_name: str, *arguments: Any) -> Any:
    # Else the parts would be refused when all of them have been sent.
    _check_object(self, bucket_name, {"kms_key_id": arguments[-1]})
    return _MOTO_UPLOAD(self, bucket_name, *arguments)


def _check_object(backend: Any, bucket_name: str, given: Mapping[str, Any]) -> None:
    if not (identifier := given.get("kms_key_id")):
        return
    region = backend.get_bucket(bucket_name).region_name or DEFAULT_REGION
    if problem := key_problem(backend, identifier, region):
        raise S3ClientError("KMS.NotFoundException", problem)


@corrects(DynamoDBBackend, "create_table")
def _create_table(self: Any, name: str, **given: Any) -> Any:
    check_key_of_table(self, given["sse_specification"])
    return _MOTO_TABLE(self, name, **given)


def check_key_of_table(backend: Any, specification: Mapping[str, Any] | None) -> None:
    """Raise AWS's error unless a table may be encrypted as it is specified."""
    if problem := key_problem(backend, (specification or {}).get("KMSMasterKeyId")):
        raise MockValidationException(
            f"KMS validation error: com.amazonaws.services.kms.model.NotFoundException: {problem} "
            "(Service: AWSKMS; Status Code: 400; Error Code: NotFoundException)"
        )
