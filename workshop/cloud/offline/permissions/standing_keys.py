"""The global condition keys of every call in a role's name, by a function, a person or a service.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
"""

from datetime import UTC, datetime
from typing import Any

from workshop.cloud.offline.overlay.correct import CLOCK
from workshop.cloud.offline.permissions.wildcards import Keys

__all__ = ["standing_keys"]


def standing_keys(role_arn: str, role: Any, region: str) -> Keys:
    """Return the keys; `role` is moto's role or None. A loopback connection counts as encrypted."""
    now = CLOCK.now()
    account_id = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
    keys = {
        "aws:currenttime": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "aws:epochtime": str(int(now)),
        "aws:principalaccount": account_id,
        "aws:principalarn": role_arn,
        "aws:principaltype": "AssumedRole",
        "aws:requestedregion": region,
        "aws:resourceaccount": account_id,
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        **{f"aws:principaltag/{name.lower()}": value for name, value in _tags(role).items()},
    }
    return {name: (value,) for name, value in keys.items() if value}


def _tags(role: Any) -> dict[str, str]:
    tags = role.tags if role is not None else ()
    if isinstance(tags, dict):
        return {str(name): str(getattr(value, "value", value)) for name, value in tags.items()}
    return {str(tag["Key"]): str(tag["Value"]) for tag in tags or ()}
