"""When something of Lambda was changed, as its API tells it; support for the other modules of this folder."""

from datetime import UTC, datetime

from workshop.cloud.offline.overlay.correct import CLOCK

__all__ = ["moment"]


def moment() -> str:
    """Return the time as in `LastModified`."""
    return datetime.fromtimestamp(CLOCK.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
