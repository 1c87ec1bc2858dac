"""The unit prices of `prices.toml`, each in US dollars, with where and when it was read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources

__all__ = ["DATED", "PRICES", "Price"]


@dataclass(frozen=True)
class Price:
    """One unit price in US dollars, for `per`, with where and when it was read, or looked for in vain."""

    usd: Decimal
    per: str
    source: str
    is_confirmed: bool = True


UNCONFIRMED = "unconfirmed"
_document = tomllib.loads(resources.files(__package__).joinpath("prices.toml").read_text(encoding="utf-8"))
_sources = _document["sources"]

DATED: date = _document["dated"]
PRICES: Mapping[str, Price] = {
    name: Price(Decimal(each["usd"]), each["per"], _sources[each["source"]], each["source"] != UNCONFIRMED)
    for name, each in _document["prices"].items()
}
