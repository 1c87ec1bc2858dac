"""What a record of the stream holds: one message, or one on each line."""

import json
from decimal import Decimal

import pytest
from common.records import KinesisRecord, ReceivedMessage, Rejection, messages_in, unpack
from hypothesis import given
from hypothesis import strategies as st

from tests.lambdas.handler_bench import message
from workshop.pipeline.producer.message_file import parts_of_record

A, B = b'{"TradeID": "a"}', b'{"TradeID": "b"}'
PRETTY = json.dumps({"TradeID": "a", "Hierarchy": {"RiskType": "PV"}}, indent=2).encode()


@pytest.mark.parametrize(
    ("data", "messages"),
    [
        (A, [A]),
        (A + b"\n" + B, [A, B]),
        (A + b"\n" + B + b"\n", [A, B]),
        (A + b"\r\n" + B + b"\r\n", [A, B]),
        (b"\n\n" + A + b"\n \t\r\n\n" + B, [A, B]),
        (b"\xef\xbb\xbf" + A + b"\n" + B, [A, B]),
        (b"\xef\xbb\xbf" + A, [A]),
        (A + b"\n", [A + b"\n"]),
        (A + b"\nnot JSON\n" + B, [A, b"not JSON", B]),
        (A + b"\n[" + B + b"]\n\xff", [A, b"[" + B + b"]", b"\xff"]),
        (A + B, [A + B]),
        (b"[" + A + b",\n" + B + b"]", [b"[" + A + b",\n" + B + b"]"]),
        (b"[\n" + A + b"\n]", [b"[\n" + A + b"\n]"]),
        (b'{"RiskMessage":\n' + A + b"\n}", [b'{"RiskMessage":\n' + A + b"\n}"]),
        (PRETTY, [PRETTY]),
        (PRETTY.replace(b",", b""), [PRETTY.replace(b",", b"")]),
        (b"\xff\n\xfe\n\n", [b"\xff\n\xfe\n\n"]),
        (b"", [b""]),
        (b"\n \r\n", [b"\n \r\n"]),
        (b"[\n" * 100_000 + A + b"\n", [*[b"["] * 100_000, A]),
    ],
)
def test_a_record_is_split_into_its_messages(data: bytes, messages: list[bytes]) -> None:
    """Each line is a message; JSON over several lines, and what holds no object at all, is one alone."""
    assert unpack(data) == messages


@given(
    st.lists(
        st.sampled_from([A, B, PRETTY, b"", b" \r", b"[", b"]", b"{", b"}", b"{}", b"1,", b"\xef\xbb\xbf"])
    )
)
def test_the_truth_reads_records_as_the_handlers_do(lines: list[bytes]) -> None:
    """The workshop's own reading of a record, which shares no code with the functions, agrees with theirs."""
    assert parts_of_record(b"\n".join(lines)) == unpack(b"\n".join(lines))


@given(st.lists(st.integers(1, 5), max_size=30), st.sampled_from([b"\n", b"\r\n", b"\n\n"]))
def test_packing_loses_nothing(versions: list[int], end: bytes) -> None:
    """What is packed line by line comes out line by line, in its order."""
    messages = [message("t", "1.00", version=version) for version in versions]

    assert unpack(end.join(messages)) == (messages or [b""])


def test_messages_are_numbered_within_their_record() -> None:
    """A message that came alone has no number; of several each has its place, counted from 1."""
    records = [KinesisRecord("7", A, None), KinesisRecord("8", A + b"\nbad", Decimal(5))]

    found = list(messages_in(records))

    assert [(each.record.sequence_number, each.number, each.data) for each in found] == [
        ("7", None, A),
        ("8", 1, A),
        ("8", 2, b"bad"),
    ]
    assert found[-1].arrived_at == 5


def test_what_is_set_aside_is_named_after_its_record() -> None:
    """The name of a rejected message is the same each time that its record comes."""
    alone, third = (ReceivedMessage(KinesisRecord("7", A, None), A, number) for number in (None, 3))

    assert (alone.rejected("why").name, third.rejected("why").name) == ("7", "7#3")
    assert third.rejected("why") == Rejection("7", "why", A, 3)
