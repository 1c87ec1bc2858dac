"""How the messages of each run arrived, as a PNG; drawn by matplotlib, which only this needs."""

from pathlib import Path

from workshop.bench.figures import BenchReport
from workshop.errors import ConfigurationError

__all__ = ["draw_picture"]

INCHES_WIDE, INCHES_HIGH = 5.0, 3.0


def draw_picture(report: BenchReport, path: Path) -> None:
    """Write a picture with one panel for each run: messages sent, and messages in the totals, over time.

    Raises:
        ConfigurationError: matplotlib is not installed, or the report holds no run of a pipeline.
    """
    try:
        from matplotlib.figure import Figure as Canvas  # noqa: PLC0415 - few need it
    except ImportError as error:
        raise ConfigurationError(
            "a picture needs matplotlib, which is not installed; install it by `pip install -e '.[plot]'`"
        ) from error
    if not report.arrivals:
        raise ConfigurationError("this benchmark ran no pipeline, so that there is nothing to draw")
    count = len(report.arrivals)
    canvas = Canvas(figsize=(2 * INCHES_WIDE, INCHES_HIGH * ((count + 1) // 2)), layout="constrained")
    for place, (run, rows) in enumerate(report.arrivals.items(), start=1):
        panel = canvas.add_subplot((count + 1) // 2, 2, place)
        seconds, sent, arrived = zip(*((0.0, 0, 0), *rows), strict=True)
        panel.plot(seconds, sent, label="sent", linestyle="--")
        panel.plot(seconds, arrived, label="in the totals")
        panel.set(title=run, xlabel="seconds", ylabel="messages")
        panel.legend()
    canvas.savefig(path, format="png", dpi=100)
