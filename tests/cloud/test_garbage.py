"""Where a cloud's process looks for garbage."""

import subprocess
import sys

# A cycle, as a table and its stream are one.
PROGRAM = """
import gc, weakref
from workshop.cloud.offline import garbage

class Resource:
    def __init__(self):
        self.itself = self

now = 0.0
garbage.stopwatch = lambda: now
garbage.begin()
gc.enable()
resource = Resource()
found = weakref.ref(resource)
gc.collect()
del resource
now += garbage.EVERYTHING_SECONDS - 1
gc.collect()
print(found() is not None)
now += 1
gc.collect()
print(found() is not None)
"""


def test_everything_is_looked_at_now_and_then() -> None:
    """What was in use at one look is left out of the next, and goes after ten minutes if nobody has it."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "False"]
