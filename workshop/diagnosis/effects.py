"""What faults do to totals, as exact numbers that can be looked up fast.

An *effect* is what something adds to the leaves of the roll-up: an amount in the smallest unit, and a number
of trades. A *fingerprint* is a random sum over an effect: the fingerprint of two effects together is the sum
of theirs, so that a hypothesis about a thousand messages is found by one look into a dictionary of integers.
Equal effects always have equal fingerprints; that unequal ones do not is nearly sure, and checked in the end.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import lru_cache
from hashlib import blake2b
from math import gcd

__all__ = ["Effect", "Measure", "combine", "common_divisors", "fingerprint", "value_chance"]

# A leaf -> what is added to it: (amount in the smallest unit, number of trades). Never (0, 0).
Effect = Mapping[str, tuple[int, int]]

EXACT = Context(prec=400, traps=[Inexact, InvalidOperation])
MOST_TIMES = 1000


@dataclass(frozen=True)
class Measure:
    """How amounts become integers, and whether trades are counted at all."""

    decimals: int
    counted: bool

    @classmethod
    def fitting(cls, amounts: Iterable[Decimal], *, counted: bool) -> "Measure":
        """Return a measure in which all these amounts are whole numbers."""
        return cls(max((_decimals(amount) for amount in amounts), default=2), counted)

    def units(self, amount: Decimal) -> int:
        """Return an amount in the smallest unit."""
        return int(EXACT.scaleb(amount, self.decimals))

    def amount(self, units: int) -> Decimal:
        """Return the amount that these units are."""
        return EXACT.scaleb(Decimal(units), -self.decimals)

    def effect(self, amounts: Mapping[str, Decimal], trades: Mapping[str, int]) -> Effect:
        """Return the effect that adds these amounts and trades."""
        both = {
            leaf: (
                self.units(amounts.get(leaf, Decimal(0))),
                trades.get(leaf, 0) if self.counted else 0,
            )
            for leaf in {*amounts, *trades}
        }
        return {leaf: added for leaf, added in both.items() if added != (0, 0)}


def combine(terms: Iterable[tuple[int, Effect]]) -> dict[str, tuple[int, int]]:
    """Return the sum of effects, each taken as often as its factor says."""
    total: dict[str, tuple[int, int]] = {}
    for factor, effect in terms:
        for leaf, (units, trades) in effect.items():
            known = total.get(leaf, (0, 0))
            total[leaf] = (known[0] + factor * units, known[1] + factor * trades)
    return {leaf: added for leaf, added in total.items() if added != (0, 0)}


def fingerprint(effect: Effect) -> int:
    """Return the random sum that stands for an effect; the same in every run."""
    total = 0
    for leaf, (units, trades) in effect.items():
        of_unit, of_trade = _weights(leaf)
        total += of_unit * units + of_trade * trades
    return total


def common_divisors(effect: Effect) -> list[int]:
    """Return, from 1 upwards, how many times the same thing may have been added to make this effect."""
    greatest = gcd(*(number for added in effect.values() for number in added))
    return [times for times in range(1, min(greatest, MOST_TIMES) + 1) if greatest % times == 0]


def value_chance(units: Sequence[int]) -> float:
    """Return how likely it is that two amounts like these are equal though nothing connects them."""
    if len(units) < 2:
        return 1 / (1 + sum(map(abs, units)))
    smallest, largest = min(units), max(units)
    step = gcd(*(amount - smallest for amount in units)) or 1
    pairs = len(units) * (len(units) - 1) / 2
    equal_pairs = sum(count * (count - 1) / 2 for count in Counter(units).values())
    return max(1 / ((largest - smallest) // step + 1), equal_pairs / pairs)


@lru_cache(maxsize=65_536)
def _weights(leaf: str) -> tuple[int, int]:
    digest = blake2b(leaf.encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8]) | 1, int.from_bytes(digest[8:]) | 1


def _decimals(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return max(2, -exponent) if isinstance(exponent, int) else 2
