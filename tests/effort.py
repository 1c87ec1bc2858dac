"""How many random cases a run of the suite tries: a short form, or with `make test-long` all of them."""

import os

__all__ = ["LONG", "chunks", "seeds"]

LONG = os.environ.get("WORKSHOP_LONG_TESTS") == "1"


def seeds(short: int, *, long: int) -> range:
    """Return the seeds to try, from 1: `short` of them, or `long` in a long run."""
    return range(1, (long if LONG else short) + 1)


def chunks(short: int, *, long: int, size: int) -> list[range]:
    """Return the seeds to try, cut into runs of `size`, so that several workers can share them."""
    tried = seeds(short, long=long)
    return [tried[start : start + size] for start in range(0, len(tried), size)]
