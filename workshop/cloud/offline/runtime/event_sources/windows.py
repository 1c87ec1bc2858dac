"""Tumbling windows: which window a record belongs to, and what its invocation says about it.

A window covers a fixed span of arrival times. Each invocation inside it receives the state that the
previous one returned; one last invocation, without records, closes it. Pure.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html.
AWS does not say where windows begin; here, as in its examples, at multiples of their length.
"""

from dataclasses import dataclass, field
from typing import Any, Self

from workshop.cloud.offline.runtime.event_sources.events import encode
from workshop.cloud.offline.runtime.timestamps import iso_time

__all__ = ["MAX_STATE_BYTES", "TumblingWindow", "WindowState", "window_of"]

# "Your state can be a maximum of 1 MB per shard": a window whose state outgrows it is ended early.
MAX_STATE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class TumblingWindow:
    """A span of time in unix seconds; the end is not part of it."""

    start: int
    end: int


def window_of(arrived_at: float, length_seconds: int) -> TumblingWindow:
    """Return the window that a record with this arrival time belongs to.

    >>> window_of(1607497475.0, 120)
    TumblingWindow(start=1607497440, end=1607497560)
    """
    start = int(arrived_at // length_seconds) * length_seconds
    return TumblingWindow(start, start + length_seconds)


@dataclass(frozen=True, slots=True)
class WindowState:
    """An open window and what has been returned in it."""

    window: TumblingWindow
    state: dict[str, Any] = field(default_factory=dict)
    is_terminated_early: bool = False

    def with_state(self, state: Any) -> Self:
        """Return the window after an invocation.

        A state that is too large is not kept: the window is to be closed early, with the last state that
        fitted.
        """
        if len(encode(state)) > MAX_STATE_BYTES:
            return type(self)(self.window, self.state, is_terminated_early=True)
        return type(self)(self.window, state)

    def is_over(self, now: float) -> bool:
        """Whether the last invocation is due."""
        return self.is_terminated_early or now >= self.window.end

    def envelope(self, *, shard_id: str, source_arn: str, is_final: bool) -> dict[str, Any]:
        """Return the fields that an event inside a window has beside its records."""
        return {
            "window": {
                "start": iso_time(self.window.start, "seconds"),
                "end": iso_time(self.window.end, "seconds"),
            },
            "state": self.state,
            "shardId": shard_id,
            "eventSourceARN": source_arn,
            "isFinalInvokeForWindow": is_final,
            "isWindowTerminatedEarly": is_final and self.is_terminated_early,
        }
