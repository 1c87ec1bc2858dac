"""What was sent, as a pipeline without faults sees it."""

from hashlib import md5

from hypothesis import given
from hypothesis import strategies as st

from tests.diagnosis.messages import message
from workshop.diagnosis import places_of
from workshop.diagnosis.effects import Measure, combine, fingerprint
from workshop.diagnosis.flow import Flow, make_flow, shard_of
from workshop.pipeline.messages import Message
from workshop.pipeline.truth import DEFAULT_ORDER, stateful_truth

MEASURE = Measure(2, counted=True)
sent_messages = st.lists(
    st.builds(
        message,
        st.sampled_from("abcdef"),
        st.integers(1, 10**6).map(lambda cents: f"{cents / 100:.2f}"),
        st.integers(0, 3),
        region=st.sampled_from(["EMEA", "APAC"]),
        cancelled=st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


def flow_of(sent: list[Message], *, shards: int = 2, arrivals: list[list[int]] | None = None) -> Flow:
    return make_flow(
        sent, stateful=True, measure=MEASURE, order=DEFAULT_ORDER, shards=shards, arrivals=arrivals
    )


def total(sent: list[Message]) -> dict[str, tuple[int, int]]:
    """Return the true totals of the leaves as an effect."""
    truth = stateful_truth(sent)
    return dict(
        MEASURE.effect(
            {leaf: truth.totals[leaf] for leaf in truth.leaves},
            {leaf: truth.trades[leaf] for leaf in truth.leaves},
        )
    )


@given(sent_messages)
def test_winners_make_up_the_truth(sent: list[Message]) -> None:
    """The messages that count in the end add up to what the truth says, computed elsewhere."""
    flow = flow_of(sent)

    assert flow.effect_of((1, place) for place in flow.winners.values()) == total(sent)


@given(sent_messages)
def test_changes_make_up_the_truth(sent: list[Message]) -> None:
    """What State passes on adds up to the same totals, if no version has two contents."""
    unique = list({(each.trade_id, each.version): each for each in sent}.values())
    flow = flow_of(unique)

    terms = [term for lane in flow.changes() for change in lane for term in change.terms]

    assert flow.effect_of(terms) == total(unique)


@given(sent_messages, st.data())
def test_losses_predict_what_a_lost_run_does(sent: list[Message], data: st.DataObject) -> None:
    """The intervals within a run of one shard add up to what the totals lose without these messages."""
    unique = list({(each.trade_id, each.version): each for each in sent}.values())
    unique += data.draw(st.lists(st.sampled_from(unique), max_size=8), label="duplicates")
    flow = flow_of(unique)
    lane = data.draw(st.sampled_from([number for number in (0, 1) if flow.lanes[number]]), label="lane")
    first = data.draw(st.integers(0, len(flow.lanes[lane]) - 1), label="first")
    last = data.draw(st.integers(first, len(flow.lanes[lane]) - 1), label="last")

    predicted = sum(value for start, end, value in flow.losses(lane) if first <= start and end <= last)

    lost = set(flow.lanes[lane][first : last + 1])
    left = total([each for place, each in enumerate(unique) if place not in lost])
    assert predicted == fingerprint(combine([(1, left), (-1, total(unique))]))
    assert predicted == flow.print_of(flow.terms_without(lost))


@given(st.text(min_size=1), st.integers(1, 10))
def test_shard_follows_the_hash_of_the_key(key: str, shards: int) -> None:
    """A key lies in the shard whose even share of the 128-bit hash keys holds its MD5."""
    share = int(md5(key.encode(), usedforsecurity=False).hexdigest(), 16) / 2**128

    assert shard_of(key, shards) == min(int(share * shards), shards - 1)


def test_arrivals_decide_the_order() -> None:
    """If it is known in which order messages arrived, that order holds; what has not arrived comes last."""
    sent = [message("a", "1.00"), message("b", "2.00"), message("c", "3.00"), message("a", "4.00", 2)]

    flow = flow_of(sent, arrivals=[[3, 0], [1]])

    assert flow.lanes in ([[3, 0], [1, 2]], [[3, 0, 2], [1]])
    assert flow.changes()[0][0].place == 3


def test_places_of_finds_records_of_the_stream() -> None:
    """Records are recognised by trade and version, copies one after the other; foreign ones are left out."""
    sent = [message("a", "1.00"), message("b", "2.00"), message("a", "1.00")]

    assert places_of(sent, [("b", 1), ("x", 1), ("a", 1), ("a", 1), ("a", 1)]) == (1, 0, 2)
