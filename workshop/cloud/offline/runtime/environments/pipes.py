"""The owner's side of an execution environment's pipes: frames out, frames in, and the log.

Both readers take everything as it comes, so that an environment never blocks on a full pipe, and both keep
what they read until it is asked for. The frame format is the one in `bootstrap`.
"""

import contextlib
import json
import os
import queue
import secrets
import threading
from typing import IO, Any

from workshop.clock import stopwatch
from workshop.cloud.offline.runtime.environments.bootstrap import FRAME, LINE_JOINT, MAGIC
from workshop.cloud.offline.runtime.environments.threads import start_thread

__all__ = ["Answers", "BrokenChannelError", "Frame", "LogReader", "send_frame"]

Frame = tuple[dict[str, Any], bytes]

READ_BYTES = 1 << 16
# What one invocation may write to its log here; the rest is counted, not kept.
MAX_LOG_BYTES = 4 * 1024 * 1024
# The largest log event of CloudWatch Logs.
MAX_EVENT_BYTES = 256 * 1024


# How many bytes of a log had come, and when.
Arrivals = list[tuple[int, float]]


class LogLine(str):  # noqa: SLOT000 # the line is the text; when it came is beside it
    """A log event that knows when it came, in seconds of the stopwatch."""

    came_at: float


class BrokenChannelError(Exception):
    """The environment ended, or wrote something else than a frame; the message holds that text, if any."""


def send_frame(target: IO[bytes], header: dict[str, Any], body: bytes = b"") -> None:
    """Write one frame.

    Raises:
        BrokenChannelError: the environment has ended.
    """
    head = json.dumps(header).encode()
    try:
        target.write(FRAME.pack(MAGIC, len(head), len(body)) + head + body)
        target.flush()
    except (OSError, ValueError) as error:
        raise BrokenChannelError("") from error


class Answers:
    """Reads the frames that an environment sends."""

    def __init__(self, source: IO[bytes], name: str) -> None:
        self._source = source
        self._frames: queue.SimpleQueue[Frame | BrokenChannelError] = queue.SimpleQueue()
        start_thread(self._read, f"{name}-answers")

    def receive(self, timeout_seconds: float) -> Frame:
        """Return the next frame.

        Raises:
            TimeoutError: none came in time.
            BrokenChannelError: none will come.
        """
        try:
            frame = self._frames.get(timeout=max(0.0, timeout_seconds))
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(frame, BrokenChannelError):
            self._frames.put(frame)  # it stays broken for the next call
            raise frame
        return frame

    def _read(self) -> None:
        said = ""
        try:
            with contextlib.closing(self._source):
                while start := self._source.read(FRAME.size):
                    # Something else than our bootstrap writes here: an interpreter that cannot start says
                    # why.
                    if not start.startswith(MAGIC) or len(start) < FRAME.size:
                        said = (start + self._source.read(READ_BYTES)).decode(errors="replace").strip()
                        return
                    _, head, body = FRAME.unpack(start)
                    header, content = self._source.read(head), self._source.read(body)
                    if len(header) < head or len(content) < body:  # killed while it was writing
                        return
                    self._frames.put((json.loads(header), content))
        finally:
            self._frames.put(BrokenChannelError(said))  # a waiting caller must not wait for ever


