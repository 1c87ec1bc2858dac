"""The time, in unix seconds."""

import time
from decimal import Decimal

__all__ = ["unix_time"]


def unix_time() -> Decimal:
    """Return the time in unix seconds, to the millisecond."""
    return Decimal(time.time_ns() // 1_000_000) / 1000
