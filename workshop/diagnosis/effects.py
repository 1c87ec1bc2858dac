"""What messages, rows and tables add to the totals, as exact integers that can be added up and compared."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import gcd

from workshop.pipeline.truth import EXACT

__all__ = ["Effect", "Key", "amount_of", "combine", "effect_of", "key_of", "size_of", "times_in"]

# A leaf -> what is added to it: (amount in the smallest unit, number of trades). Never (0, 0), so that equal
# effects are equal dictionaries.
Effect = Mapping[str, tuple[int, int]]
# An effect as the key of a dictionary.
Key = frozenset[tuple[str, tuple[int, int]]]

# The smallest positive number that DynamoDB holds is 1E-130, so in units of it every amount is an integer.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
DECIMALS = 130
MOST_TIMES = 1000


def effect_of(amounts: Mapping[str, Decimal], trades: Mapping[str, int]) -> Effect:
    """Return the effect that adds these amounts and trades."""
    both = {
        path: (_units(amounts.get(path, Decimal(0))), trades.get(path, 0)) for path in {*amounts, *trades}
    }
    return {path: added for path, added in both.items() if added != (0, 0)}


def amount_of(units: int) -> Decimal:
    """Return the amount that these units are."""
    return EXACT.normalize(EXACT.scaleb(Decimal(units), -DECIMALS))


def size_of(effect: Effect) -> tuple[int, int]:
    """Return how much an effect moves, whatever the signs: first in amounts, then in trades."""
    return sum(abs(units) for units, _ in effect.values()), sum(abs(trades) for _, trades in effect.values())


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


def _units(amount: Decimal) -> int:
    return int(EXACT.to_integral_exact(EXACT.scaleb(amount, DECIMALS)))
