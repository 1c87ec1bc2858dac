"""How much anybody may ask of the board: a bucket of tokens for each learner and for each address.

A bucket holds so many tokens, and gets new ones at a steady rate; a request takes one, and another for each
`BYTES_A_TOKEN` that it holds, since reading them is what costs. What learners send with their tokens counts
for them alone, so a class behind one address is not held up by a stranger there.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

from workshop.clock import Clock

__all__ = ["BYTES_A_TOKEN", "LIMITS", "Limit", "RequestLimits"]

MOST_BUCKETS = 4_096
# Some thirty reports; the largest request takes seventeen tokens.
BYTES_A_TOKEN = 4_096


@dataclass(frozen=True)
class Limit:
    """A bucket of `burst` tokens that gets `per_second` new ones."""

    burst: float
    per_second: float


LIMITS = {
    # A notebook reports a few times a minute, and after an hour offline a few requests with
    # some hundred reports each: the burst has room for a thousand.
    "learner": Limit(burst=40, per_second=4),
    # A class of 200 behind one address looks at the board from its phones, once a second.
    "address": Limit(burst=1_200, per_second=600),
    # A code is one of a thousand million: at this rate a guess succeeds after centuries.
    "guess": Limit(burst=30, per_second=0.2),
    "join": Limit(burst=250, per_second=1),
    # Guesses of the instructor's token, of which there are far more still.
    "key": Limit(burst=10, per_second=0.2),
    # Guesses of a learner's password at the hub, for each name from each address: eight in a minute at most.
    "password": Limit(burst=5, per_second=0.05),
    # The same from wherever they come, apart from the address where the learner was last: two in a minute.
    "name": Limit(burst=30, per_second=1 / 30),
    # Names that one address takes at the hub: a learner needs one, and there are not many seats.
    "sign-up": Limit(burst=10, per_second=0.05),
}


class RequestLimits:
    """The buckets of a board, in memory alone: no address is ever stored. For one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def wait_for(self, kind: str, who: str, tokens: int = 1) -> int:
        """Return after how many seconds the tokens will be there; 0 if they are there now. Takes none."""
        missing = tokens - self._filled(kind, who)
        return 0 if missing <= 0 else max(1, math.ceil(missing / LIMITS[kind].per_second))

    def take(self, kind: str, who: str, tokens: int = 1) -> int:
        """Take tokens; return 0, or if there are too few, after how many seconds there will be enough."""
        if wait := self.wait_for(kind, who, tokens):
            return wait
        self._buckets[kind, who] = (self._filled(kind, who) - tokens, self._clock.now())
        self._buckets.move_to_end((kind, who))
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0

    def _filled(self, kind: str, who: str) -> float:
        limit, now = LIMITS[kind], self._clock.now()
        tokens, at = self._buckets.get((kind, who), (limit.burst, now))
        return min(limit.burst, tokens + max(0.0, now - at) * limit.per_second)
