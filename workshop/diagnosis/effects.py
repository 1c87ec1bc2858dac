"""What messages, rows and tables add to the totals, as exact integers that can be added up and compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from math import gcd

__all__ = ["Effect", "Key", "Measure", "combine", "key_of", "times_in"]

# A leaf -> what is added to it: (amount in the smallest unit, number of trades). Never (0, 0), so that equal
# effects are equal dictionaries.
Effect = Mapping[str, tuple[int, int]]
# An effect as the key of a dictionary.
Key = frozenset[tuple[str, tuple[int, int]]]

# DynamoDB's numbers have 38 digits and exponents up to 125: a sum of them is exact here, or an error.
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation])
MOST_TIMES = 1000


@dataclass(frozen=True)
class Measure:
    """How amounts become integers (`decimals` after the point), and whether trades are counted at all."""

    decimals: int
    counted: bool

    @classmethod
    def fitting(cls, amounts: Iterable[Decimal], *, counted: bool) -> "Measure":
        """Return a measure in which all these amounts are whole numbers."""
        return cls(max((_decimals(amount) for amount in amounts), default=2), counted)

    def amount(self, units: int) -> Decimal:
        """Return the amount that these units are."""
        return EXACT.scaleb(Decimal(units), -self.decimals)

    def effect(self, amounts: Mapping[str, Decimal], trades: Mapping[str, int]) -> Effect:
        """Return the effect that adds these amounts and trades."""
        both = {
            leaf: (
                int(EXACT.scaleb(amounts.get(leaf, Decimal(0)), self.decimals)),
                trades.get(leaf, 0) if self.counted else 0,
            )
            for leaf in {*amounts, *trades}
        }
        return {leaf: added for leaf, added in both.items() if added != (0, 0)}


def combine(terms: Iterable[tuple[int, Effect]]) -> Effect:
    """Return the sum of effects, each taken as often as its factor says."""
    total: dict[str, tuple[int, int]] = {}
    for factor, effect in terms:
        for leaf, (units, trades) in effect.items():
            known = total.get(leaf, (0, 0))
            total[leaf] = (known[0] + factor * units, known[1] + factor * trades)
    return {leaf: added for leaf, added in total.items() if added != (0, 0)}


def key_of(effect: Effect) -> Key:
    """Return an effect as something that dictionaries can find it by."""
    return frozenset(effect.items())


def times_in(effect: Effect) -> dict[int, Effect]:
    """Return how many times the same thing may have been added to make an effect -> that thing's effect."""
    greatest = gcd(*(number for added in effect.values() for number in added))
    return {
        times: {leaf: (units // times, trades // times) for leaf, (units, trades) in effect.items()}
        for times in range(1, min(greatest, MOST_TIMES) + 1)
        if greatest % times == 0
    }


def _decimals(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return max(2, -exponent) if isinstance(exponent, int) else 2
