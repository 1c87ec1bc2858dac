"""A rule of a bucket's lifecycle does something.

AWS refuses a rule without an action
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html); moto keeps it. Changed: as above.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket

from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["check_rules"]

# How the members begin that are actions, in requests and in templates.
ACTIONS = ("AbortIncompleteMultipartUpload", "Expiration", "ExpiredObject", "NoncurrentVersion", "Transition")

_MOTO_SET = FakeBucket.set_lifecycle


@corrects(FakeBucket, "set_lifecycle")
def _set(bucket: Any, rules: list[dict[str, Any]]) -> None:
    check_rules(rules)
    _MOTO_SET(bucket, rules)


def check_rules(rules: Iterable[Mapping[str, Any]]) -> None:
    """Raise AWS's error if one of the rules does nothing."""
    if not all(any(name.startswith(ACTIONS) for name in rule) for rule in rules):
        raise S3ClientError("InvalidRequest", "At least one action needs to be specified in a rule")
