"""The commands around a deployed pipeline, run as people and scripts run them.

The tests share two pipelines; each empties the one whose content it judges, so it can run alone.
"""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from workshop.settings import project_root

DEADLINE_SECONDS = 150
SAMPLE = str(project_root() / "notebooks" / "data" / "sample-messages.jsonl")


def test_an_empty_pipeline_says_that_nothing_has_arrived(workshop, stacks) -> None:
    """Before the first message `aggregates` says what to do, and its JSON has no totals."""
    workshop.document("clear", "flow", "--yes")

    assert "workshop produce flow" in workshop.run("aggregates", "flow").stdout
    assert workshop.document("aggregates", "flow") == {}


@pytest.mark.parametrize("stack", ["desk", "flow"])
def test_the_totals_become_what_produce_foretells(workshop, stacks, eventually, stack: str) -> None:
    """`produce --json` prints the true totals; once they have arrived `aggregates --json` prints the same."""
    shares = ("--duplicates", "10", "--modify", "5", "--out-of-order", "50")

    workshop.document("clear", stack, "--yes")
    told = workshop.document("produce", stack, "--messages", "400", *shares)

    assert (told["messages_sent"], told["refused"]) == (400, 0)
    assert (told["duplicates"], told["modified"], told["out_of_order"]) == (40, 20, 10)
    assert eventually(lambda: workshop.document("aggregates", stack) == told["truth"])


def test_produce_tells_people_what_it_sent(workshop, stacks) -> None:
    """People see an example message, the counts, and the tree of totals that must result."""
    done = workshop.run("produce", "flow", "--messages", "50", "--seed", "3", "--rate", "500")

    assert done.returncode == 0
    for part in ('{"TradeID": ', "50 (", "Seed", "Grand Total", "FXOptions"):
        assert part in done.stdout


