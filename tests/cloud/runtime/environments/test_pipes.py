"""What the owner of an execution environment makes of what comes through its pipes, and when."""

import os
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from tests.cloud.waiting import wait_until
from workshop.clock import stopwatch
from workshop.cloud.offline.runtime.environments.bootstrap import FRAME, MAGIC
from workshop.cloud.offline.runtime.environments.pipes import (
    MAX_LOG_BYTES,
    READ_BYTES,
    Answers,
    BrokenChannelError,
    LogReader,
)

PATIENCE_SECONDS = 20.0
Pipe = tuple[BinaryIO, BinaryIO]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """Both ends of a pipe; what is written is there at once."""
    reading, writing = os.pipe()
    with open(writing, "wb", buffering=0) as target:  # noqa: PTH123 # a descriptor, not a path
        yield open(reading, "rb"), target  # noqa: PTH123, SIM115 # closed by whoever reads


def frame(header: bytes, body: bytes) -> bytes:
    return FRAME.pack(MAGIC, len(header), len(body)) + header + body


@pytest.mark.parametrize("length", [1, FRAME.size - 1, FRAME.size + 3, FRAME.size + 13, FRAME.size + 20])
def test_an_answer_that_breaks_off_is_no_answer(pipe: Pipe, length: int) -> None:
    """Of an environment that was killed while it wrote its answer nothing is taken for one."""
    source, target = pipe
    answers = Answers(source, "killed")
    target.write(frame(b'{"error": 1}', b'{"batchItemFailures": []}')[:length])
    target.close()

    with pytest.raises(BrokenChannelError):
        answers.receive(PATIENCE_SECONDS)


def test_lines_know_when_they_came(pipe: Pipe) -> None:
    """A line that was read later came later, also across the marker between two invocations."""
    source, target = pipe
    reader = LogReader(source, "timed")
    target.write(b"one\n" + reader.marker.encode())
    (one,) = reader.collect(PATIENCE_SECONDS)
    between = stopwatch()
    target.write(b"two\nthree\n" + reader.marker.encode())

    two, three = reader.collect(PATIENCE_SECONDS)

    assert (one, two, three) == ("one", "two", "three")
    assert one.came_at <= between <= two.came_at <= three.came_at


def test_whole_lines_are_there_before_the_end(pipe: Pipe) -> None:
    """While an invocation goes on, its whole lines can be had, each once; the marker gives the rest."""
    source, target = pipe
    log = LogReader(source, "lasting")
    target.write(b"one\ntwo\nthr")
    found: list[str] = []
    assert wait_until(lambda: found.extend(log.printed()) or len(found) == 2)
    assert found == ["one", "two"]
    assert log.printed() == []

    target.write(b"ee\nfour" + log.marker.encode() + b"next\n")

    assert [*log.printed(), *log.collect(PATIENCE_SECONDS)] == ["three", "four"]
    assert wait_until(lambda: found.extend(log.printed()) or len(found) == 3)
    assert found[2:] == ["next"]


def test_a_marker_in_parts_is_in_no_line(pipe: Pipe) -> None:
    """A marker that arrives cut is no text of the function, whenever somebody looks."""
    source, target = pipe
    log = LogReader(source, "cut")
    marker = log.marker.encode()
    target.write(b"one\n" + marker[:9])
    found: list[str] = []
    assert wait_until(lambda: found.extend(log.printed()) or found)

    target.write(marker[9:])

    assert found + log.collect(PATIENCE_SECONDS) == ["one"]


def test_much_output_is_bounded_also_when_it_is_asked_for_meanwhile(pipe: Pipe) -> None:
    """What an invocation may write to its log does not grow by being looked at while it runs."""
    source, target = pipe
    log = LogReader(source, "chatty")
    line = b"x" * 1023 + b"\n"
    found: list[str] = []
    for _ in range(3 * MAX_LOG_BYTES // len(line) // 64):
        target.write(line * 64)
        found += log.printed()
    target.write(log.marker.encode())

    found += log.collect(PATIENCE_SECONDS)

    assert sum(map(len, found)) <= MAX_LOG_BYTES + READ_BYTES
    assert "were dropped" in found[-1]


def test_a_late_marker_ends_no_later_log(pipe: Pipe) -> None:
    """When the end of a log comes after it was collected, the next invocation's log is still its own."""
    source, target = pipe
    log = LogReader(source, "slow")
    target.write(b"first\n")
    collected = 1
    while log.collect(0) != ["first"]:
        collected += 1

    target.write(log.marker.encode() * collected)
    target.write(f"second\n{log.marker}".encode())
    target.write(f"third\n{log.marker}".encode())

    assert log.collect(PATIENCE_SECONDS) == ["second"]
    assert log.collect(PATIENCE_SECONDS) == ["third"]


def test_what_was_printed_late_opens_the_next_log(pipe: Pipe) -> None:
    """Output that arrives after its log was collected is not lost."""
    source, target = pipe
    log = LogReader(source, "slow")
    assert log.collect(0) == []

    target.write(f"late\n{log.marker}next\n{log.marker}".encode())

    assert log.collect(PATIENCE_SECONDS) == ["late", "next"]
