"""The permissions boundary of a learner in a shared account, which `cloudformation/access.yaml` makes.

Without it the learner's policy lets nobody make a role, so a deployment names it to the stack.
"""

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.cloud.sign_in import is_denied
from workshop.settings import own_prefix

__all__ = ["BOUNDARY", "boundary_of"]

# The parameter of our templates.
BOUNDARY = "PermissionsBoundaryArn"


def boundary_of(cloud: Cloud) -> dict[str, str]:
    """Return the parameter that bounds a stack's roles; nothing without a prefix, or without a boundary."""
    if (prefix := own_prefix()) is None:
        return {}
    arn = f"arn:{cloud.partition}:iam::{cloud.account_id}:policy/trade-risk-boundary-{prefix}"
    try:
        cloud.client("iam").get_policy(PolicyArn=arn)
    except ClientError as error:
        if is_denied(error) or error.response["Error"]["Code"] == "NoSuchEntity":
            return {}
        raise
    return {BOUNDARY: arn}
