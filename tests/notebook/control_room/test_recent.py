"""Rates, latencies and batches of the recent past, from counts that only grow."""

from workshop.notebook.control_room.recent import Counts, Recent
from workshop.pipeline.latency import LatencyHistogram, bucket_of


def run_of(seconds: int, *, rate: int = 100, delay: int = 2) -> Recent:
    """Return a run that is sent at a rate, and applied at the same rate a little later."""
    recent = Recent(Counts(0.0))
    for second in range(1, seconds + delay + 1):
        sent = rate * min(second, seconds)
        applied = rate * max(0, min(second - delay, seconds))
        recent.add(Counts(float(second), sent, applied))
    return recent


def test_the_rates_of_a_long_run_are_those_of_twenty_seconds() -> None:
    """What came before the window does not count."""
    recent = run_of(100, delay=0)
    for second in range(101, 141):
        recent.add(Counts(float(second), 10_000 + 10 * (second - 100), 10_000))

    assert recent.rates(is_over=False) == (10.0, 0.0)


def test_the_rates_of_a_short_run_that_is_over_agree() -> None:
    """Neither the wait for the last batch nor the pause after it makes a rate smaller."""
    recent = run_of(6)
    recent.add(Counts(30.0, 600, 600))

    assert recent.rates(is_over=True) == (100.0, 100.0)


def test_a_pipeline_that_was_too_slow_has_the_rate_that_it_reached() -> None:
    """What takes longer to apply than to send was applied more slowly."""
    recent = Recent(Counts(0.0))
    recent.add(Counts(10.0, 1_000, 200))
    for second in range(11, 51):
        recent.add(Counts(float(second), 1_000, 200 + 20 * (second - 10)))

    assert recent.rates(is_over=True) == (100.0, 20.0)


def test_the_latency_is_that_of_the_window() -> None:
    """Slow messages of an earlier time do not count; before the first message of the run nothing does."""
    slow, both = {bucket_of(60): 50}, {bucket_of(60): 50, bucket_of(0.5): 50}
    recent = Recent(Counts(0.0, 0, 50, LatencyHistogram(slow, 3_000.0)))
    assert set(recent.latency(is_over=False).values()) == {None}

    recent.add(Counts(1.0, 50, 100, LatencyHistogram(both, 3_025.0)))

    assert recent.latency(is_over=False)["mean"] == 0.5
    assert (recent.latency(is_over=False)["max"] or 9) < 1


def test_the_mean_batch_is_that_of_the_window_or_else_of_the_run() -> None:
    """Where no batch came lately, the run's own mean stays; a function without batches has none."""
    recent = Recent(Counts(0.0, batches={"F": (10, 1_000)}))
    recent.add(Counts(1.0, batches={"F": (12, 1_050)}))
    for second in range(2, 40):
        recent.add(Counts(float(second), batches={"F": (12, 1_050)}))

    assert recent.mean_batch("F") == 25.0
    assert recent.mean_batch("G") is None
