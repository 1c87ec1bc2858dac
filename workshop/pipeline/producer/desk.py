"""Handfuls of messages with names that people can read, for exercises that put them into a stream by hand.

Each is a plain dict in the form of the stream. The same arguments give the same messages but for their time.
"""

from typing import Any

from workshop.clock import Clock, SystemClock

__all__ = ["desk_messages"]

DESKS = ("FXSpot", "FXOptions")
REGIONS = ("EMEA", "APAC", "AMER")


def desk_messages(
    name: str, count: int, *, version: int = 1, clock: Clock | None = None
) -> list[dict[str, Any]]:
    """Return one message for each of the trades `name-1`, `name-2`, …, all of the risk type PV.

    Shape: `{"TradeID": "name-1", "Value": 100, "Version": 1, "Timestamp": …, "Hierarchy": {…}}`.
    """
    now = (clock or SystemClock()).now()
    return [
        {
            "TradeID": f"{name}-{number}",
            "Value": 100 * number,
            "Version": version,
            "Timestamp": now,
            "Hierarchy": {
                "RiskType": "PV",
                "TradeDesk": DESKS[number % len(DESKS)],
                "Region": REGIONS[number % len(REGIONS)],
            },
        }
        for number in range(1, count + 1)
    ]
