"""`ws.costs`: the prices of `workshop/pipeline/prices.toml`, multiplied by a load."""

from decimal import Decimal, InvalidOperation
from typing import Any

from workshop.pipeline.cost import CostLine, cannot_keep_up, monthly_bill, standing_cost, total
from workshop.pipeline.load import Load, shards_needed
from workshop.pipeline.saturation import Saturated

__all__ = ["CostTools"]


class CostTools:
    """What a pipeline with the ledger costs on AWS, in US dollars: list prices times a load, no calls."""

    def bill(self, pipeline: str, messages_per_second: float, **settings: Any) -> tuple[CostLine, ...]:
        """Return the bill of a month; a line has `item`, `quantity`, `price`, `usd` and its `arithmetic`.

        `pipeline` is `stateful` or `stateless`; the load is constant. Settings: `messages_per_record`,
        `duplicates` and `modify` (newer versions), which are percentages of the messages, `on_demand` or
        `shards`, `retention_hours`, `architecture` (`arm64`, `x86_64`), `memory_mb`, and `window_seconds`,
        which is how long a batch waits to fill.

        Raises:
            ValueError: there is no such pipeline, or AWS does not have such a setting.
        """
        return monthly_bill(pipeline, _load(messages_per_second, **settings))

    def month(self, pipeline: str, messages_per_second: float, **settings: Any) -> Decimal:
        """Return the sum of that bill, in US dollars a month; raises as `bill` does."""
        return total(self.bill(pipeline, messages_per_second, **settings))

    def limits(self, pipeline: str, messages_per_second: float, **settings: Any) -> tuple[Saturated, ...]:
        """Return the functions for which that load is too much: `function`, `most` messages/s, `remedy`."""
        self.bill(pipeline, messages_per_second, **settings)  # which knows the pipelines
        return cannot_keep_up(pipeline, _load(messages_per_second, **settings))

    def standing(self, shards: int) -> Decimal:
        """Return what an idle pipeline costs, in US dollars an hour."""
        if isinstance(shards, bool) or not isinstance(shards, int) or shards < 1:
            raise ValueError(f"a stream has 1 shard or more, not `{shards}`")
        return standing_cost(shards=shards)

    def shards(self, messages_per_second: float) -> int:
        """Return the smallest number of shards that takes this load."""
        return shards_needed(_load(messages_per_second))


def _load(messages_per_second: float, **settings: Any) -> Load:
    for name in {"duplicates", "modify"} & settings.keys():
        settings[name] = _exact(settings[name], "percentage")
    return Load(messages_per_second=_exact(messages_per_second, "number of messages a second"), **settings)


def _exact(number: float, what: str) -> Decimal:
    try:
        return Decimal(str(number))
    except InvalidOperation:
        raise ValueError(f"`{number}` is no {what}") from None
