"""How often each of several effects was added, worked out from nothing but their sum.

Each leaf gives two equations, one of amounts and one of trades. They are solved modulo a prime, so that
numbers stay short, and the answer is held against the exact sum.
"""

from collections.abc import Sequence

from workshop.diagnosis.effects import Effect, combine

__all__ = ["factors_of"]

PRIME = 2**127 - 1


def factors_of(total: Effect, effects: Sequence[Effect]) -> list[int] | None:
    """Return how often each of the effects is in their sum; None if there is no answer, or more than one."""
    cells = [(leaf, part) for leaf in sorted(set(total).union(*effects)) for part in (0, 1)]
    # By the column that each alone has a 1 in.
    solved: dict[int, list[int]] = {}
    for leaf, part in cells:
        equation = [each.get(leaf, (0, 0))[part] % PRIME for each in (*effects, total)]
        for column, other in solved.items():
            equation = _without(equation, column, other)
        column = next((place for place, number in enumerate(equation[:-1]) if number), -1)
        if column < 0:
            continue
        inverse = pow(equation[column], -1, PRIME)
        equation = [number * inverse % PRIME for number in equation]
        solved = {place: _without(other, column, equation) for place, other in solved.items()}
        solved[column] = equation
    # What leaves a choice modulo a prime may leave one without it; what leaves none there leaves none here.
    if len(solved) < len(effects):
        return None
    factors = [_signed(solved[place][-1]) for place in range(len(effects))]
    return factors if combine(zip(factors, effects, strict=True)) == total else None


def _without(equation: list[int], column: int, other: list[int]) -> list[int]:
    """Return an equation minus so much of another one that nothing is left in a column."""
    times = equation[column]
    if not times:
        return equation
    return [(number - times * less) % PRIME for number, less in zip(equation, other, strict=True)]


def _signed(number: int) -> int:
    return number - PRIME if number > PRIME // 2 else number
