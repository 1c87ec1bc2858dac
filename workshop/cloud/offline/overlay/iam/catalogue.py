"""AWS's managed policies are read once, and a caller's account is found without creating backends.

AWS's managed policies (`AWSLambdaBasicExecutionRole`, …) exist in every account, and templates attach them:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html.

moto parses the 1,582 policies again for each AWS partition and at each reset, which takes 0.2 s or more, and
creates the IAM backends of all six partitions to look up one access key.

Changed: the policies are built once and copied; an access key is looked up in the existing partitions only.
"""

from functools import cache
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam import models
from moto.iam.models import IAMBackend

from workshop.cloud.offline.overlay.correct import corrects

_MOTO_POLICIES = IAMBackend._init_aws_policies


class _Owner:
    """The two attributes of a backend that moto builds policies with; hashable, unlike a backend."""

    def __init__(self, account_id: str, region_name: str) -> None:
        self.account_id = account_id
        self.region_name = region_name


@cache
def _catalogue(account_id: str, region_name: str) -> tuple[Any, ...]:
    return tuple(_MOTO_POLICIES(_Owner(account_id, region_name)))


@corrects(IAMBackend, "_init_aws_policies")
def _init_aws_policies(self: Any) -> list[Any]:
    # moto has AWS's policies only where `MOTO_IAM_LOAD_MANAGED_POLICIES` asks for them.
    if not models.load_iam_aws_managed_policies():
        return []
    # Copies, because moto counts attachments and adds versions in the policy itself.
    policies = [_copy(policy) for policy in _catalogue(self.account_id, self.region_name)]
    for policy in policies:
        policy.versions = [_copy(version) for version in policy.versions]
        policy.tags = dict(policy.tags)
    return policies


def _copy(original: Any) -> Any:
    """Return what `copy.copy` returns for a plain object; there are 3,000 of them, and this takes a fifth."""
    copied = object.__new__(type(original))
    copied.__dict__.update(original.__dict__)
    return copied


@corrects(models, "get_account_id_from")
def _get_account_id_from(access_key: str) -> str:
    # Over copies, since a request of another thread may create a backend meanwhile.
    for account_id, partitions in list(models.iam_backends.items()):
        if any(access_key in backend.access_keys for backend in list(partitions.values())):
            return str(account_id)
    return str(DEFAULT_ACCOUNT_ID)
