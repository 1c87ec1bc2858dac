"""How soon there is something to work with: the cloud answers, the stack is there, a record is worked on."""

from collections.abc import Callable

from workshop.bench.clouds import MeasuredCloud
from workshop.bench.figures import Figure, figure
from workshop.bench.place import UPDATING, SmallPipeline
from workshop.clock import SystemClock, stopwatch
from workshop.deploy.stacks import deploy
from workshop.errors import NotSettledError

__all__ = ["measure_start"]

POLL_SECONDS = 0.005
LONGEST_SECONDS = 60.0


def measure_start(measured: MeasuredCloud, progress: Callable[[str], None]) -> tuple[Figure, ...]:
    """Deploy into a cloud that has just been started, and send single records.

    Raises:
        NotSettledError: a record has not been worked on after a minute.
    """
    progress("deploying the stateful pipeline")
    begun = stopwatch()
    deploy(measured.cloud, "stateful")
    deployed = stopwatch() - begun
    progress("sending the first record")
    place = SmallPipeline.made(measured.cloud, "first", 1)
    place.add_function("updates", UPDATING)
    first, again = (_seconds_to_row(place, number) for number in (1, 2))
    return (
        figure("start.healthy", "start of the cloud until it answers", measured.start_seconds, "s"),
        figure("start.deploy", "deployment of the stateful stack", deployed, "s"),
        figure("start.first_record", "first record until its function has written a row", first, "s"),
        figure("start.next_record", "the next record until its row is there", again, "s"),
    )


def _seconds_to_row(place: SmallPipeline, number: int) -> float:
    """Return the seconds from a put until the function has written the row of this record."""
    clock = SystemClock()
    # A connection that is there already: what counts is the way of the record.
    place.has_row(number)
    begun = stopwatch()
    place.put(range(number, number + 1))
    while stopwatch() - begun < LONGEST_SECONDS:
        if place.has_row(number):
            return stopwatch() - begun
        clock.sleep(POLL_SECONDS)
    raise NotSettledError(f"no row for a record of a minute ago in `{place.table}`; see the cloud's log")
