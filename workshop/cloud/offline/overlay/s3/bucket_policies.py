"""Bucket policies are judged with their conditions and principals.

AWS applies a statement only to the principals that it names, and only if its conditions hold
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html). moto looks at
actions and resources alone, so that "deny what is not encrypted", which nearly every public template has,
denies everything. Changed: what moto asks the policy; it concerns anonymous callers now, since
`permissions.gate` has judged all others.
"""

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.permissions.bucket_policies import verdict_of
from workshop.cloud.offline.permissions.policy_evaluation import Access, PolicyVerdict
from workshop.cloud.offline.permissions.trust import Principal

# Of every request: it comes from this machine, and counts as encrypted, although the endpoint is HTTP.
KEYS = {"aws:securetransport": ("true",), "aws:sourceip": ("127.0.0.1",)}
RESULTS = {
    PolicyVerdict.ALLOWED: PermissionResult.PERMITTED,
    PolicyVerdict.DENIED: PermissionResult.DENIED,
    PolicyVerdict.SILENT: PermissionResult.NEUTRAL,
}


@corrects(FakeBucket, "get_permission")
def _get_permission(bucket: Any, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    return RESULTS[verdict_of(bucket.policy, Principal(), Access(action, resource, KEYS))]
