"""The verdict on a message: what becomes of a version of a trade, given the version that is stored.

The order in which versions arrive does not matter: the highest one stands in the end. Pure: no AWS, no time.
"""

from enum import Enum

from common.trades import Trade

__all__ = ["Verdict", "verdict_on_refused"]


class Verdict(Enum):
    """What became of a message; only an applied one is in StateTable, the last two are in the quarantine."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    CONFLICT = "conflict"
    MALFORMED = "malformed"


def verdict_on_refused(incoming: Trade, stored: Trade) -> tuple[Verdict, str]:
    """Return the verdict on a version that is not newer than the stored one; a conflict has a reason.

    Two messages of one version are duplicates if they agree in value, hierarchy and cancellation. Their
    timestamps may differ, since a producer that sends a message again may date it anew.
    """
    if incoming.version < stored.version:
        return Verdict.STALE, ""
    differences = [
        f"`{name}` is {there} there and {here} here"
        for name, there, here in (
            ("Value", stored.value, incoming.value),
            ("Hierarchy", stored.hierarchy, incoming.hierarchy),
            ("Cancelled", stored.cancelled, incoming.cancelled),
        )
        if there != here
    ]
    if not differences:
        return Verdict.DUPLICATE, ""
    shown = ", ".join(differences)
    return Verdict.CONFLICT, f"version {incoming.version} of this trade is stored with other content: {shown}"
