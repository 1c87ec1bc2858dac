"""The permissions that calls of S3 need: actions have other names than operations, and a copy also reads.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html, and for copies
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from workshop.cloud.offline.permissions.call_scope import CallScope, Needed

__all__ = ["needs_of_s3"]

# Operation → action, where they differ.
ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}


def needs_of_s3(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    """Yield what a call of this operation needs."""
    action = f"s3:{ACTIONS.get(name, name)}"
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    if bucket is None:
        yield Needed(action, "*")
        return
    if name == "DeleteObjects":
        key = "*"
    arn = f"arn:{scope.partition}:s3:::{bucket}"
    prefix = str(parameters.get("Prefix", ""))
    yield Needed(action, f"{arn}/{key}" if key else arn, lambda: {"s3:prefix": (prefix,)} if prefix else {})
    if action == "s3:PutObject" and (source := parameters.get("CopySource")):
        yield _copied(str(source), scope)


def _copied(source: str, scope: CallScope) -> Needed:
    """Return what reading the source of a copy needs: `bucket/key` or an access point's ARN, URL-encoded."""
    name, _, version = source.partition("?versionId=")
    name = unquote(name).lstrip("/")
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    return Needed(action, name if name.startswith("arn:") else f"arn:{scope.partition}:s3:::{name}")
