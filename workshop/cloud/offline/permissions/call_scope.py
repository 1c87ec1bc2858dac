"""The account and region of a call, and the permissions it needs: what the modules about services share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workshop.cloud.offline.partitions import partition_of

__all__ = ["CallScope", "FindKeys", "Needed", "NeedsOf"]

FindKeys = Callable[[], Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class CallScope:
    """The account and region of a call."""

    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """The partition that the region lies in."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str, *, is_global: bool = False) -> str:
        """Return the ARN of a resource in this account, and in this region unless it is in all."""
        region = "" if is_global else self.region
        return f"arn:{self.partition}:{service}:{region}:{self.account_id}:{resource}"


@dataclass(frozen=True, slots=True)
class Needed:
    """A permission that a call needs: an action, a resource, and condition keys specific to its service.

    Keys are in lower case. Few policies use them, so they are found only when one does.
    """

    action: str
    resource: str
    keys: FindKeys = field(default=dict)


# From an operation's name, its parameters and its scope to what it needs.
NeedsOf = Callable[[str, Mapping[str, Any], CallScope], Any]
