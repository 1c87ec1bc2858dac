"""What the policy of a bucket says about a call, whoever makes it: a denial there outweighs everything.

Within an account, a bucket's policy that names the caller grants by itself; one that names the account leaves
the decision to the caller's own policies, but denies to all of the account. Source:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-auth-workflow-object-operation.html.
"""

from typing import Any

from moto.s3.models import s3_backends

from workshop.cloud.offline.permissions.policy_evaluation import Access, PolicyVerdict, parse_statements
from workshop.cloud.offline.permissions.trust import Principal, Trust, named_in
from workshop.settings import ACCOUNT_ID

__all__ = ["BUCKET_DENIAL", "bucket_verdict", "verdict_of"]

BUCKET_DENIAL = "with an explicit deny in a resource-based policy"


def bucket_verdict(principal: Principal, access: Access) -> PolicyVerdict:
    """Return what the policy of the bucket that an access concerns says; the caller holds the lock."""
    name = access.resource.rpartition(":::")[2].partition("/")[0]
    # Addresses of S3 name no region here, so moto has all buckets in one partition.
    bucket = s3_backends[ACCOUNT_ID]["aws"].buckets.get(name)
    policy = getattr(bucket, "policy", None)
    return verdict_of(policy, principal, access) if policy else PolicyVerdict.SILENT


def verdict_of(policy: Any, principal: Principal, access: Access) -> PolicyVerdict:
    """Return what a policy, JSON as text or bytes, says about an access of a principal."""
    found = PolicyVerdict.SILENT
    for statement in parse_statements(policy.decode() if isinstance(policy, bytes) else policy):
        trust = named_in(principal, statement)
        if trust is Trust.NONE or not statement.actions.match(access.action) or not statement.applies(access):
            continue
        if not statement.allows:
            return PolicyVerdict.DENIED
        if trust is Trust.NAMED:
            found = PolicyVerdict.ALLOWED
    return found
