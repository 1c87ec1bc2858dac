"""The history of a run is bounded, and what is new stays whole."""

from workshop.notebook.control_room.history import MOST_TICKS, History


def test_the_history_is_bounded_and_keeps_what_is_new() -> None:
    """After many ticks at most 1,800 are kept: the latest all, the oldest thinned, the first for ever."""
    history = History()
    for second in range(20_000):
        history.add({"seconds": second})

    seconds = [tick["seconds"] for tick in history.ticks]
    assert len(seconds) <= MOST_TICKS
    assert seconds[0] == 0
    assert seconds[-MOST_TICKS // 4 :] == list(range(20_000 - MOST_TICKS // 4, 20_000))
    assert seconds == sorted(seconds)
