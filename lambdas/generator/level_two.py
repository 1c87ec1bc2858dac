"""What goes wrong in the second level of the game: a fault plan for the pipeline's functions.

A chance belongs to one write. Map and Reduce write once for a batch, State once for each of up to a hundred
messages: with these numbers 5 % of State's batches fail, and 10 % of Map's and of Reduce's, one half before
the write and one half after it.
"""

import json

__all__ = ["LEVEL_TWO_FAULTS"]

STATE_BATCH_WRITES = 100
BATCHES_THAT_FAIL = {"state": 0.05 / STATE_BATCH_WRITES, "map": 0.10, "reduce": 0.10}

LEVEL_TWO_FAULTS = json.dumps(
    {
        "seed": 300,
        "rates": {
            f"{kind}@{stage}": chance / 2
            for stage, chance in BATCHES_THAT_FAIL.items()
            for kind in ("crash_before", "crash_after")
        },
    }
)
