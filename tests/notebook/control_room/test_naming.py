"""Which trade the meter names when a diagnosis has found out why totals are wrong."""

from decimal import Decimal

import pytest

from workshop.diagnosis import BatchElement, Cause, CauseKind, Confidence, Diagnosis, RowElement, TradeElement
from workshop.notebook.control_room.naming import named_trade
from workshop.pipeline.messages import Message

LEVELS = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}
SENT = [
    Message(f"t{number}", Decimal(value), version, LEVELS)
    for number, value, version in [(1, "10.00", 1), (2, "500.00", 1), (3, "80.00", 1), (3, "79.00", 2)]
]


def stale(trade: str, value: str) -> TradeElement:
    """Version 1 stands where version 2 should."""
    return TradeElement(trade, 1, "PV:FXSpot:EMEA", Decimal(value), sent=1, counted=1, instead_of=2)


def twice(trade: str, value: str) -> TradeElement:
    """A message counts twice."""
    return TradeElement(trade, 1, "PV:FXSpot:EMEA", Decimal(value), sent=2, counted=2)


def told(*causes: Cause) -> tuple[str | None, str]:
    """Return what is said of causes, of four messages in two shards."""
    return named_trade(Diagnosis((), causes, ""), SENT, [[0, 2], [1, 3]])


def cause(kind: CauseKind, *elements: object, sure: bool = True) -> Cause:
    """Return a cause of these elements."""
    confidence = Confidence.CERTAIN if sure else Confidence.LIKELY
    return Cause(kind, confidence, "What happened.", elements)  # type: ignore[arg-type] # any element


def test_a_single_trade_is_told_as_the_diagnosis_does() -> None:
    """Of one trade, the sentence of the diagnosis says it all."""
    assert told(cause(CauseKind.DUPLICATE_COUNTED, twice("t1", "10.00"))) == ("t1", "What happened.")


def test_of_many_trades_the_one_with_the_largest_difference_is_named() -> None:
    """A stale version is off by how much it differs from the right one, a duplicate by its whole value."""
    of_duplicates = cause(CauseKind.DUPLICATE_COUNTED, twice("t1", "10.00"), twice("t2", "-500.00"))
    of_versions = cause(CauseKind.STALE_VERSION, stale("t1", "30.00"), stale("t3", "80.00"))

    assert told(of_duplicates) == (
        "t2",
        "A message counted more than once (certain): trade `t2` (500.00), and 1 more trade.",
    )
    assert told(of_versions)[0] == "t1"


@pytest.mark.parametrize(
    ("kind", "version", "value", "counted", "instead_of", "off_by"),
    [
        (CauseKind.CONFLICT, 1, "900.00", 1, 1, "800.00"),
        (CauseKind.MESSAGE_LOST, 2, "101.00", 0, 1, "1.00"),
        (CauseKind.MESSAGE_LOST, 2, "101.00", 0, None, "101.00"),
        (CauseKind.DUPLICATE_COUNTED, 2, "101.00", 2, 1, "1.00"),
    ],
)
def test_a_trade_is_off_by_what_stands_less_what_should(
    kind: CauseKind, version: int, value: str, counted: int, instead_of: int | None, off_by: str
) -> None:
    """Of several contents of a version, the first is right; a later version replaces the one before."""
    contents = [("100.00", 1), ("900.00", 1), ("101.00", 2)]
    sent = [Message(trade, Decimal(each), v, LEVELS) for trade in ("a", "b") for each, v in contents]
    elements = [
        TradeElement(trade, version, "PV:FXSpot:EMEA", Decimal(value), 1, counted, instead_of)
        for trade in ("a", "b")
    ]
    _, text = named_trade(Diagnosis((), (cause(kind, *elements),), ""), sent, None)

    assert text.endswith(f": trade `a` ({off_by}), and 1 more trade.")


def test_a_batch_names_the_largest_of_its_trades() -> None:
    """Of a batch that was lost or came twice, the trades are those of its shard and its stretch."""
    batch = BatchElement(shard=1, first=2, last=4, messages=2, counted=2)

    assert told(cause(CauseKind.MAP_BATCH_TWICE, batch, sure=False)) == (
        "t2",
        "A batch mapped more than once (likely): trade `t2` (500.00), and 1 more trade.",
    )


def test_a_row_names_the_largest_of_its_trades() -> None:
    """A row that was added twice names a trade that it sums, where the stream of its records still tells."""
    trades = (("t1", Decimal("10.00")), ("t2", Decimal("500.00")))
    row = RowElement("hash", 2, 2, trades)

    assert told(cause(CauseKind.DOUBLE_REDUCE, row)) == (
        "t2",
        "A row reduced more than once (certain): trade `t2` (500.00), and 1 more trade.",
    )


def test_a_row_that_is_wrong_in_an_unknown_way_blames_no_trade_of_several() -> None:
    """Where nothing explains a row, its trade is named only if it sums a single one."""
    one, two = (("t1", Decimal("10.00")),), (("t1", Decimal("10.00")), ("t2", Decimal("500.00")))

    assert told(cause(CauseKind.UNKNOWN, RowElement("hash", 1, 1, one)))[0] == "t1"
    assert told(cause(CauseKind.UNKNOWN, RowElement("hash", 2, 1, two)))[0] is None


@pytest.mark.parametrize(("is_stateful", "off_by"), [(True, "1.00"), (False, "79.00")])
def test_a_batch_is_off_by_what_its_versions_change(is_stateful: bool, off_by: str) -> None:
    """A lost version that follows another one lacks the change alone; without state, each message adds."""
    batch = BatchElement(shard=0, first=4, last=5, messages=2, counted=0)
    sent = [*SENT, Message("t4", Decimal("0.50"), 1, LEVELS)]
    lost = Diagnosis((), (cause(CauseKind.BATCH_LOST, batch),), "")

    trade, text = named_trade(lost, sent, [[2, 3, 4], [0, 1]], is_stateful=is_stateful)

    assert (trade, text) == ("t3", f"A batch lost (certain): trade `t3` ({off_by}), and 1 more trade.")


def test_what_is_certain_goes_before_what_is_likely() -> None:
    """Of several causes, the certain one names its trade, and then the one that knows any."""
    row = cause(CauseKind.DOUBLE_REDUCE, RowElement("hash", 12, 2))
    likely = cause(CauseKind.DUPLICATE_COUNTED, twice("t2", "500.00"), sure=False)
    certain = cause(CauseKind.DUPLICATE_COUNTED, twice("t1", "10.00"))

    assert told(likely, certain)[0] == "t1"
    assert told(row) == (None, "A row reduced more than once (certain): What happened.")


@pytest.mark.parametrize("causes", [(), (cause(CauseKind.UNKNOWN),)])
def test_what_nothing_explains_names_nobody(causes: tuple[Cause, ...]) -> None:
    """Where several faults came together, the meter says that the trade is unknown."""
    trade, text = told(*causes)

    assert trade is None
    assert "unknown" in text
