"""What was sent, remembered by the stream and for longer than the stream."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from workshop.course.sent import SentMessages
from workshop.course.tools.planned import entries_of
from workshop.pipeline.example import EXAMPLE_MESSAGES
from workshop.pipeline.messages import Message
from workshop.settings import CLASS_FILE, class_seed

M1, M2, M3 = (EXAMPLE_MESSAGES[name] for name in ("M1", "M2", "M3"))
PAGE = 2


class Stream:
    """A stream with two shards, as far as a reader of it can tell; pages hold two records."""

    def __init__(self) -> None:
        self.shards: dict[str, list[dict[str, Any]]] = {"a": [], "b": []}
        self.reads = 0
        self._number = 100

    def put(self, message: Message | bytes, shard: str = "a") -> None:
        """Put a record behind all others."""
        self._number += 1
        data = message if isinstance(message, bytes) else message.wire(1.0)
        record = {
            "SequenceNumber": str(self._number),
            "Data": data,
            "ApproximateArrivalTimestamp": datetime.fromtimestamp(self._number, UTC),
        }
        self.shards[shard].append(record)

    def expire(self) -> None:
        """Let a day pass."""
        for records in self.shards.values():
            records.clear()

    def get_paginator(self, _operation: str) -> Any:
        """List the shards."""
        return self

    def paginate(self, **_: Any) -> Any:
        """Return one page of shards."""
        return [{"Shards": [{"ShardId": shard} for shard in self.shards]}]

    def get_shard_iterator(self, **request: Any) -> dict[str, str]:
        """Return an iterator: the shard, and behind which number it reads."""
        return {"ShardIterator": f"{request['ShardId']}:{request.get('StartingSequenceNumber', 0)}"}

    def get_records(self, **request: Any) -> dict[str, Any]:
        """Return the next page."""
        self.reads += 1
        shard, _, after = request["ShardIterator"].partition(":")
        waiting = [each for each in self.shards[shard] if int(each["SequenceNumber"]) > int(after)]
        page = waiting[:PAGE]
        last = page[-1]["SequenceNumber"] if page else after
        behind = 0 if len(waiting) <= PAGE else 1000
        return {"Records": page, "NextShardIterator": f"{shard}:{last}", "MillisBehindLatest": behind}


@pytest.fixture
def stream() -> Stream:
    """An empty stream."""
    return Stream()


def opened(stream: Any, folder: Path) -> SentMessages:
    return SentMessages(stream, "incoming", folder)


def test_messages_come_in_the_order_of_their_arrival(stream: Stream, tmp_path: Path) -> None:
    """Messages of all shards are put together as they arrived, over several pages."""
    for message, shard in ((M1, "b"), (M2, "a"), (M3, "b"), (M1, "b"), (M2, "b")):
        stream.put(message, shard)

    assert opened(stream, tmp_path).messages() == [M1, M2, M3, M1, M2]


def test_what_is_no_message_is_left_out(stream: Stream, tmp_path: Path) -> None:
    """A record that holds no message is a record, and no message."""
    stream.put(b"poison")
    stream.put(M1)
    sent = opened(stream, tmp_path)

    assert sent.messages() == [M1]
    assert len(sent.records()) == 2


def test_a_run_begins_behind_what_is_there(stream: Stream, tmp_path: Path) -> None:
    """When a run begins, earlier messages are forgotten, also by somebody who looks for the first time."""
    sent = opened(stream, tmp_path)
    stream.put(M1)
    sent.begin()
    stream.put(M2, "b")

    assert sent.messages() == [M2]
    assert opened(stream, tmp_path).messages() == [M2]


def test_a_run_can_begin_twice(stream: Stream, tmp_path: Path) -> None:
    """Beginning again in a run without messages keeps the earlier ones forgotten."""
    sent = opened(stream, tmp_path)
    stream.put(M1)
    sent.begin()
    sent.begin()

    assert opened(stream, tmp_path).messages() == []


def test_a_run_can_go_back_to_the_oldest_record(stream: Stream, tmp_path: Path) -> None:
    """Once the stream is read from its beginning again, everything in it counts again."""
    sent = opened(stream, tmp_path)
    stream.put(M1)
    sent.begin()
    stream.put(M2)
    assert sent.messages() == [M2]

    sent.rewind()

    assert sent.messages() == [M1, M2]


def test_messages_outlive_the_stream(stream: Stream, tmp_path: Path) -> None:
    """What was seen once is known after the stream has forgotten it, and after a restart."""
    stream.put(M1)
    opened(stream, tmp_path).messages()
    stream.expire()
    stream.put(M2)

    assert opened(stream, tmp_path).messages() == [M1, M2]


def test_others_see_what_one_process_begins(stream: Stream, tmp_path: Path) -> None:
    """A run that a terminal begins, or takes back, is what a notebook sees as well."""
    notebook, terminal = opened(stream, tmp_path), opened(stream, tmp_path)
    stream.put(M1)
    assert notebook.messages() == [M1]

    terminal.begin()
    assert notebook.messages() == []
    terminal.rewind()
    assert notebook.messages() == [M1]


def test_two_processes_keep_each_record_once(stream: Stream, tmp_path: Path) -> None:
    """Records that two processes have read are in the file twice and count once."""
    first, second = opened(stream, tmp_path), opened(stream, tmp_path)
    first.messages()
    second.messages()
    stream.put(M1)
    first.messages()
    second.messages()

    assert opened(stream, tmp_path).messages() == [M1]


def test_only_what_is_new_is_read(stream: Stream, tmp_path: Path) -> None:
    """A second look reads on behind the first one."""
    sent = opened(stream, tmp_path)
    for _ in range(20):
        stream.put(M1)
    sent.messages()
    before = stream.reads

    sent.messages()

    assert stream.reads - before == len(stream.shards)


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"number": 1, "starts": {"a": "x"}})])
def test_a_damaged_beginning_is_the_oldest_record(stream: Stream, tmp_path: Path, text: str) -> None:
    """Where the beginning of a run cannot be read, the run is all that the stream holds, and that is told."""
    stream.put(M1)
    opened(stream, tmp_path).begin()
    (tmp_path / "run.json").write_text(text, encoding="utf-8")
    told: list[str] = []
    sent = SentMessages(cast("Any", stream), "s", tmp_path, tell=told.append)

    assert sent.messages() == sent.messages() == [M1]
    assert len(told) == 1
    assert "`ws.clear()`" in told[0]


def test_a_disk_that_is_full_keeps_nobody_from_the_messages(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written down is read from the stream, as long as that has it."""

    def full(self: Path, *_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device", str(self))

    stream.put(M1)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", full)
        assert opened(stream, tmp_path).messages() == [M1]

    assert opened(stream, tmp_path).messages() == [M1]


def test_what_a_full_disk_kept_out_is_written_before_what_comes_later(
    stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process knows every record of the run, though one of them could not be written at once."""
    written = Path.open

    def full(self: Path, mode: str = "r", *given: Any, **named: Any) -> Any:
        if mode.startswith("a"):
            raise OSError(28, "No space left on device", str(self))
        return written(self, mode, *given, **named)

    sent = opened(stream, tmp_path)
    stream.put(M1)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        sent.messages()
    stream.put(M2)
    sent.messages()

    assert opened(stream, tmp_path).messages() == [M1, M2]


def test_half_a_line_is_taken_back(stream: Stream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full in the middle of a record, the file ends with the record before, as it did."""
    sent, written = opened(stream, tmp_path), Path.open

    def half(self: Path, mode: str = "r", *given: Any, **named: Any) -> Any:
        file = written(self, mode, *given, **named)
        if not mode.startswith("a"):
            return file
        write = file.write

        class Full:
            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def tell(self) -> int:
                return int(file.tell())

            def write(self, data: bytes) -> None:
                write(data[:20])
                raise OSError(28, "No space left on device")

        return Full()

    stream.put(M1)
    sent.messages()
    stream.put(M2)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", half)
        sent.messages()
    stream.put(M3)
    sent.messages()
    stream.expire()

    assert opened(stream, tmp_path).messages() == [M1, M2, M3]


@pytest.mark.parametrize("torn", [1, 2])
def test_a_torn_line_is_read_again_from_the_stream(stream: Stream, tmp_path: Path, torn: int) -> None:
    """A line torn in the middle or at the end hides nothing; the file is whole again afterwards."""
    for message in (M1, M2, M3):
        stream.put(message)
    opened(stream, tmp_path).messages()
    file = tmp_path / "records.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[torn] = lines[torn][:30]
    file.write_text("".join(lines), encoding="utf-8")

    assert opened(stream, tmp_path).messages() == [M1, M2, M3]
    assert len([json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]) == 3


def test_bytes_that_are_no_text_are_no_message(stream: Stream, tmp_path: Path) -> None:
    """A message that is not UTF-8 is none to the pipeline, so it is none here, also after a restart."""
    stream.put(M1.wire(1.0).replace(M1.trade_id.encode(), b"caf\xe9"))
    stream.put(M2)

    assert opened(stream, tmp_path).messages() == [M2]
    assert opened(stream, tmp_path).messages() == [M2]


def test_a_reader_that_comes_again_gets_what_is_new(stream: Stream, tmp_path: Path) -> None:
    """Each message is given once, however often is asked; a new run begins anew, without those before it."""
    sent = opened(stream, tmp_path)
    stream.put(M1)
    mark, first = sent.since()
    stream.put(M2, "b")
    stream.put(b"no message")
    later, second = sent.since(mark)

    assert ([each.trade_id for each in first], [each.trade_id for each in second]) == (
        [M1.trade_id],
        [M2.trade_id],
    )
    assert sent.since(later) == (later, [])
    sent.begin()
    stream.put(M3)
    begun, third = sent.since(later)
    assert begun.run != later.run
    assert [each.trade_id for each in third] == [M3.trade_id]


def test_a_packed_record_gives_all_of_its_messages(stream: Stream, tmp_path: Path) -> None:
    """Each line of a packed record is a message, bad ones left out, also when marks count the records."""
    sent = opened(stream, tmp_path)
    stream.put(b"\r\n".join([M1.wire(1.0), b"no JSON \xff", M2.wire(1.0)]))
    stream.put(M3)

    mark, messages = sent.since()

    assert messages == sent.messages() == [M1, M2, M3]
    assert len(sent.records()) == 4
    assert sent.since(mark) == (mark, [])
    assert opened(stream, tmp_path).messages() == [M1, M2, M3]


def test_no_two_learners_of_a_class_have_the_same_messages() -> None:
    """The seed of a class makes other messages of the same plan, whether it names a seed or not."""
    alone, also_alone, ada, bob = (entries_of(20, {}, seed) for seed in (0, 0, 7919, 104729))
    named = [entries_of(20, {"seed": 3}, seed) for seed in (0, 7919)]

    assert alone == also_alone
    assert alone != ada != bob
    assert named[0] != named[1]


def test_the_seed_of_a_class_is_read_from_the_home(tmp_path: Path) -> None:
    """Outside a class, or with a damaged file, made-up messages are those that the notebooks quote."""
    assert class_seed(tmp_path) == 0
    (tmp_path / CLASS_FILE).write_text("{", encoding="utf-8")
    assert class_seed(tmp_path) == 0
    (tmp_path / CLASS_FILE).write_text('{"seed": 7919}', encoding="utf-8")
    assert class_seed(tmp_path) == 7919