class LogReader:
    """Reads what an environment prints, and hands it out invocation by invocation.

    ``marker`` is what the environment writes when everything that an invocation printed has been written.
    Where it comes too late, what was printed until then opens the next invocation's log.
    """

    def __init__(self, source: IO[bytes], name: str) -> None:
        self.marker = f"\x1e{secrets.token_hex(16)}\x1e\n"
        self._source = source
        self._text = bytearray()
        self._arrivals: Arrivals = []
        self._dropped_bytes = 0
        self._late_markers = 0
        self._told_bytes = 0
        self._lock = threading.Lock()
        self._complete: queue.SimpleQueue[tuple[bytes, Arrivals]] = queue.SimpleQueue()
        start_thread(self._read, f"{name}-log")

    def collect(self, timeout_seconds: float) -> list[LogLine]:
        """Return the log events since the last call; waits for the marker, or the end, at most this long."""
        try:
            text, arrivals = self._complete.get(timeout=timeout_seconds)
        except queue.Empty:
            text, arrivals = self._collect_unfinished()
        return log_events(text, arrivals)

    def printed(self) -> list[LogLine]:
        """Return the whole lines since the last call of an invocation that goes on; waits for nothing.

        Of an invocation that prints very much only the first half comes in this way.
        """
        with self._lock:
            end = self._text.rfind(b"\n") + 1
            # What follows a marker is the next invocation's.
            if not end or self._late_markers or not self._complete.empty():
                return []
            if self._told_bytes + end > MAX_LOG_BYTES // 2:
                return []
            told = self._told_bytes + end
            text, arrivals = self._take(end)
            self._told_bytes = told
        return log_events(text, arrivals)

    def _collect_unfinished(self) -> tuple[bytes, Arrivals]:
        """Return what there is: killed, with a process that still holds the pipe, or the machine is slow."""
        with self._lock:
            try:
                return self._complete.get_nowait()  # come at the last moment
            except queue.Empty:
                # Its marker will still come and must not be taken for the end of the next invocation's log.
                self._late_markers += 1
                return self._take()

    def _read(self) -> None:
        marker = self.marker.encode()
        descriptor = self._source.fileno()
        with contextlib.closing(self._source):
            while part := os.read(descriptor, READ_BYTES):
                with self._lock:
                    # A marker may be cut by the end of a read, so the search begins a marker's length
                    # earlier.
                    start = max(0, len(self._text) - len(marker))
                    self._text += part
                    self._arrivals.append((len(self._text), stopwatch()))
                    while (end := self._text.find(marker, start)) >= 0:
                        del self._text[end : end + len(marker)]
                        self._arrivals = [
                            (max(end, length - len(marker)) if length > end else length, moment)
                            for length, moment in self._arrivals
                        ]
                        start = self._end_of_log(end)
                    self._drop_surplus()
        with self._lock:
            self._complete.put(self._take())

    # The methods below are called with the lock held.

    def _end_of_log(self, end: int) -> int:
        """Hand out what came before a marker unless nobody waits for it; return from where to search on."""
        if self._late_markers:
            self._late_markers -= 1
            return end
        self._complete.put(self._take(end))
        return 0

    def _take(self, end: int | None = None) -> tuple[bytes, Arrivals]:
        self._told_bytes = 0
        text = bytes(self._text[:end])
        del self._text[:end]
        arrivals, left = self._arrivals, len(text)
        self._arrivals = [(length - left, moment) for length, moment in arrivals if length > left]
        dropped, self._dropped_bytes = self._dropped_bytes, 0
        notice = f"\n[{dropped} more bytes of output were dropped by the offline cloud]\n" if dropped else ""
        return text + notice.encode(), arrivals

    def _drop_surplus(self) -> None:
        # The marker, which may be arriving in parts, is always at the very end.
        limit = MAX_LOG_BYTES - self._told_bytes
        surplus = len(self._text) - limit
        if surplus > READ_BYTES:
            keep = limit - len(self.marker)
            del self._text[keep : keep + surplus]
            self._dropped_bytes += surplus
            # What was dropped has not come; one entry for the end is enough, however long this goes on.
            self._arrivals = [entry for entry in self._arrivals if entry[0] <= keep]
            self._arrivals.append((len(self._text), stopwatch()))


def log_events(text: bytes, arrivals: Arrivals) -> list[LogLine]:
    """Return one log event per line; joined lines stay together, over-long ones are cut."""
    found: list[LogLine] = []
    at, place = 0, 0
    for line in text.split(b"\n"):
        at += len(line) + 1
        # Its end says when a line came; the last one may have no line break.
        while place < len(arrivals) - 1 and arrivals[place][0] < min(at, len(text)):
            place += 1
        event = line.decode(errors="replace").replace(LINE_JOINT, "\n").rstrip("\n")
        for start in range(0, len(event), MAX_EVENT_BYTES):
            found.append(LogLine(event[start : start + MAX_EVENT_BYTES]))
            found[-1].came_at = arrivals[place][1] if arrivals else stopwatch()
    return found
