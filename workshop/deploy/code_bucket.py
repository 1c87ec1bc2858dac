"""The bucket from which CloudFormation takes the functions' zips.

One for each account and region, made when the first stack needs it, with one folder for each stack; it goes
with the last stack.
"""

from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.deploy.bundles import Bundle

__all__ = ["CodeBucket", "bucket_name"]

# The only region that must not be named when a bucket is made in it.
FIRST_REGION = "us-east-1"
DELETED_AT_ONCE = 1000


def bucket_name(account_id: str, region: str) -> str:
    """Return the name of the bucket, which is unique since the account id is part of it."""
    return f"trade-risk-workshop-{account_id}-{region}"


class CodeBucket:
    """The bucket of the connected account and region."""

    def __init__(self, cloud: Cloud) -> None:
        self._s3 = cloud.client("s3")
        self._region = cloud.region
        self.name = bucket_name(cloud.account_id, cloud.region)

    def upload(self, stack: str, bundles: Mapping[str, Bundle]) -> dict[str, str]:
        """Upload the zips of a stack that are missing, and return the key of each; may be repeated."""
        self._make()
        keys = {name: f"{stack}/{bundle.file_name}" for name, bundle in bundles.items()}
        present = set(self.keys(stack))
        for name, key in keys.items():
            if key not in present:
                self._s3.put_object(Bucket=self.name, Key=key, Body=bundles[name].content)
        return keys

    def keys(self, stack: str | None = None) -> Iterator[str]:
        """Yield the keys in the bucket, or those of one stack; none if there is no bucket."""
        prefix = f"{stack}/" if stack else ""
        if self.exists():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            yield from (row["Key"] for page in pages for row in page.get("Contents", []))

    def clear(self, stack: str | None = None) -> None:
        """Delete the zips of a stack, or all; may be repeated."""
        keys = list(self.keys(stack))
        for start in range(0, len(keys), DELETED_AT_ONCE):
            objects = [{"Key": key} for key in keys[start : start + DELETED_AT_ONCE]]
            self._s3.delete_objects(Bucket=self.name, Delete={"Objects": objects})

    def remove(self) -> None:
        """Delete the bucket with everything in it; may be repeated."""
        self.clear()
        if self.exists():
            self._s3.delete_bucket(Bucket=self.name)

    def exists(self) -> bool:
        """Return whether the bucket exists."""
        try:
            self._s3.head_bucket(Bucket=self.name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    def _make(self) -> None:
        if self.exists():
            return
        place = {} if self._region == FIRST_REGION else {"LocationConstraint": self._region}
        options = {"CreateBucketConfiguration": place} if place else {}
        self._s3.create_bucket(Bucket=self.name, **options)
