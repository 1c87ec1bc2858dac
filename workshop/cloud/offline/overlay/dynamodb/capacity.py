"""Consumed capacity, for requests that ask for it.

A write consumes one unit for each KB of the larger image, a read half a unit for each 4 KB or a whole one
if it is strongly consistent, a transaction twice as much. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html. Capacity of
secondary indexes is not counted.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from moto.dynamodb.exceptions import MockValidationException

__all__ = ["capacities", "capacity", "read_units", "write_units"]

WRITE_BYTES = 1024
READ_BYTES = 4096


def write_units(size: int) -> float:
    """Return what writing so many bytes consumes."""
    return float(max(1, math.ceil(size / WRITE_BYTES)))


def read_units(size: int, *, consistent: bool = False) -> float:
    """Return what reading so many bytes consumes."""
    return max(1, math.ceil(size / READ_BYTES)) * (1.0 if consistent else 0.5)


def capacity(
    request: Mapping[str, Any], units: Callable[[], float], table: str | None = None
) -> dict[str, Any]:
    """Return the member `ConsumedCapacity` of an answer, or nothing if the request does not ask for it.

    `units` is called only if it does: what has to be measured for it takes longer than a small write.
    """
    wanted = _wanted(request)
    if wanted == "NONE":
        return {}
    return {"ConsumedCapacity": _entry(wanted, table or request["TableName"], units())}


def capacities(request: Mapping[str, Any], units: Callable[[], Mapping[str, float]]) -> dict[str, Any]:
    """Return the same for a request that concerns several tables."""
    wanted = _wanted(request)
    if wanted == "NONE":
        return {}
    return {"ConsumedCapacity": [_entry(wanted, table, sum_) for table, sum_ in units().items()]}


def _wanted(request: Mapping[str, Any]) -> str:
    wanted = str(request.get("ReturnConsumedCapacity") or "NONE")
    if wanted not in ("NONE", "TOTAL", "INDEXES"):
        raise MockValidationException(
            f"1 validation error detected: Value '{wanted}' at 'returnConsumedCapacity' failed to satisfy "
            "constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
        )
    return wanted


def _entry(wanted: str, table: str, units: float) -> dict[str, Any]:
    entry: dict[str, Any] = {"TableName": table, "CapacityUnits": units}
    if wanted == "INDEXES":
        entry["Table"] = {"CapacityUnits": units}
    return entry
