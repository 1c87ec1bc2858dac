"""Which version of a trade stands: what an incoming message is, compared with the version that is stored.

In go two versions of one trade, out comes a verdict. The order in which messages arrive does not matter: the
highest version stands in the end. No AWS, no time, no environment.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from common.images import trade_in_image
from common.trades import MalformedRecordError, Trade

__all__ = ["ConflictError", "Verdict", "stored_trade", "verdict_on"]


class Verdict(Enum):
    """What an incoming version is; only the first is written."""

    NEWER = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"


class ConflictError(MalformedRecordError):
    """A message has the version that is stored already, but says something else."""


def verdict_on(incoming: Trade, stored: Trade) -> Verdict:
    """Return what the incoming version is beside the stored one.

    Raises:
        ConflictError: both have the same version, and differ in value, hierarchy or cancellation.
    """
    if incoming.version > stored.version:
        return Verdict.NEWER
    if incoming.version < stored.version:
        return Verdict.STALE
    differences = [
        f"`{name}` is {there} there and {here} here"
        for name, there, here in (
            ("Value", stored.value, incoming.value),
            ("Hierarchy", stored.hierarchy, incoming.hierarchy),
            ("Cancelled", stored.cancelled, incoming.cancelled),
        )
        if there != here
    ]
    if differences:
        raise ConflictError(
            f"version {incoming.version} of this trade is stored with other content: {', '.join(differences)}"
        )
    return Verdict.DUPLICATE


def stored_trade(item: Mapping[str, Any], levels: Sequence[str]) -> Trade:
    """Return the trade in an item of StateTable that stood in the way of a newer one.

    Raises:
        ConflictError: somebody else wrote the item, and it is no valid trade.
    """
    try:
        return trade_in_image(item, levels)
    except MalformedRecordError as error:
        raise ConflictError(
            f"what is stored under this trade's ID is no valid trade: {error.reason}"
        ) from error