def test_a_file_is_sent_and_its_bad_line_named(workshop, stacks) -> None:
    """A bad line is reported by number and passed over; the rest is sent and counted."""
    done = workshop.run("produce", "flow", "--file", SAMPLE, "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert [bad["line"] for bad in told["bad_lines"]] == [10]
    assert told["messages_sent"] == 24
    assert "line 10" in done.stderr


def test_a_file_without_any_message_is_a_configuration_error(workshop, stacks, tmp_path) -> None:
    """When no line can be sent, nothing is sent, and the exit code is 2."""
    path = tmp_path / "empty.jsonl"
    path.write_text("nonsense\n")

    done = workshop.run("produce", "flow", "--file", str(path))

    assert done.returncode == 2
    assert "line 1" in done.stderr


def test_what_was_set_aside_is_listed_with_its_reason(workshop, stacks, cloud, eventually) -> None:
    """A record that is no risk message appears in `quarantine` with the reason and its raw data."""
    workshop.document("clear", "flow", "--yes")
    cloud.client("kinesis").put_record(
        StreamName=stacks["flow"]["StreamName"], PartitionKey="k", Data=b'{"TradeID": \x1b[31m"x"}'
    )

    assert eventually(lambda: len(workshop.document("quarantine", "flow")["records"]) == 1)

    (record,) = workshop.document("quarantine", "flow")["records"]
    shown = workshop.run("quarantine", "flow").stdout
    assert "TradeID" in record["raw_data"]
    assert record["reason"]
    assert "1 records were set aside" in shown
    assert "\x1b[31m" not in shown


def test_no_name_is_no_stack(workshop, stacks) -> None:
    """CloudFormation describes any stack where none is named; an empty name finds none here."""
    done = workshop.run("aggregates", "")

    assert done.returncode == 2
    assert "no pipeline stack is called ``" in done.stderr


def test_watch_once_prints_one_view(workshop, stacks, eventually) -> None:
    """`watch --once` shows clock, count, latency, badge and tree, and ends."""
    workshop.document("clear", "flow", "--yes")
    truth = workshop.document("produce", "flow", "--messages", "20")["truth"]
    assert eventually(lambda: workshop.document("aggregates", "flow") == truth)

    done = workshop.run("watch", "flow", "--once")

    assert done.returncode == 0
    for part in ("Clock", "Messages", "Latency", "OFFLINE", "Grand Total"):
        assert part in done.stdout


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let processes that a test starts react to Ctrl-C, also where pytest itself runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def watching(workshop, stack: str, environment: dict, streams: dict) -> Iterator[subprocess.Popen]:
    """Run `workshop watch` with these streams; nothing of it is left behind the block."""
    command = workshop.command("watch", stack, "--every", "0.2")
    with subprocess.Popen(command, env=environment, **streams) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Windows differ")
def test_watch_prints_changes_where_there_is_no_terminal(workshop, stacks, interruptible, eventually) -> None:
    """Into a pipe a view is printed for each change, and Ctrl-C ends it with 0."""
    workshop.document("clear", "desk", "--yes")
    views = []
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with watching(workshop, "desk", workshop.environment | {"PYTHONUNBUFFERED": "1"}, pipes) as process:
        reading = threading.Thread(target=lambda: views.extend(process.stdout), daemon=True)
        reading.start()

        assert eventually(lambda: any("Clock" in line for line in views))
        workshop.document("produce", "desk", "--messages", "20")
        assert eventually(lambda: sum("Clock" in line for line in views) >= 2)

        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_SECONDS) == 0
        reading.join(DEADLINE_SECONDS)
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("aggregates", "nothing-here"), "nothing-here"),
        (("watch", "nothing-here", "--once"), "nothing-here"),
        (("produce", "desk", "--messages", "0"), "--messages"),
        (("produce", "desk", "--duplicates", "200"), "percentage"),
        (("produce", "desk", "--duplicates", "60", "--modify", "40"), "no room"),
        (("produce", "desk", "--rate", "0"), "--rate"),
        (("produce", "desk", "--file", "/nowhere/at-all.jsonl"), "at-all.jsonl"),
        (("aggregates", "desk", "--cloud", "mars"), "mars"),
        (("aggregates", "desk", "--endpoint", "http://127.0.0.1:9"), "workshop cloud start"),
        (("check", "--endpoint", "http://127.0.0.1:9"), "workshop cloud start"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_message(workshop, stacks, arguments, said: str) -> None:
    """Wrong usage or configuration ends with exit code 2, says which, prints no traceback and no document."""
    done = workshop.run(*arguments)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("aggregates", "flow", "--json"), 0),
        (("produce", "flow", "--messages", "10", "--json"), 0),
        (("aggregates", "nothing-here", "--json"), 2),
    ],
)
def test_a_process_ends_with_the_code_and_prints_one_document_or_none(
    workshop, stacks, arguments, code: int
) -> None:
    """Seen from a script: the exit code tells, stdout is one JSON document or empty."""
    done = workshop.process(*arguments)

    assert done.returncode == code
    assert bool(done.stdout) == (code == 0)
    assert code or isinstance(json.loads(done.stdout), dict)
    assert "Traceback" not in done.stderr


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal, 24 lines high."""
    pty = pytest.importorskip("pty", reason="only POSIX has terminals like this")
    ours, theirs = pty.openpty()
    resize(theirs, 60, 100)
    yield ours, theirs
    import os

    for end in (ours, theirs):
        os.close(end)


def resize(terminal: int, lines: int, columns: int) -> None:
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def test_watch_lives_in_a_terminal(
    workshop, stacks, terminal: tuple[int, int], interruptible, eventually
) -> None:
    """In a terminal the view is redrawn in place, survives a resize, and Ctrl-C leaves the last one."""
    import os

    workshop.document("produce", "flow", "--messages", "20")
    ours, theirs = terminal
    environment = workshop.environment | {"TERM": "xterm"}
    del environment["COLUMNS"]
    drawn = bytearray()

    def read() -> None:
        while b"the end" not in drawn:
            drawn.extend(os.read(ours, 65_536))

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    try:
        ends = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        with watching(workshop, "flow", environment, ends) as process:
            assert eventually(lambda: b"Grand Total" in drawn)
            resize(theirs, 12, 40)
            assert eventually(lambda: b"taller" in drawn)
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE_SECONDS) == 0
    finally:
        os.write(theirs, b"the end")
        reading.join(DEADLINE_SECONDS)
    assert b"Traceback" not in drawn
