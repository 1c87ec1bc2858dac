"""`ws.costs`: the prices of `workshop/pipeline/cost.py`, multiplied by a load."""

from decimal import Decimal

from workshop.pipeline.cost import CostLine, Load, monthly_bill, shards_needed, standing_cost, total

__all__ = ["CostTools"]


class CostTools:
    """What a pipeline with the ledger costs on AWS, in US dollars: list prices times a load, no calls."""

    def bill(self, pipeline: str, messages_per_second: float) -> tuple[CostLine, ...]:
        """Return the bill of a month under a constant load; a line has `item`, `quantity`, `price`, `usd`.

        `pipeline` is `stateful` or `stateless`.

        Raises:
            ValueError: there is no such pipeline, or the load is not more than 0.
        """
        return monthly_bill(pipeline, _load(messages_per_second))

    def month(self, pipeline: str, messages_per_second: float) -> Decimal:
        """Return the sum of that bill, in US dollars a month; raises as `bill` does."""
        return total(self.bill(pipeline, messages_per_second))

    def standing(self, shards: int) -> Decimal:
        """Return what an idle pipeline costs, in US dollars an hour."""
        return standing_cost(shards=shards)

    def shards(self, messages_per_second: float) -> int:
        """Return the smallest number of shards that takes this load."""
        return shards_needed(_load(messages_per_second))


def _load(messages_per_second: float) -> Load:
    return Load(messages_per_second=Decimal(str(messages_per_second)))
