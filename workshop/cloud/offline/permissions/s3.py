"""What calls of S3 need: its actions are named otherwise than its operations.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from workshop.cloud.offline.permissions.place import Needed, Place

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


def needs_of_s3(name: str, parameters: Mapping[str, Any], _place: Place) -> Iterator[Needed]:
    """Yield what a call of this operation needs."""
    action = f"s3:{ACTIONS.get(name, name)}"
    bucket, key = parameters.get("Bucket"), parameters.get("Key")
    if bucket is None:
        yield Needed(action, "*")
        return
    if name == "DeleteObjects":
        key = "*"
    arn = f"arn:aws:s3:::{bucket}"
    prefix = str(parameters.get("Prefix", ""))
    yield Needed(action, f"{arn}/{key}" if key else arn, lambda: {"s3:prefix": (prefix,)} if prefix else {})
