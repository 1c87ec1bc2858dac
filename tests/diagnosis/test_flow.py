"""What was sent, as a pipeline without faults sees it."""

from dataclasses import replace
from hashlib import md5

from hypothesis import given
from hypothesis import strategies as st

from tests.diagnosis.messages import message, state
from workshop.diagnosis.effects import effect_of
from workshop.diagnosis.flow import Flow, shard_of
from workshop.pipeline.messages import Message
from workshop.pipeline.truth import DEFAULT_ORDER, stateful_truth

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


def flow_of(sent: list[Message], *, arrivals: list[list[int]] | None = None) -> Flow:
    return Flow(sent, stateful=True, counted=True, order=DEFAULT_ORDER, arrivals=arrivals)


def total(sent: list[Message]) -> dict[str, tuple[int, int]]:
    """Return the true totals of the leaves as an effect."""
    truth = stateful_truth(sent)
    return dict(
        effect_of(
            {leaf: truth.totals[leaf] for leaf in truth.leaves},
            {leaf: truth.trades[leaf] for leaf in truth.leaves},
        )
    )


@given(sent_messages)
def test_winners_make_up_the_truth(sent: list[Message]) -> None:
    """The messages that count in the end add up to what the truth says, computed elsewhere."""
    assert flow_of(sent).expected == total(sent)


@given(st.text(min_size=1), st.integers(1, 10))
def test_shard_follows_the_hash_of_the_key(key: str, shards: int) -> None:
    """A key lies in the shard whose even share of the 128-bit hash keys holds its MD5."""
    share = int(md5(key.encode(), usedforsecurity=False).hexdigest(), 16) / 2**128

    assert shard_of(key, shards) == min(int(share * shards), shards - 1)


def test_arrivals_decide_the_order() -> None:
    """If it is known in which order messages arrived, that order holds; what has not arrived comes last."""
    sent = [message("a", "1.00"), message("b", "2.00"), message("c", "3.00"), message("a", "4.00", 2)]

    flow = flow_of(sent, arrivals=[[3, 0], [1]])

    assert flow.shards in ([[3, 0], [1, 2]], [[3, 0, 2], [1]])


def test_records_of_the_stream_are_recognised() -> None:
    """Records are recognised by what they say, copies one after the other; foreign ones are not."""
    a, b, foreign = message("a", "1.00"), message("b", "2.00"), message("x", "3.00")
    flow = replace(flow_of([a, b, a]), stateful=False)

    places = flow.places_of(state([b, foreign, a, a, a]))

    assert places == [1, None, None, 0, 2]
