"""Every tick of a run, bounded: what is older becomes thinner, and what is new stays whole."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

from workshop.pipeline.latency import FIGURES
from workshop.pipeline.truth import GRAND_TOTAL

__all__ = ["MOST_TICKS", "History"]

MOST_TICKS = 1_800
Tick = dict[str, Any]
NOTHING: Tick = {"seconds": -1.0}


class History:
    """The ticks in their order, at most `MOST_TICKS`."""

    def __init__(self) -> None:
        self._ticks: list[Tick] = []

    def add(self, tick: Tick) -> None:
        """Keep a tick; when there are too many, every other of the older half goes."""
        self._ticks.append(tick)
        if len(self._ticks) > MOST_TICKS:
            middle = len(self._ticks) // 2
            self._ticks = self._ticks[:middle:2] + self._ticks[middle:]

    def __len__(self) -> int:
        return len(self._ticks)

    @property
    def ticks(self) -> list[Tick]:
        """All ticks that were kept, oldest first."""
        return list(self._ticks)

    def frame(self) -> Any:
        """Return the ticks as a DataFrame: a row for each tick and pipeline, amounts as Decimal."""
        import pandas as pd  # noqa: PLC0415 - few notebooks need it

        ticks = [NOTHING, *self._ticks]
        return pd.DataFrame(
            [
                _row(tick, each, since=before["seconds"])
                for before, tick in pairwise(ticks)
                for each in tick["pipelines"]
            ]
        )


def _row(tick: Tick, pipeline: dict[str, Any], *, since: float) -> dict[str, Any]:
    meter, latency = pipeline["meter"], pipeline["latency"]
    marks = [mark["text"] for mark in tick["marks"] if since < mark["seconds"] <= tick["seconds"]]
    return {
        "seconds": tick["seconds"],
        "pipeline": pipeline["name"],
        "state": tick["run"]["state"],
        "sent": tick["run"]["sent"],
        "sent_per_second": pipeline["sent_per_second"],
        "applied_per_second": pipeline["applied_per_second"],
        **{f"latency_{name}": latency[name] for name in FIGURES},
        "meter": meter["state"],
        "in_flight": meter["in_flight"],
        "off_by": None if meter["off_by"] is None else Decimal(meter["off_by"]),
        "path": meter["path"],
        "trade": meter["trade"],
        GRAND_TOTAL: Decimal(pipeline["totals"].get(GRAND_TOTAL, "0")),
        **{f"waiting_{hop['function']}": hop["waiting"] for hop in pipeline["hops"]},
        "marks": "; ".join(marks),
    }
