"""Times as text."""

from datetime import UTC, datetime

__all__ = ["iso_time"]


def iso_time(seconds: float, precision: str = "milliseconds") -> str:
    """Return unix seconds as AWS writes them in documents and log lines.

    >>> iso_time(1_750_000_000.5)
    '2025-06-15T15:06:40.500Z'
    >>> iso_time(1_750_000_000.5, "seconds")
    '2025-06-15T15:06:40Z'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
