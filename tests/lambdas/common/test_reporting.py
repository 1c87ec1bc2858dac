"""Where records that cannot be used are set aside: readable, once each, and never too large."""

import base64

import pytest
from common.records import Rejection
from common.reporting import MAX_RAW_BYTES, Quarantine
from common.storage import BusyError

from tests.lambdas.handler_bench import Bench

QUARANTINE = Quarantine("QuarantineTable", "map", "shard-1")


def test_text_is_kept_as_text(bench: Bench) -> None:
    """A record that is text can be read in the table as it came."""
    QUARANTINE.put([Rejection("7", "why", '{"a": "😀"}'.encode())])

    [item] = bench.items("QuarantineTable")
    assert (item["RecordID"], item["Reason"], item["RawData"]) == ("map#shard-1#7", "why", '{"a": "😀"}')
    assert item["Time"].endswith("+00:00")


def test_bytes_are_kept_as_base64(bench: Bench) -> None:
    """A record that is no text is kept as base64, and says so."""
    QUARANTINE.put([Rejection("7", "why", b"\xff\x00")])

    [item] = bench.items("QuarantineTable")
    assert item["RawData"] == "base64:" + base64.b64encode(b"\xff\x00").decode()


@pytest.mark.parametrize("byte", [b"x", b"\xff"])
def test_a_record_too_large_for_an_item_is_cut(bench: Bench, byte: bytes) -> None:
    """Of a record larger than an item, the beginning is kept with the true size, and so of a reason."""
    QUARANTINE.put([Rejection("7", "why" * 100_000, byte * 1_048_576)])

    [item] = bench.items("QuarantineTable")
    assert item["RawBytes"] == 1_048_576
    assert item["RawData"][:5] in ("xxxxx", "base6")
    assert len(item["RawData"]) < 2 * MAX_RAW_BYTES
    assert item["Reason"].startswith("why")
    assert len(item["Reason"]) <= 2_000


def test_any_number_of_records_is_set_aside(bench: Bench) -> None:
    """More records than one request carries are set aside, and one that comes twice is kept once."""
    QUARANTINE.put(Rejection(str(number % 60), "why", b"") for number in range(80))

    assert len(bench.reasons()) == 60


def test_without_a_shard_the_record_belongs_to_the_stream(bench: Bench) -> None:
    """Where the event names no shard, the record is filed under its stream."""
    Quarantine("QuarantineTable", "reduce", None).put([Rejection("7", "why", b"")])

    assert bench.items("QuarantineTable")[0]["RecordID"] == "reduce#stream#7"


def test_what_dynamodb_does_not_take_is_an_error(bench: Bench) -> None:
    """Records that DynamoDB leaves unprocessed again and again make the batch come again."""
    requests = []

    class Full:
        def batch_write_item(self, **request: object) -> dict[str, object]:
            requests.append(request)
            return {"UnprocessedItems": request["RequestItems"]}

    bench.faults.client = Full()

    with pytest.raises(BusyError, match="did not take 1 items"):
        QUARANTINE.put([Rejection("7", "why", b"")])

    assert len(requests) == 4
