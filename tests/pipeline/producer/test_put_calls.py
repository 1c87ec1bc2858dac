"""How entries are cut into PutRecords calls."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from workshop.pipeline.messages import Message, PlannedMessage
from workshop.pipeline.producer.put_calls import CALL_BYTES, RECORD_BYTES, Outgoing, calls_of, parts_of


def entry(number: int, trade: str, *, late: bool = False) -> PlannedMessage:
    return PlannedMessage(number, Message(trade, Decimal("1.00"), number + 1, {}), late=late)


@st.composite
def shares(draw) -> list[tuple[int, PlannedMessage]]:
    """Entries of few trades, some of them repeated later on."""
    entries: list[PlannedMessage] = []
    for number in range(draw(st.integers(0, 40))):
        repeated = draw(st.booleans()) and entries
        if repeated:
            original = draw(st.sampled_from(entries))
            entries.append(PlannedMessage(original.number, original.message, late=draw(st.booleans())))
        else:
            entries.append(entry(number, draw(st.sampled_from("abcdefgh"))))
    return list(enumerate(entries))


@given(shares(), st.integers(1, 10))
def test_every_entry_goes_into_exactly_one_call(share, limit: int) -> None:
    """Nothing is left out or sent twice, and no call is longer than the limit."""
    calls = list(calls_of(share, limit))

    assert sorted(place for call in calls for place, _ in call) == [place for place, _ in share]
    assert all(0 < len(call) <= limit for call in calls)


@given(shares(), st.integers(1, 10))
def test_the_entries_of_a_trade_keep_their_order(share, limit: int) -> None:
    """Holding an entry back for a later call never turns two entries of one trade around."""
    sent = [placed for call in calls_of(share, limit) for placed in call]

    for trade in "abcdefgh":
        places = [place for place, entry in sent if entry.message.trade_id == trade]
        assert places == sorted(places)


@given(shares(), st.integers(1, 10))
def test_a_call_never_holds_two_versions_of_a_trade(share, limit: int) -> None:
    """A partly refused call that is sent again cannot put an older version behind a newer one."""
    for call in calls_of(share, limit):
        numbers = {(entry.message.trade_id, entry.number) for _, entry in call}
        assert len(numbers) == len({trade for trade, _ in numbers})


def test_a_late_duplicate_goes_into_another_call_and_an_early_one_stays() -> None:
    """A duplicate right behind its original shares its call; a late one never does."""
    original = entry(0, "a")
    early = PlannedMessage(0, original.message)
    late = PlannedMessage(0, original.message, late=True)

    calls = list(calls_of(list(enumerate([original, early, late]))))

    assert [[place for place, _ in call] for call in calls] == [[0, 1], [2]]


def test_many_versions_of_one_trade_are_cut_in_reasonable_time() -> None:
    """A file that holds one trade alone, thousands of times, is sent one message a call."""
    share = [(number, entry(number, "a")) for number in range(2_000)]

    assert [len(call) for call in calls_of(share)] == [1] * 2_000


def test_parts_keep_to_the_size_of_a_request() -> None:
    """A call of large records is cut into several, and a record that is too large alone is refused."""
    refused = []
    sizes = [RECORD_BYTES - 1] * 11 + [RECORD_BYTES] + [10]
    records = [Outgoing((place,), "k", b"x" * size) for place, size in enumerate(sizes)]

    parts = list(parts_of(records, lambda record, reason: refused.append((record.places, reason))))

    assert [[record.places[0] for record in part] for part in parts] == [[*range(10)], [10, 12]]
    assert all(sum(record.size_bytes for record in part) <= CALL_BYTES for part in parts)
    assert [places for places, _ in refused] == [(11,)]
