"""The bucket from which CloudFormation takes the functions' zips: private, encrypted, versioned.

One for each account and region, or for each learner with a prefix of their own there; made when the first
stack needs it, with one folder for each stack. It goes with the last stack, if there is nothing in it but
zips of ours. A region lies in one partition, so its name tells that as well.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from workshop.clock import Clock, SystemClock
from workshop.cloud.connection import Cloud
from workshop.cloud.sign_in import is_denied, sign_in_advice
from workshop.deploy.bundles import Bundle
from workshop.errors import ConfigurationError
from workshop.settings import PREFIX_VARIABLE, own_prefix

__all__ = ["CodeBucket", "bucket_name"]

# The only region that must not be named when a bucket is made in it.
FIRST_REGION = "us-east-1"
DELETED_AT_ONCE = 1000
# S3 takes a while to give the name of a deleted bucket away once more, also to whoever had it.
BUSY, PATIENCE_SECONDS, ASK_AGAIN_SECONDS = "OperationAborted", 180.0, 5.0
# Names of buckets have 63 characters, and know no others.
PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
# What `upload` puts there; everything else is somebody's own.
ZIP = re.compile(r"(?P<stack>[A-Za-z][-A-Za-z0-9]{0,49})/[-a-z]+-[0-9a-f]{16}\.zip")
# Where the AWS CLI's `cloudformation deploy` puts a large template; it belongs to no stack by name.
TEMPLATE = re.compile(r"[0-9a-f]{32}\.template")
BLOCKED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
TAGS = [{"Key": "trade-risk-workshop", "Value": "code"}]


def bucket_name(account_id: str, region: str) -> str:
    """Return the name of the bucket, which is unique since the account id is part of it.

    Raises:
        ConfigurationError: the learner's prefix cannot be part of such a name.
    """
    name, prefix = f"trade-risk-workshop-{account_id}-{region}", own_prefix()
    if prefix is None:
        return name
    if not PREFIX.fullmatch(prefix):
        raise ConfigurationError(
            f"`{prefix}` in the variable `{PREFIX_VARIABLE}` cannot be part of a bucket's name; "
            "take up to 15 small letters, digits and hyphens"
        )
    return f"{name}-{prefix}"


class CodeBucket:
    """The bucket of the connected account and region."""

    def __init__(self, cloud: Cloud, name: str | None = None, *, clock: Clock | None = None) -> None:
        self._s3 = cloud.client("s3")
        self._clock = clock or SystemClock()
        self._region = cloud.region
        self._arn = f"arn:{cloud.partition}:s3:::"
        self.name = name or bucket_name(cloud.account_id, cloud.region)
        # Whoever else took this name gets no code of ours, and we run none of theirs.
        self._own = {"Bucket": self.name, "ExpectedBucketOwner": cloud.account_id}

    def upload(self, stack: str, bundles: Mapping[str, Bundle]) -> dict[str, str]:
        """Upload the zips of a stack that are missing, and return the key of each; may be repeated.

        Raises:
            ConfigurationError: the bucket belongs to another account.
        """
        self._make()
        keys = {name: f"{stack}/{bundle.file_name}" for name, bundle in bundles.items()}
        present = set(self.keys(stack))
        for name, key in keys.items():
            if key not in present:
                self._s3.put_object(**self._own, Key=key, Body=bundles[name].content)
        return keys

    def keys(self, stack: str | None = None) -> Iterator[str]:
        """Yield the keys in the bucket, or those of one stack; none if there is no bucket."""
        prefix = f"{stack}/" if stack else ""
        if self.exists():
            pages = self._s3.get_paginator("list_objects_v2").paginate(**self._own, Prefix=prefix)
            yield from (row["Key"] for page in pages for row in page.get("Contents", []))

    def versions(self, stack: str | None = None) -> Iterator[dict[str, str]]:
        """Yield `Key` and `VersionId` of all that a stack, or every stack, has or had here."""
        prefix = f"{stack}/" if stack else ""
        if self.exists():
            pages = self._s3.get_paginator("list_object_versions").paginate(**self._own, Prefix=prefix)
            for page in pages:
                for row in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                    yield {"Key": row["Key"], "VersionId": row["VersionId"]}

    def stacks(self) -> set[str]:
        """Return the stacks whose zips lie or lay here."""
        return {zipped["stack"] for row in self.versions() if (zipped := ZIP.fullmatch(row["Key"]))}

    def foreign(self, stack: str | None = None) -> list[str]:
        """Return what others have put here, or into the folder of one stack."""
        return sorted({row["Key"] for row in self.versions(stack) if not ZIP.fullmatch(row["Key"])})

    def clear_templates(self) -> None:
        """Delete the templates that the AWS CLI has put here, in every version; may be repeated."""
        self._delete([row for row in self.versions() if TEMPLATE.fullmatch(row["Key"])])

    def clear(self, stack: str) -> None:
        """Delete the zips of a stack in every version, and nothing else; may be repeated."""
        self._delete([row for row in self.versions(stack) if ZIP.fullmatch(row["Key"])])

    def _delete(self, found: list[dict[str, str]]) -> None:
        for start in range(0, len(found), DELETED_AT_ONCE):
            objects = found[start : start + DELETED_AT_ONCE]
            self._s3.delete_objects(**self._own, Delete={"Objects": objects, "Quiet": True})

    def remove_if_empty(self) -> None:
        """Delete the bucket if nothing is in it, in any version; may be repeated."""
        if self.exists() and not any(self.versions()):
            self._s3.delete_bucket(**self._own)

    def exists(self) -> bool:
        """Return whether the bucket exists.

        Raises:
            ConfigurationError: it belongs to another account.
        """
        try:
            # HeadBucket needs the same right, and says of a refusal neither what nor why.
            self._s3.list_objects_v2(**self._own, MaxKeys=1)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                return False
            if is_denied(error) and not sign_in_advice(error):
                raise ConfigurationError(
                    f"the bucket `{self.name}` cannot be used: it belongs to another account, or you have no "
                    "right to it; ask whoever manages the account"
                ) from error
            raise
        return True

    def _make(self) -> None:
        """Make the bucket if it is missing, and whatever an interrupted run has left out."""
        if not self.exists():
            self._create()
        elif self._is_protected():
            return
        self._protect()

    def _create(self) -> None:
        place = {} if self._region == FIRST_REGION else {"LocationConstraint": self._region}
        options: dict[str, Any] = {"CreateBucketConfiguration": place} if place else {}
        deadline = self._clock.now() + PATIENCE_SECONDS
        while True:
            try:
                self._s3.create_bucket(Bucket=self.name, ObjectOwnership="BucketOwnerEnforced", **options)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                # Another deployment was faster.
                if code == "BucketAlreadyOwnedByYou":
                    return
                if code != BUSY or self._clock.now() >= deadline:
                    raise
                self._clock.sleep(ASK_AGAIN_SECONDS)
            else:
                return

    def _is_protected(self) -> bool:
        try:
            self._s3.get_bucket_policy(**self._own)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
                return False
            raise
        return True

    def _protect(self) -> None:
        s3, own = self._s3, self._own
        s3.put_public_access_block(**own, PublicAccessBlockConfiguration=dict.fromkeys(BLOCKED, True))
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(**own, ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_bucket_versioning(**own, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_tagging(**own, Tagging={"TagSet": TAGS})
        # Last: where it is found, nothing else is missing.
        s3.put_bucket_policy(**own, Policy=json.dumps(self._policy()))

    def _policy(self) -> dict[str, Any]:
        statement = {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",  # a denial: whatever it is, not without TLS
            "Resource": [f"{self._arn}{self.name}", f"{self._arn}{self.name}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}
